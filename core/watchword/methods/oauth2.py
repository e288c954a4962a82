"""The base of the OAuth 2.0 methods: the client, the token request and the response (RFC 6749)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.http.placement import Slot
from watchword.methods import response_values
from watchword.methods.additions import Additions
from watchword.methods.base import DefaultLifetime, ExpiresPath, LoginWith, Passphrase, TokenPlacement
from watchword.methods.field_info import Field
from watchword.methods.fields import About, JsonObject, Section
from watchword.methods.key_file import filled, key_file_in
from watchword.methods.response_values import ResponseBaseUrlPath, ResponseValues, ValuesUrl
from watchword.methods.token_identity import token_identity
from watchword.protocols import templates
from watchword.protocols.jwt.algorithms import ALGORITHMS, AlgorithmName
from watchword.protocols.jwt.signing import JwsSigner, jws_signer
from watchword.protocols.login_with import Login
from watchword.protocols.oauth2.client import (
    IN_BODY,
    NEEDS,
    Assertion,
    BasicEncoding,
    Client,
    ClientAuth,
)
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.token_request import BodyFormat, token_request
from watchword.tokens.token_source import Account

if TYPE_CHECKING:
    from typing_extensions import Self

    from watchword.protocols.keys import KeyFile

_OAUTH2 = Section.OAUTH2


_BY_SECRET = frozenset({"client_secret_basic", "client_secret_post"})
_BY_ASSERTION = frozenset({"private_key_jwt", "client_secret_jwt"})
_BY_CERTIFICATE = frozenset({"tls_client_auth", "self_signed_tls_client_auth"})

TOKEN_URL = About("Token URL", "The complete URL of the token endpoint.", _OAUTH2)
CLIENT_ID = About("Client ID", "The client's public identifier.", _OAUTH2)

HttpMethod = Literal["POST", "GET", "PUT"]


_NO_ADDITIONS = Additions()


class OAuth2(TokenPlacement):
    """Request a token from a token endpoint, send it, and request another if it expires or is refused."""

    urls: ClassVar[tuple[str, ...]] = ("token_url", "values_url")
    json_paths: ClassVar[tuple[str, ...]] = (
        "response_access_path",
        "response_expires_path",
        "response_base_url_path",
    )
    token_is_proof: ClassVar[bool] = True

    request_words: ClassVar[RequestWords] = CLIENT
    """The words in findings about the token request."""

    own_templates: ClassVar[tuple[str, ...]] = ()
    """The fields of the grant that grant_body and grant_headers have templates for."""

    not_in_identity: ClassVar[frozenset[str]] = frozenset(TokenPlacement.model_fields)
    """The fields that a token does not depend on."""

    _as_given: ClassVar[OAuth2 | None] = None
    """Of a method that a key's file has completed: the method before that."""

    token_url: Annotated[str, TOKEN_URL]
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
            "The key of private_key_jwt: PEM, JWK, DER or PKCS#12 in base64, or a provider's JSON file.",
            Section.PRIVATE_KEY,
            secret=True,
            multiline=True,
            is_key=True,
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
    assertion_headers: Annotated[
        JsonObject,
        About(
            "Assertion headers",
            'JSON: members to add to the header of the JWT, such as {"x5t": "{{x5t}}"}; {{x5t}} and '
            "{{x5t_s256}} are the thumbprints of client_certificate.",
            _OAUTH2,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    assertion_claims: Annotated[
        JsonObject,
        About(
            "Assertion claims",
            "JSON: claims to add to the client's JWT or to replace in it; {{now}}, {{now+300}}, {{uuid}} and "
            "{{secret:NAME}} are filled in, and null leaves a claim out.",
            _OAUTH2,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    scope: Annotated[str, About("Scope", "The scopes to request, separated by spaces.", _OAUTH2)] = ""
    scope_separator: Annotated[
        str, About("Scope separator", "The text between scopes in the token request.", _OAUTH2)
    ] = " "
    grant_body: Annotated[
        JsonObject,
        About(
            "Request body",
            "JSON: fields to add or replace in the token request; null leaves one out, {{secret:NAME}} "
            "inserts a secret, and {{client_id}} and {{client_secret}} the client's.",
            _OAUTH2,
            templated=True,
        ),
    ] = Field(default_factory=dict)
    grant_method: Annotated[
        HttpMethod,
        About(
            "Request method",
            "The HTTP method of the token request; with GET all fields are sent in the query.",
            _OAUTH2,
        ),
    ] = "POST"
    grant_format: Annotated[
        BodyFormat, About("Body format", "The format of the token request's body.", _OAUTH2)
    ] = "form"
    login_with: LoginWith = Field(default_factory=dict)
    grant_headers: Annotated[
        JsonObject,
        About("Request headers", "JSON: headers to add to the token request.", _OAUTH2, templated=True),
    ] = Field(default_factory=dict)
    response_access_path: Annotated[
        str,
        About(
            "Path of the token",
            "JSONPath of the token in the response; in XML an element such as Access_Token.Token.",
            Section.RESPONSE,
        ),
    ] = "access_token"
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None
    response_base_url_path: ResponseBaseUrlPath = None
    response_values: ResponseValues = Field(default_factory=dict)
    values_url: ValuesUrl = None

    def placements(self) -> tuple[Slot, ...]:
        """The places of the token and of the values that come with it."""
        return (self.slot, *response_values.slots_of(self))

    @property
    def value_places(self) -> tuple[str, ...]:
        """The places of the values that came with the token."""
        return response_values.places_of(self)

    @property
    def follow_up(self) -> FollowUp | None:
        """The request for the values that the token's response lacks; None without a values_url."""
        return response_values.follow_up_of(self, self._signed)

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; if the API refuses it, send once more with a newer one."""
        return self.token_flow(request, context)

    def completed(self, given: Collection[str], /) -> Self:
        """Return the method with the ids of client and key out of a provider's file in `private_key`."""
        file = key_file_in(self.private_key)
        if file is None:
            return self
        return self._completed_by({**filled(self._client_fields(file), given), "private_key": file.key})

    def _completed_by(self, values: Mapping[str, object]) -> Self:
        method = self.updated(values)
        # The file is a value of the document: what is read from it must not change a stored token's identity.
        vars(method)["_as_given"] = self
        return method

    @staticmethod
    def _client_fields(file: KeyFile) -> dict[str, object]:
        return {
            "private_key_passphrase": file.passphrase,
            "client_id": file.client_id,
            "client_auth": file.client_auth,
            "assertion_key_id": file.key_id,
            "assertion_algorithm": file.algorithm,
        }

    @property
    def may_ask_as_nobody(self) -> bool:
        """Whether the grant names no user: a template in its body may stand beside a real user's name."""
        bodies = (dict(self.grant_body), dict(self.grant_headers))
        if self.signs_in or self.login_with:
            return False
        return not any(True for body in bodies for _ in templates.names(body))

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
        return ResponsePaths(
            self.response_access_path,
            self.response_expires_path,
            self.default_lifetime,
            values=response_values.sources_of(self),
        )

    def token_request(self, fields: Mapping[str, JsonValue], secrets: TemplateSecrets) -> PreparedRequest:
        """Return a token request with these fields of a grant; empty fields are left out.

        Client authentication, `grant_body`, `grant_headers`, `grant_method` and `grant_format` are applied;
        `own_templates` are filled in with the grant's fields. Raises DocumentError if a template's secret is
        missing, or the key of an assertion can't be read.
        """
        own = {name: str(fields[name]) for name in self.own_templates if fields.get(name)}
        more = Additions(self.grant_body, self.grant_headers, own)
        return self.request_to(self.token_url, fields, secrets, more, self.grant_method)

    def request_to(
        self,
        url: str,
        fields: Mapping[str, JsonValue],
        secrets: TemplateSecrets,
        more: Additions = _NO_ADDITIONS,
        http_method: HttpMethod = "POST",
    ) -> PreparedRequest:
        """Return an authenticated request of the client to an endpoint of the authorization server.

        Args:
            url: the endpoint, such as that of RFC 7009 or RFC 8628.
            fields: those of the body; empty fields are left out.
            secrets: the secrets of templates.
            more: what the document adds to the body and the headers.
            http_method: with GET, all fields are in the query.

        Raises:
            DocumentError: the secret of a template is missing, or the key of an assertion can't be read.
        """
        authentication = self._client(secrets).authentication(FreshValues(time.time(), random_nonce))
        client = {name: str(value) for name, value in authentication.fields.items()}
        body = {**fields, **authentication.fields, **more.to_body(secrets, client)}
        present = {name: value for name, value in body.items() if value not in (None, "")}
        sent = {**authentication.headers, **more.to_headers(secrets, client)}
        body_format = "query" if http_method == "GET" else self.grant_format
        return token_request(http_method, url, present, sent, body_format)

    def granted(self, fields: Mapping[str, JsonValue], secrets: TemplateSecrets, subject: str = "") -> Grant:
        """Return the grant of a machine; `fields` are those of the body of each new request."""
        return self.granted_by(lambda: self.token_request(fields, secrets), secrets, subject)

    def granted_by(
        self, request: Callable[[], PreparedRequest], secrets: TemplateSecrets, subject: str = ""
    ) -> Grant:
        """Return the grant of a machine; `request` returns each new request."""
        account = Account(self.method, self.token_url, self.client_id or "", subject)
        return Grant(
            lambda _: request(),
            self.response_paths,
            account,
            self.token_identity(secrets),
            self.request_words.for_client_auth(self.client_auth),
            follow_up=self.follow_up,
        )

    def own_login(self) -> Login | None:
        """Return the signer of a client that authenticates by OAuth 1.0 (RFC 5849) with its id and secret."""
        if self.client_auth != "oauth1":
            return None
        from watchword.methods.oauth1 import OAuth1  # noqa: PLC0415 - few clients sign their requests

        keys = {"consumer_key": self.client_id, "consumer_secret": self.client_secret}
        signer = OAuth1(signature_method="HMAC-SHA256", **keys)
        return Login(signer, lambda: None, "client_auth oauth1", ())  # the keys are in the token's identity

    @property
    def token_request_headers(self) -> tuple[str, ...]:
        """The names of the token request's headers."""
        is_basic = self.client_auth == "client_secret_basic" and self.client_id
        return (*self.grant_headers, *(("Authorization",) if is_basic else ()))

    def token_identity(self, secrets: TemplateSecrets) -> tuple[object, ...]:
        """Return the fields that a token depends on, with the secrets of their templates filled in.

        Raises DocumentError if the secret of a template is missing.
        """
        return token_identity(self._as_given or self, self.not_in_identity, secrets)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the client, the separator of scopes, and the JSON fields."""
        yield from headers.value_findings(self.value("token"), "the token's place")
        if "," in self.scope and self.scope_separator == " ":
            message = "The scope has a comma, but scopes are separated by spaces."
            yield finding("scope_separator_suspect", message)
        if self.grant_method == "GET" and self.grant_format == "json":
            message = "grant_format json is not used: a GET sends its fields in the query."
            advice = "Clear grant_format, or set grant_method to POST."
            yield finding("fields_ignored", message, advice=advice)
        yield from self._client_findings(secrets)
        yield from response_values.findings_of(self, signs_in=self.signs_in)
        yield from self.json_findings("grant_body", "grant_headers", secrets, self.own_templates)

    def json_findings(
        self, body: str, own_headers: str, secrets: TemplateSecrets, own: Collection[str] = ()
    ) -> Iterator[Finding]:
        """Yield findings about the JSON fields for the body and the headers of a request.

        `own` are the templates that these fields have beside `{{secret:NAME}}` and the client's.
        """
        more = Additions(getattr(self, body), getattr(self, own_headers), dict.fromkeys(own, "value"))
        client = IN_BODY[self.client_auth] if self.client_id else ()
        yield from more.findings((body, own_headers), secrets, client)

    def _client_findings(self, secrets: TemplateSecrets) -> Iterator[Finding]:
        if self.client_auth not in _BY_ASSERTION and (self.assertion_headers or self.assertion_claims):
            message = "assertion_headers and assertion_claims are not used: the client sends no JWT."
            advice = "Clear them, or set client_auth to private_key_jwt."
            yield finding("fields_ignored", message, advice=advice)
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
            yield from self._assertion_findings(secrets)

    def _assertion_findings(self, secrets: TemplateSecrets) -> Iterator[Finding]:
        by_secret = self.client_auth == "client_secret_jwt"
        if by_secret is (ALGORITHMS[self._assertion_algorithm].kind == "oct"):
            found = list(key_findings(lambda: self._assertion_key))
            found += self._assertion_template_findings(secrets)
            yield from found
            if not errors(found):
                assertion = self._assertion(secrets)
                yield from assertion.findings(self.client_id or "", FreshValues(time.time(), random_nonce))
            return
        message = f"The client authentication {self.client_auth} can't sign by {self.assertion_algorithm}."
        suitable = (
            "HS256, HS384 or HS512" if by_secret else "an algorithm for the key, such as RS256 or ES256"
        )
        yield finding("key_unsuitable", message, advice=f"Set assertion_algorithm to {suitable}.")

    def _assertion_template_findings(self, secrets: TemplateSecrets) -> Iterator[Finding]:
        for name in ("assertion_headers", "assertion_claims"):
            yield from templates.findings(name, getattr(self, name), secrets, with_fresh=True)
        named = self.assertion_headers.get("kid")
        if named and self.assertion_key_id not in {"", named}:
            message = "assertion_headers has a kid, and assertion_key_id has another one."
            yield finding("given_twice", message)

    def _client(self, secrets: TemplateSecrets) -> Client:
        signs = self.client_auth in _BY_ASSERTION and self.client_id
        assertion = self._assertion(secrets) if signs else None
        return Client(self.client_id, self.client_secret, self.client_auth, self.basic_encoding, assertion)

    def _assertion(self, secrets: TemplateSecrets) -> Assertion:
        audience = self.assertion_audience or self.token_url
        added = (self.assertion_headers, self.assertion_claims)
        return Assertion(self._assertion_key, audience, self.assertion_key_id, *added, secrets)

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
