"""`oauth2_device_code`: somebody signs in on another device (RFC 8628)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from watchword.findings.finding import Finding
from watchword.methods.fields import About, Section
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols.templates import TemplateSecrets


class OAuth2DeviceCode(OAuth2SignIn):
    """Send the token of somebody who signs in once on any device, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_device_code"
    title: ClassVar[str] = "OAuth 2.0 sign-in (device code)"
    urls: ClassVar[tuple[str, ...]] = (*OAuth2SignIn.urls, "device_url")
    shapes_nothing: ClassVar[frozenset[str]] = OAuth2SignIn.shapes_nothing | {"device_url"}

    device_url: Annotated[
        str | None,
        About("Device URL", "For the sign-in: where the code comes from that is typed in.", Section.SIGN_IN),
    ] = None

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """That a sign-in has no place to begin at, and what every token request may have."""
        yield from super().findings(secrets)
        yield from self.beginning_findings("device_url")
