"""What the methods share for which a person signs in: refresh tokens, and what a sign-in needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field
from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.oauth2 import CLIENT_ID, OAuth2
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import REFRESH, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ReplyPaths
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token_source import Account

_REFRESH = Section.OAUTH2_REFRESH


class OAuth2SignIn(OAuth2):
    """Send the token of somebody who has signed in, and renew it by its refresh token."""

    signs_in: ClassVar[bool] = True
    purpose: ClassVar[RequestWords] = REFRESH
    token_urls: ClassVar[tuple[str, ...]] = ("token_url", "refresh_url", "revoke_url")
    urls: ClassVar[tuple[str, ...]] = token_urls
    shapes_nothing: ClassVar[frozenset[str]] = OAuth2.shapes_nothing | {
        "scope",
        "scope_separator",
        "grant_body",
        "grant_headers",
        "single_use_refresh",
        "revoke_url",
    }
    """A sign-in stays what it is when these change, and so does its token."""

    client_id: Annotated[str, CLIENT_ID]
    refresh_token: Annotated[
        str | None,
        About(
            "Refresh token",
            "That of a sign-in made elsewhere, which is taken over; left empty after a sign-in here.",
            _REFRESH,
            secret=True,
        ),
    ] = None
    refresh_url: Annotated[
        str | None, About("Refresh URL", "Where tokens are refreshed; the token URL if empty.", _REFRESH)
    ] = None
    refresh_headers: Annotated[
        JsonObject, About("Refresh headers", "JSON: headers to add to the refresh request.", _REFRESH)
    ] = Field(default_factory=dict)
    refresh_body: Annotated[
        JsonObject,
        About(
            "Refresh body",
            "JSON: fields to add or replace in the refresh request, null leaves one out; {{secret:NAME}} "
            "stands for a secret.",
            _REFRESH,
        ),
    ] = Field(default_factory=dict)
    single_use_refresh: Annotated[
        bool,
        About(
            "Refresh token serves once",
            "The server revokes the sign-in when a refresh token comes twice.",
            _REFRESH,
        ),
    ] = False
    response_refresh_path: Annotated[
        str, About("Path of the refresh token", "JSONPath of the refresh token in the reply.", _REFRESH)
    ] = "refresh_token"
    response_refresh_expires_path: Annotated[
        str,
        About(
            "Path of the refresh token's lifetime",
            "JSONPath of it in the reply; refresh_expires_in or refresh_token_expires_in if empty.",
            _REFRESH,
        ),
    ] = ""
    revoke_url: Annotated[
        str | None,
        About("Revocation URL", "Where a sign-out revokes the token (RFC 7009).", Section.SIGN_IN),
    ] = None

    @property
    def reply_paths(self) -> ReplyPaths:
        """Where the reply holds what, the refresh token included."""
        return ReplyPaths(
            self.response_access_path,
            self.response_expires_path,
            self.default_lifetime,
            self.response_refresh_path,
            self.response_refresh_expires_path,
        )

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return how the token is renewed; raises DocumentError where a template names no secret."""
        account = Account(
            self.method,
            self.token_url,
            self.client_id,
            signs_in=True,
            imported=self.refresh_token,
            single_use=self.single_use_refresh,
        )
        return Grant(
            lambda refresh_token: self.refresh_request(refresh_token or "", secrets),
            self.reply_paths,
            account,
            self.token_identity(secrets),
            self.purpose.for_client_auth(self.client_auth),
        )

    def refresh_request(self, refresh_token: str, secrets: TemplateSecrets) -> PreparedRequest:
        """Return the request that renews a token (RFC 6749 section 6); raises as `token_request` does.

        No scope is sent: the sign-in keeps its own, whatever the document says by now.
        """
        fields = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        url = self.refresh_url or self.token_url
        return self.request_to(
            url, fields, secrets, more=self.refresh_body, more_headers=self.refresh_headers
        )

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """What the refresh request should not hold, and what every token request may have."""
        yield from super().findings(secrets)
        yield from self.json_findings("refresh_body", "refresh_headers", secrets)

    def beginning_findings(self, url_field: str) -> Iterator[Finding]:
        """Yield that a sign-in has no place to begin at, and none was made elsewhere."""
        if not (getattr(self, url_field) or self.refresh_token):
            message = f"A sign-in needs the field {url_field}."
            advice = "Fill it in, or give the refresh_token of a sign-in that was made elsewhere."
            yield finding("missing_field", message, advice=advice)
