"""The base of the methods with a sign-in: refresh tokens, and what a sign-in needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import body_rules
from watchword.http.body_rules import BodyRules
from watchword.methods.additions import Additions
from watchword.methods.client_fields import CLIENT_ID
from watchword.methods.field_info import Field
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.oauth2 import OAuth2
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import REFRESH, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token_source import Account

_REFRESH = Section.OAUTH2_REFRESH
_REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a template, not a secret


class OAuth2SignIn(OAuth2):
    """Send the token of a person who has signed in, and renew it by its refresh token."""

    signs_in: ClassVar[bool] = True
    request_words: ClassVar[RequestWords] = REFRESH
    token_urls: ClassVar[tuple[str, ...]] = ("token_url", "refresh_url", "revocation_endpoint", "values_url")
    urls: ClassVar[tuple[str, ...]] = token_urls
    json_paths: ClassVar[tuple[str, ...]] = (
        *OAuth2.json_paths,
        "response_refresh_path",
        "response_refresh_expires_path",
    )
    not_in_identity: ClassVar[frozenset[str]] = OAuth2.not_in_identity | {
        "scope",
        "scope_separator",
        "grant_body",
        "grant_headers",
        "refused_on_body",
        "single_use_refresh",
        "revocation_endpoint",
    }
    """A change of these fields keeps the sign-in and its token."""

    client_id: Annotated[str, CLIENT_ID]
    refresh_token: Annotated[
        str | None,
        About(
            "Refresh token",
            "The refresh token of a sign-in that was made elsewhere; leave it empty after a sign-in here.",
            _REFRESH,
            secret=True,
        ),
    ] = None
    refresh_url: Annotated[
        str | None, About("Refresh URL", "The URL that refreshes tokens; the token URL if empty.", _REFRESH)
    ] = None
    refresh_method: Annotated[
        Literal["same", "POST", "GET", "PUT"],
        About(
            "Refresh method",
            "The HTTP method of the refresh request: that of the token request (same), or another.",
            _REFRESH,
        ),
    ] = "same"
    refresh_name: Annotated[
        str,
        About(
            "Refresh parameter",
            "The name that the refresh request gives to the refresh token, such as access_token for servers "
            "that renew by the access token.",
            _REFRESH,
        ),
    ] = "refresh_token"
    refresh_headers: Annotated[
        JsonObject,
        About(
            "Refresh headers",
            "JSON: headers to add to the refresh request; {{refresh_token}} and {{secret:NAME}} are "
            "filled in.",
            _REFRESH,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    refresh_body: Annotated[
        JsonObject,
        About(
            "Refresh body",
            "JSON: fields to add or replace in the refresh request; null leaves one out; {{refresh_token}} "
            "and {{secret:NAME}} are filled in.",
            _REFRESH,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    refused_on_body: Annotated[
        JsonObject,
        About(
            "Refused on body",
            'JSON: {"error.code": 36009, "state": "revoked"}. A response to a refresh, whatever its status, '
            "says that the refresh token is dead if it has one of these values at that JSONPath. "
            "invalid_grant and other common names are known.",
            _REFRESH,
        ),
    ] = Field(default_factory=dict)
    single_use_refresh: Annotated[
        bool,
        About(
            "Single-use refresh token",
            "Whether the server revokes the sign-in if a refresh token is used twice.",
            _REFRESH,
        ),
    ] = False
    response_refresh_path: Annotated[
        str, About("Path of the refresh token", "JSONPath of the refresh token in the response.", _REFRESH)
    ] = "refresh_token"
    response_refresh_expires_path: Annotated[
        str,
        About(
            "Path of the refresh token's lifetime",
            "JSONPath of the lifetime in the response; without it the usual names are read, such as "
            "refresh_expires_in and refresh_token_expires_in.",
            _REFRESH,
        ),
    ] = ""
    revocation_endpoint: Annotated[
        str | None,
        About(
            "Revocation endpoint", "The URL where a sign-out revokes the token (RFC 7009).", Section.SIGN_IN
        ),
    ] = None

    @property
    def response_paths(self) -> ResponsePaths:
        """The places of tokens and lifetimes in the response, including the refresh token."""
        return replace(
            super().response_paths,
            refresh=self.response_refresh_path,
            refresh_expires=self.response_refresh_expires_path,
        )

    def token_source(self, secrets: TemplateSecrets, /) -> Grant:
        """Return the token's source; raises DocumentError if the secret of a template is missing."""
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
            replace(self.response_paths, refused=BodyRules(self.refused_on_body)),
            account,
            self.token_identity(secrets),
            self.request_words.for_client_auth(self.client_auth),
            follow_up=self.follow_up,
            dpop=self.dpop,
        )

    def refresh_request(self, refresh_token: str, secrets: TemplateSecrets) -> PreparedRequest:
        """Return the request that renews a token (RFC 6749 section 6); raises as `token_request` does.

        No scope is sent: the sign-in keeps its own scopes, even if the document has changed.
        """
        fields = {"grant_type": "refresh_token", self.refresh_name: refresh_token}
        url = self.refresh_url or self.token_url
        more = Additions(self.refresh_body, self.refresh_headers, {_REFRESH_TOKEN: refresh_token})
        http_method = self.grant_method if self.refresh_method == "same" else self.refresh_method
        return self.request_to(url, fields, secrets, more, http_method)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the token request and the refresh request."""
        yield from super().findings(secrets)
        yield from self.json_findings("refresh_body", "refresh_headers", secrets, (_REFRESH_TOKEN,))
        if not self.refresh_name.strip():
            yield finding("missing_field", "The field refresh_name is empty.")
        yield from body_rules.findings("refused_on_body", self.refused_on_body)

    @property
    def token_request_headers(self) -> tuple[str, ...]:
        """The names of the headers of the token request and the refresh request."""
        return (*super().token_request_headers, *self.refresh_headers)

    @property
    def added_headers(self) -> tuple[str, ...]:
        """The names of the headers that the document itself adds to requests for a token."""
        return (*super().added_headers, *self.refresh_headers)

    def start_findings(self, url_field: str) -> Iterator[Finding]:
        """Yield a finding if the URL that starts a sign-in is missing, and so is a refresh token."""
        if not (getattr(self, url_field) or self.refresh_token):
            message = f"A sign-in needs the field {url_field}."
            advice = "Fill it in, or give the refresh_token of a sign-in that was made elsewhere."
            yield finding("missing_field", message, advice=advice)
