"""`oauth2_authorization_code`: somebody signs in with a browser (RFC 6749 section 4.1, RFC 7636)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.base import AuthorizeUrl
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols import templates
from watchword.protocols.templates import TemplateSecrets

_SIGN_IN = Section.SIGN_IN


class OAuth2AuthorizationCode(OAuth2SignIn):
    """Send the token of somebody who signs in once with a browser, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_authorization_code"
    title: ClassVar[str] = "OAuth 2.0 sign-in (authorization code)"
    urls: ClassVar[tuple[str, ...]] = (*OAuth2SignIn.urls, "authorize_url")
    shapes_nothing: ClassVar[frozenset[str]] = OAuth2SignIn.shapes_nothing | {
        "authorize_url",
        "authorize_parameters",
        "redirect_uri",
        "pkce",
        "issuer",
    }

    authorize_url: AuthorizeUrl = None
    authorize_parameters: Annotated[
        JsonObject,
        About(
            "Authorize parameters",
            'JSON: what the sign-in page gets beside the standard, such as {"access_type": "offline"}; '
            "no secrets.",
            _SIGN_IN,
        ),
    ] = Field(default_factory=dict)
    redirect_uri: Annotated[
        str | None,
        About("Redirect URI", "Where the sign-in returns to, as the provider has it registered.", _SIGN_IN),
    ] = None
    pkce: Annotated[
        bool, About("PKCE", "Bind the code to this sign-in (S256); off for servers that refuse it.", _SIGN_IN)
    ] = True
    issuer: Annotated[
        str | None,
        About(
            "Issuer",
            "Who must say to have sent the code (iss, RFC 9207), to the letter; if empty, who says so "
            "must be at the host of authorize_url or token_url.",
            _SIGN_IN,
        ),
    ] = None

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """What every token request may have, no place to begin a sign-in at, and secrets for its page."""
        yield from super().findings(secrets)
        yield from self.beginning_findings("authorize_url")
        for name in sorted(set(templates.names(dict(self.authorize_parameters)))):
            message = f"authorize_parameters mentions {{{{secret:{name[:40]}}}}}, and takes no secrets."
            advice = "Remove it: these parameters stand in a browser's URL, for everybody to read."
            yield finding("template_unresolved", message, advice=advice)
