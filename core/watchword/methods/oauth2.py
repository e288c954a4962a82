"""The base of the OAuth 2.0 methods: the client, the token request and the response (RFC 6749)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, ClassVar

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.methods.base import DefaultLifetime, ExpiresPath, Passphrase, TokenPlacement
from watchword.methods.field_info import Field
from watchword.methods.fields import About, JsonObject, Section
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import ALGORITHMS, AlgorithmName
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.oauth2.client import NEEDS, Assertion, BasicEncoding, Client, ClientAuth
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.tokens.token_request import BodyFormat, token_request
from watchword.tokens.token_source import Account

_OAUTH2 = Section.OAUTH2

_NOTHING: Mapping[str, JsonValue] = MappingProxyType({})

_BY_SECRET = frozenset({"client_secret_basic", "client_secret_post"})
_BY_ASSERTION = frozenset({"private_key_jwt", "client_secret_jwt"})
_BY_CERTIFICATE = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})

CLIENT_ID = About("Client ID", "The client's public identifier.", _OAUTH2)

# Stored tokens are looked up by a fingerprint of names and values. These fields and values keep their former
# names in it, so that tokens stored before they were renamed are still found.
_IDENTITY_NAMES: Mapping[str, str] = {
    "subject_token_type": "subject_kind",
    "actor_token_type": "actor_kind",
    "requested_token_type": "requested_kind",
}
_IDENTITY_CLIENT_AUTH: Mapping[str, str] = {
    "client_secret_basic": "header",
    "client_secret_post": "body",
    "tls_client_auth": "mtls",
    "self_signed_tls_client_auth": "mtls",
}


class OAuth2(TokenPlacement):
    """Request a token from a token endpoint, send it, and request another if it expires or is refused."""

    urls: ClassVar[tuple[str, ...]] = ("token_url",)
    json_paths: ClassVar[tuple[str, ...]] = ("response_access_path", "response_expires_path")
    token_is_proof: ClassVar[bool] = True

    request_words: ClassVar[RequestWords] = CLIENT
    """The words in findings about the token request."""

    not_in_identity: ClassVar[frozenset[str]] = frozenset(TokenPlacement.model_fields)
    """The fields that a token does not depend on."""

    token_url: Annotated[str, About("Token URL", "The complete URL of the token endpoint.", _OAUTH2)]
    client_id: Annotated[str | None, CLIENT_ID] = None
    client_secret: Annotated[
        str | None, About("Client secret", "The secret of the client.", _OAUTH2, secret=True)
    ] = None
    client_auth: Annotated[
        ClientAuth,
        About(
            "Client authentication",
            "How the client authenticates: with id and secret in a Basic header or in the body, with a JWT "
            "signed with private_key or the secret, with client_certificate, or with its id alone (none).",
            _OAUTH2,
        ),
    ] = "client_secret_basic"
    basic_encoding: Annotated[
        BasicEncoding,
        About(
            "Basic encoding",
            "How id and secret are encoded for the Basic header: form by RFC 6749, raw for servers that "
            "don't decode them.",
            _OAUTH2,
        ),
    ] = "form"
    private_key: Annotated[
        str | None,
        About(
            "Private key",
            "The key of private_key_jwt: PEM, JWK, or DER in base64.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
        ),
    ] = None
    private_key_passphrase: Passphrase = None
    assertion_algorithm: Annotated[
        AlgorithmName,
        About(
            "Assertion algorithm",
            "The algorithm of the client's JWT; for client_secret_jwt the default is HS256.",
            _OAUTH2,
        ),
    ] = "RS256"
    assertion_key_id: Annotated[
        str, About("Assertion key ID", "The kid under which the provider has registered the key.", _OAUTH2)
    ] = ""
    assertion_audience: Annotated[
        str,
        About("Assertion audience", "The audience of the client's JWT; the token URL if empty.", _OAUTH2),
    ] = ""
    scope: Annotated[str, About("Scope", "The scopes to request, separated by spaces.", _OAUTH2)] = ""
    scope_separator: Annotated[
        str, About("Scope separator", "The text between scopes in the token request.", _OAUTH2)
    ] = " "
    grant_body: Annotated[
        JsonObject,
        About(
            "Request body",
            "JSON: fields to add or replace in the token request; null leaves one out, and {{secret:NAME}} "
            "inserts a secret.",
            _OAUTH2,
        ),
    ] = Field(default_factory=dict)
    grant_format: Annotated[
        BodyFormat, About("Body format", "The format of the token request's body.", _OAUTH2)
    ] = "form"
    grant_headers: Annotated[
        JsonObject, About("Request headers", "JSON: headers to add to the token request.", _OAUTH2)
    ] = Field(default_factory=dict)
    response_access_path: Annotated[
        str, About("Path of the token", "JSONPath of the token in the response.", Section.RESPONSE)
    ] = "access_token"
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; if the API refuses it, send once more with a newer one."""
        return self.token_flow(request, context)

    @property
    def may_ask_as_nobody(self) -> bool:
        """Whether the grant names no user: a template in its body may stand beside a real user's name."""
        bodies = (dict(self.grant_body), dict(self.grant_headers))
        return not self.signs_in and not any(True for body in bodies for _ in templates.names(body))

    @property
    def needs_certificate(self) -> bool:
        """Whether the client authenticates at the token endpoint by the connection's certificate."""
        return self.client_auth in _BY_CERTIFICATE

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes to request."""
        return frozenset(self.scope.replace(",", " ").split())

    @property
    def joined_scope(self) -> str:
        """The scopes, joined by this server's separator."""
        return self.scope_separator.join(self.scope.split())

    @property
    def response_paths(self) -> ResponsePaths:
        """The places of token and lifetime in the response."""
        return ResponsePaths(self.response_access_path, self.response_expires_path, self.default_lifetime)

    def token_request(self, fields: Mapping[str, JsonValue], secrets: TemplateSecrets) -> PreparedRequest:
        """Return a token request with these fields of a grant; empty fields are left out.

        Client authentication, `grant_body`, `grant_headers` and `grant_format` are applied. Raises
        DocumentError if the secret of a template is missing, or the key of an assertion can't be read.
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
        """Return an authenticated request of the client to an endpoint of the authorization server.

        Args:
            url: the endpoint, such as that of RFC 7009 or RFC 8628.
            fields: those of the body; empty fields are left out.
            secrets: the secrets of templates.
            more: a JSON field of the document, whose entries are added to the body or replace its fields.
            more_headers: a JSON field of the document, whose entries are added as headers.

        Raises:
            DocumentError: the secret of a template is missing, or the key of an assertion can't be read.
        """
        authentication = self._client.authentication(FreshValues(time.time(), random_nonce))
        body = {**fields, **authentication.fields, **_filled(more, secrets)}
        present = {name: value for name, value in body.items() if value not in (None, "")}
        sent = {**authentication.headers, **_as_headers(more_headers, secrets)}
        return token_request("POST", url, present, sent, self.grant_format)

    def granted(
        self, fields: Callable[[], Mapping[str, JsonValue]], secrets: TemplateSecrets, subject: str = ""
    ) -> Grant:
        """Return the grant of a machine; `fields` returns the body fields of each new request."""
        account = Account(self.method, self.token_url, self.client_id or "", subject)
        return Grant(
            lambda _: self.token_request(fields(), secrets),
            self.response_paths,
            account,
            self.token_identity(secrets),
            self.request_words.for_client_auth(self.client_auth),
        )

    def token_identity(self, secrets: TemplateSecrets) -> tuple[object, ...]:
        """Return the fields that a token depends on, with the secrets of their templates filled in.

        Raises DocumentError if the secret of a template is missing.
        """
        fields = {
            _IDENTITY_NAMES.get(name, name): getattr(self, name)
            for name in type(self).model_fields
            if name not in self.not_in_identity
        }
        fields["client_auth"] = _IDENTITY_CLIENT_AUTH.get(self.client_auth, self.client_auth)
        return tuple(
            (
                name,
                json.dumps(_filled(value, secrets), sort_keys=True) if isinstance(value, Mapping) else value,
            )
            for name, value in sorted(fields.items())
        )

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the client, the separator of scopes, and the JSON fields."""
        yield from headers.value_findings(self.value("token"), "the token's place")
        if "," in self.scope and self.scope_separator == " ":
            message = "The scope has a comma, but scopes are separated by spaces."
            yield finding("scope_separator_suspect", message)
        yield from self._client_findings()
        yield from self.json_findings("grant_body", "grant_headers", secrets)

    def json_findings(self, body: str, own_headers: str, secrets: TemplateSecrets) -> Iterator[Finding]:
        """Yield findings about the JSON fields for the body and the headers of a request."""
        more_headers = getattr(self, own_headers)
        template_findings = [
            *templates.findings(body, getattr(self, body), secrets),
            *templates.findings(own_headers, more_headers, secrets),
        ]
        yield from template_findings
        if not errors(template_findings):
            for name, value in _as_headers(more_headers, secrets).items():
                yield from headers.name_findings(name, "header")
                yield from headers.value_findings(value, f"the token request's header {name[:40]}")

    def _client_findings(self) -> Iterator[Finding]:
        if not (self.client_id or self.client_secret) and self.client_auth in {"client_secret_basic", "none"}:
            return  # some grants need no client
        missing = [name for name in NEEDS[self.client_auth] if not getattr(self, name)]
        for name in missing:
            message = f"The client authentication {self.client_auth} needs the field {name}."
            may_be_public = name == "client_secret" and self.client_auth in _BY_SECRET
            advice = (
                "Fill the field in; for a public client, set client_auth to none." if may_be_public else ""
            )
            yield finding("missing_field", message, advice=advice)
        if not missing and self.client_auth in _BY_ASSERTION:
            yield from self._assertion_findings()

    def _assertion_findings(self) -> Iterator[Finding]:
        by_secret = self.client_auth == "client_secret_jwt"
        if by_secret is (ALGORITHMS[self._assertion_algorithm].kind == "oct"):
            yield from key_findings(lambda: self._assertion_key)
            return
        message = f"The client authentication {self.client_auth} can't sign by {self.assertion_algorithm}."
        suitable = (
            "HS256, HS384 or HS512" if by_secret else "an algorithm for the key, such as RS256 or ES256"
        )
        yield finding("key_unsuitable", message, advice=f"Set assertion_algorithm to {suitable}.")

    @cached_property
    def _client(self) -> Client:
        signs = self.client_auth in _BY_ASSERTION and self.client_id
        audience = self.assertion_audience or self.token_url
        assertion = Assertion(self._assertion_key, audience, self.assertion_key_id) if signs else None
        return Client(self.client_id, self.client_secret, self.client_auth, self.basic_encoding, assertion)

    @cached_property
    def _assertion_key(self) -> JwsSigner:
        key = self.client_secret if self.client_auth == "client_secret_jwt" else self.private_key
        return jws_signer(self._assertion_algorithm, key or "", "utf8", self.private_key_passphrase)

    @property
    def _assertion_algorithm(self) -> AlgorithmName:
        is_default = self.client_auth == "client_secret_jwt" and self.assertion_algorithm == "RS256"
        return "HS256" if is_default else self.assertion_algorithm


def key_findings(read: Callable[[], JwsSigner]) -> Iterator[Finding]:
    """Yield the findings about a key, or the reason why it can't be read."""
    try:
        yield from read().findings
    except DocumentError as error:
        yield from error.findings


def _filled(content: Mapping[str, JsonValue], secrets: TemplateSecrets) -> dict[str, JsonValue]:
    return {name: templates.fill(value, secrets) for name, value in content.items()}


def _as_headers(content: Mapping[str, JsonValue], secrets: TemplateSecrets) -> dict[str, str]:
    return {name: str(value).strip() for name, value in _filled(content, secrets).items()}
