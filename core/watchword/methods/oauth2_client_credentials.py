"""`oauth2_client_credentials`: machine to machine (RFC 6749 section 4.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field
from requests import PreparedRequest

from watchword import headers, templates
from watchword.codes import finding
from watchword.diagnosis import Finding, errors
from watchword.fields import About, JsonObject, Section
from watchword.flow import Context, Flow
from watchword.methods.base import DefaultLifetime, ExpiresPath, TokenPlacement
from watchword.oauth2.client import BasicEncoding, Client, ClientAuth
from watchword.oauth2.grant import Grant
from watchword.oauth2.reply import ReplyPaths
from watchword.templates import Secrets
from watchword.tokens.request import BodyFormat, token_request

_OAUTH2 = Section.OAUTH2


class OAuth2ClientCredentials(TokenPlacement):
    """Fetch a token with client id and secret, send it, and fetch another when it ends or is refused."""

    method: ClassVar[str] = "oauth2_client_credentials"
    title: ClassVar[str] = "OAuth 2.0 client credentials"
    urls: ClassVar[tuple[str, ...]] = ("token_url",)
    token_is_proof: ClassVar[bool] = True

    token_url: Annotated[str, About("Token URL", "The complete URL of the token endpoint.", _OAUTH2)]
    client_id: Annotated[str, About("Client ID", "The client's public name.", _OAUTH2)]
    client_secret: Annotated[str, About("Client secret", "The client's secret.", _OAUTH2, secret=True)]
    client_auth: Annotated[
        ClientAuth, About("Client authentication", "Where id and secret go in the token request.", _OAUTH2)
    ] = "header"
    basic_encoding: Annotated[
        BasicEncoding,
        About(
            "Encoding in the header",
            "form as RFC 6749 wants it; raw for servers that do not decode special characters.",
            _OAUTH2,
        ),
    ] = "form"
    scope: Annotated[str, About("Scope", "The scopes to ask for, separated by spaces.", _OAUTH2)] = ""
    scope_separator: Annotated[
        str, About("Scope separator", "What this server wants between scopes.", _OAUTH2)
    ] = " "
    grant_body: Annotated[
        JsonObject,
        About(
            "Request body",
            "JSON: fields to add or replace in the token request; {{secret:NAME}} stands for a secret.",
            _OAUTH2,
        ),
    ] = Field(default_factory=dict)
    grant_format: Annotated[
        BodyFormat, About("Body format", "How the token request is written.", _OAUTH2)
    ] = "form"
    grant_headers: Annotated[
        JsonObject, About("Request headers", "JSON: headers to add to the token request.", _OAUTH2)
    ] = Field(default_factory=dict)
    response_access_path: Annotated[
        str, About("Path of the token", "JSONPath of the token in the reply.", Section.REPLY)
    ] = "access_token"
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; where the API refuses it, once more with a newer one."""
        return self.token_flow(request, context)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that are asked for."""
        return frozenset(self.scope.replace(",", " ").split())

    def token_source(self, secrets: Secrets, /) -> Grant:
        """Return how the token is asked for; raises DocumentError where a template names no secret."""
        client = Client(self.client_id, self.client_secret, self.client_auth, self.basic_encoding)
        fields = {
            "grant_type": "client_credentials",
            "scope": self.scope_separator.join(self.scope.split()),
            **client.fields(),
            **{name: templates.fill(value, secrets) for name, value in self.grant_body.items()},
        }
        present = {name: value for name, value in fields.items() if value not in (None, "")}
        sent = {**client.headers(), **self._filled_headers(secrets)}
        return Grant(
            token_request("POST", self.token_url, present, sent, self.grant_format),
            ReplyPaths(self.response_access_path, self.response_expires_path, self.default_lifetime),
        )

    def findings(self, secrets: Secrets, /) -> Iterator[Finding]:
        """Scopes that look joined by another separator, and what JSON fields hold that they shouldn't."""
        if "," in self.scope and self.scope_separator == " ":
            message = "The scope has a comma, but scopes are separated by spaces."
            yield finding("scope_separator_suspect", message)
        yield from headers.value_findings(self.value("token"), "the token's place")
        missing = [
            *templates.findings("grant_body", self.grant_body, secrets),
            *templates.findings("grant_headers", self.grant_headers, secrets),
        ]
        yield from missing
        if not errors(missing):
            for name, value in self._filled_headers(secrets).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the token request's header {name[:40]}")

    def _filled_headers(self, secrets: Secrets) -> dict[str, str]:
        return {
            name: str(templates.fill(value, secrets)).strip() for name, value in self.grant_headers.items()
        }
