"""`oauth2_device_code`: a person signs in on another device (RFC 8628)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from watchword.findings.finding import Finding
from watchword.methods.fields import About, Section
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols.templates import TemplateSecrets


class OAuth2DeviceCode(OAuth2SignIn):
    """Send the token of a person who signs in once on any device, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_device_code"
    title: ClassVar[str] = "OAuth 2.0 sign-in (device code)"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "device_authorization_endpoint",
        "token_url",
        "client_id",
        "client_secret",
        "scope",
        "test_url",
    )
    urls: ClassVar[tuple[str, ...]] = (*OAuth2SignIn.urls, "device_authorization_endpoint")
    not_in_identity: ClassVar[frozenset[str]] = OAuth2SignIn.not_in_identity | {
        "device_authorization_endpoint"
    }

    device_authorization_endpoint: Annotated[
        str | None,
        About("Device authorization endpoint", "The URL that issues the code to type in.", Section.SIGN_IN),
    ] = None

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, and a missing device_authorization_endpoint."""
        yield from super().findings(secrets)
        yield from self.start_findings("device_authorization_endpoint")
