"""What the OAuth 2.0 methods share: the client, the token request and the reply (RFC 6749)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, ClassVar

from pydantic import Field, JsonValue
from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.methods.base import DefaultLifetime, ExpiresPath, Passphrase, TokenPlacement
from watchword.methods.fields import About, JsonObject, Section
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import ALGORITHMS, Name
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.oauth2.client import NEEDS, Assertion, BasicEncoding, Client, ClientAuth
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ReplyPaths
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.tokens.token_request import BodyFormat, token_request
from watchword.tokens.token_source import Account

_OAUTH2 = Section.OAUTH2

_NOTHING: Mapping[str, JsonValue] = MappingProxyType({})

CLIENT_ID = About("Client ID", "The client's public name.", _OAUTH2)


class OAuth2(TokenPlacement):
    """Ask a token endpoint for a token, send it, and ask for another when it ends or is refused."""

    urls: ClassVar[tuple[str, ...]] = ("token_url",)
    token_is_proof: ClassVar[bool] = True

    purpose: ClassVar[RequestWords] = CLIENT
    """What a token is asked for by, in words."""

    shapes_nothing: ClassVar[frozenset[str]] = frozenset(TokenPlacement.model_fields)
    """The fields that a token does not depend on."""

    token_url: Annotated[str, About("Token URL", "The complete URL of the token endpoint.", _OAUTH2)]
    client_id: Annotated[str | None, CLIENT_ID] = None
    client_secret: Annotated[
        str | None, About("Client secret", "The client's secret.", _OAUTH2, secret=True)
    ] = None
    client_auth: Annotated[
        ClientAuth,
        About(
            "Client authentication",
            "How the client shows itself: id and secret in header or body, a JWT signed with private_key or "
            "with the secret, client_certificate (mtls), or by its id alone (none).",
            _OAUTH2,
        ),
    ] = "header"
    basic_encoding: Annotated[
        BasicEncoding,
        About(
            "Encoding in the header",
            "form as RFC 6749 wants it; raw for servers that do not decode special characters.",
            _OAUTH2,
        ),
    ] = "form"
    private_key: Annotated[
        str | None,
        About(
            "Private key",
            "For private_key_jwt: PEM, JWK, or DER in base64.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
        ),
    ] = None
    private_key_passphrase: Passphrase = None
    assertion_algorithm: Annotated[
        Name,
        About(
            "Assertion algorithm",
            "What the client's JWT is signed by; HS256 for client_secret_jwt unless another HS is chosen.",
            _OAUTH2,
        ),
    ] = "RS256"
    assertion_key_id: Annotated[
        str, About("Assertion key ID", "The kid that the provider knows the key by.", _OAUTH2)
    ] = ""
    assertion_audience: Annotated[
        str,
        About("Assertion audience", "Whom the client's JWT is made for; the token URL if empty.", _OAUTH2),
    ] = ""
    scope: Annotated[str, About("Scope", "The scopes to ask for, separated by spaces.", _OAUTH2)] = ""
    scope_separator: Annotated[
        str, About("Scope separator", "What this server wants between scopes.", _OAUTH2)
    ] = " "
    grant_body: Annotated[
        JsonObject,
        About(
            "Request body",
            "JSON: fields to add or replace in the token request, null leaves one out; {{secret:NAME}} "
            "stands for a secret.",
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
    def needs_certificate(self) -> bool:
        """Whether it shows itself to the token endpoint by the connection's certificate."""
        return self.client_auth == "mtls"

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that are asked for."""
        return frozenset(self.scope.replace(",", " ").split())

    @property
    def joined_scope(self) -> str:
        """The scopes as this server wants them, empty where none is asked for."""
        return self.scope_separator.join(self.scope.split())

    @property
    def reply_paths(self) -> ReplyPaths:
        """Where the reply holds what."""
        return ReplyPaths(self.response_access_path, self.response_expires_path, self.default_lifetime)

    def token_request(self, fields: Mapping[str, JsonValue], secrets: TemplateSecrets) -> PreparedRequest:
        """Return the request to the token endpoint with these fields of a grant; empty ones are left out.

        Client authentication, `grant_body`, `grant_headers` and `grant_format` are applied. Raises
        DocumentError where a template names no secret, or the key of an assertion can't be read.
        """
        return self.request_to(
            self.token_url, fields, secrets, more=self.grant_body, more_headers=self.grant_headers
        )

    def request_to(
        self,
        url: str,
        fields: Mapping[str, JsonValue],
        secrets: TemplateSecrets,
        *,
        more: Mapping[str, JsonValue] = _NOTHING,
        more_headers: Mapping[str, JsonValue] = _NOTHING,
    ) -> PreparedRequest:
        """Return a request by which the client shows itself to an endpoint of the authorization server.

        Args:
            url: the endpoint, such as that of RFC 7009 or RFC 8628.
            fields: those of the body; empty ones are left out.
            secrets: those that templates name.
            more: a JSON field of the document, whose entries are added to the body or replace there.
            more_headers: likewise, for the headers.

        Raises:
            DocumentError: a template names no secret, or the key of an assertion can't be read.
        """
        authentication = self._client.authentication(FreshValues(time.time(), random_nonce))
        body = {**fields, **authentication.fields, **_filled(more, secrets)}
        present = {name: value for name, value in body.items() if value not in (None, "")}
        sent = {**authentication.headers, **_as_headers(more_headers, secrets)}
        return token_request("POST", url, present, sent, self.grant_format)

    def granted(
        self, fields: Callable[[], Mapping[str, JsonValue]], secrets: TemplateSecrets, subject: str = ""
    ) -> Grant:
        """Return the grant of a machine; `fields` gives those of its request anew each time."""
        account = Account(self.method, self.token_url, self.client_id or "", subject)
        return Grant(
            lambda _: self.token_request(fields(), secrets),
            self.reply_paths,
            account,
            self.token_identity(secrets),
            self.purpose.for_client_auth(self.client_auth),
        )

    def token_identity(self, secrets: TemplateSecrets) -> tuple[object, ...]:
        """Return all that shapes a token: the fields, with the secrets that their templates name.

        Raises DocumentError where a template names no secret.
        """
        shaping = ((name, getattr(self, name)) for name in sorted(type(self).model_fields))
        return tuple(
            (name, json.dumps(_filled(value, secrets), sort_keys=True) if _is_json(value) else value)
            for name, value in shaping
            if name not in self.shapes_nothing
        )

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """What the client lacks, scopes joined by another separator, what JSON fields should not hold."""
        yield from headers.value_findings(self.value("token"), "the token's place")
        if "," in self.scope and self.scope_separator == " ":
            message = "The scope has a comma, but scopes are separated by spaces."
            yield finding("scope_separator_suspect", message)
        yield from self._client_findings()
        yield from self.json_findings("grant_body", "grant_headers", secrets)

    def json_findings(self, body: str, own_headers: str, secrets: TemplateSecrets) -> Iterator[Finding]:
        """Yield what is wrong with a pair of JSON fields, for the body and the headers of a request."""
        sent = getattr(self, own_headers)
        mentions = [
            *templates.findings(body, getattr(self, body), secrets),
            *templates.findings(own_headers, sent, secrets),
        ]
        yield from mentions
        if not errors(mentions):
            for name, value in _as_headers(sent, secrets).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the token request's header {name[:40]}")

    def _client_findings(self) -> Iterator[Finding]:
        if not (self.client_id or self.client_secret) and self.client_auth in {"header", "none"}:
            return  # nobody: some grants want no client
        missing = [name for name in NEEDS[self.client_auth] if not getattr(self, name)]
        for name in missing:
            message = f"The client authentication {self.client_auth} needs the field {name}."
            public = name == "client_secret" and self.client_auth in {"header", "body"}
            advice = "Fill the field in; a public client has client_auth none." if public else ""
            yield finding("missing_field", message, advice=advice)
        if not missing and self.client_auth in {"private_key_jwt", "client_secret_jwt"}:
            yield from self._assertion_findings()

    def _assertion_findings(self) -> Iterator[Finding]:
        by_secret = self.client_auth == "client_secret_jwt"
        if by_secret is (ALGORITHMS[self._assertion_algorithm].kind == "oct"):
            yield from key_findings(lambda: self._assertion_key)
            return
        message = f"The client authentication {self.client_auth} can't sign by {self.assertion_algorithm}."
        fitting = "HS256, HS384 or HS512" if by_secret else "what the key is for, such as RS256 or ES256"
        yield finding("key_unsuitable", message, advice=f"Set assertion_algorithm to {fitting}.")

    @cached_property
    def _client(self) -> Client:
        signs = self.client_auth in {"private_key_jwt", "client_secret_jwt"} and self.client_id
        audience = self.assertion_audience or self.token_url
        assertion = Assertion(self._assertion_key, audience, self.assertion_key_id) if signs else None
        return Client(self.client_id, self.client_secret, self.client_auth, self.basic_encoding, assertion)

    @cached_property
    def _assertion_key(self) -> JwsSigner:
        key = self.client_secret if self.client_auth == "client_secret_jwt" else self.private_key
        return jws_signer(self._assertion_algorithm, key or "", "utf8", self.private_key_passphrase)

    @property
    def _assertion_algorithm(self) -> Name:
        is_default = self.client_auth == "client_secret_jwt" and self.assertion_algorithm == "RS256"
        return "HS256" if is_default else self.assertion_algorithm


def key_findings(read: Callable[[], JwsSigner]) -> Iterator[Finding]:
    """Yield why a key can't be read, or what there is to remark about it."""
    try:
        yield from read().findings
    except DocumentError as error:
        yield from error.findings


def _is_json(value: object) -> bool:
    return isinstance(value, Mapping)


def _filled(content: Mapping[str, JsonValue], secrets: TemplateSecrets) -> dict[str, JsonValue]:
    return {name: templates.fill(value, secrets) for name, value in content.items()}


def _as_headers(content: Mapping[str, JsonValue], secrets: TemplateSecrets) -> dict[str, str]:
    return {name: str(value).strip() for name, value in _filled(content, secrets).items()}
