"""`oauth2_authorization_code`: a person signs in with a browser (RFC 6749 section 4.1, RFC 7636)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.base import AuthorizeUrl
from watchword.methods.field_info import Field
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.oauth2_sign_in import OAuth2SignIn
from watchword.protocols import templates
from watchword.protocols.templates import TemplateSecrets

_SIGN_IN = Section.SIGN_IN


class OAuth2AuthorizationCode(OAuth2SignIn):
    """Send the token of a person who signs in once with a browser, and renew it by its refresh token."""

    method: ClassVar[str] = "oauth2_authorization_code"
    title: ClassVar[str] = "OAuth 2.0 sign-in (authorization code)"
    essentials: ClassVar[tuple[str, ...]] = (
        "base_url",
        "authorize_url",
        "token_url",
        "client_id",
        "client_secret",
        "scope",
        "test_url",
    )
    own_templates: ClassVar[tuple[str, ...]] = ("code", "code_verifier", "redirect_uri")
    urls: ClassVar[tuple[str, ...]] = (*OAuth2SignIn.urls, "authorize_url")
    not_in_identity: ClassVar[frozenset[str]] = OAuth2SignIn.not_in_identity | {
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
            'JSON: further parameters of the sign-in page, such as {"access_type": "offline"}; no secrets.',
            _SIGN_IN,
        ),
    ] = Field(default_factory=dict)
    redirect_uri: Annotated[
        str | None,
        About(
            "Redirect URI", "Where the browser returns to, exactly as registered at the provider.", _SIGN_IN
        ),
    ] = None
    pkce: Annotated[
        bool,
        About(
            "PKCE",
            "Whether the code is bound to this sign-in (S256); turn it off for servers that refuse it.",
            _SIGN_IN,
        ),
    ] = True
    issuer: Annotated[
        str | None,
        About(
            "Issuer",
            "The exact issuer that must send the code (iss, RFC 9207); if empty, an issuer that is sent must "
            "be at the host of authorize_url or token_url.",
            _SIGN_IN,
        ),
    ] = None

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request, a missing authorize_url, and secrets for the page."""
        yield from super().findings(secrets)
        yield from self.start_findings("authorize_url")
        for name in sorted(set(templates.names(dict(self.authorize_parameters)))):
            message = f"authorize_parameters refers to {{{{secret:{name[:40]}}}}}, but can't hold secrets."
            advice = "Remove it: these parameters are part of a URL in the browser, which anybody may read."
            yield finding("template_unresolved", message, advice=advice)
