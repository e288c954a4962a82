"""The base of the OAuth 2.0 methods: the client, the token request and the response (RFC 6749)."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

from requests import PreparedRequest

from watchword.findings.finding import Finding
from watchword.flow import Context, Flow, random_nonce
from watchword.http import headers
from watchword.http.json_value import JsonValue
from watchword.http.placement import Slot
from watchword.methods import client_fields, dpop_fields, request_fields, response_values
from watchword.methods.additions import Additions
from watchword.methods.base import DefaultLifetime, ExpiresPath, LoginWith, Passphrase, TokenPlacement
from watchword.methods.client_fields import (
    CLIENT_ID,
    AssertionAlgorithm,
    AssertionAudience,
    AssertionClaims,
    AssertionHeaders,
    AssertionKeyId,
    ClientAuthMethod,
    ClientSecret,
    EncodingOfBasic,
    PrivateKey,
)
from watchword.methods.dpop_fields import Dpop
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Section
from watchword.methods.key_file import filled, key_file_in
from watchword.methods.request_fields import (
    TOKEN_URL,
    GrantBody,
    GrantFormat,
    GrantHeaders,
    GrantMethod,
    HttpMethod,
    Scope,
    ScopeSeparator,
)
from watchword.methods.response_values import ResponseBaseUrlPath, ResponseValues, ValuesUrl
from watchword.methods.token_identity import token_identity
from watchword.protocols import templates
from watchword.protocols.dpop import api_requests
from watchword.protocols.dpop.proof import HEADER
from watchword.protocols.jwt.signing import JwsSigner
from watchword.protocols.login_with import Login
from watchword.protocols.oauth2.client import IN_BODY
from watchword.protocols.oauth2.grant import Grant
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths
from watchword.protocols.templates import FreshValues, TemplateSecrets
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.token import Token
from watchword.tokens.token_request import token_request
from watchword.tokens.token_response import TokenResponse
from watchword.tokens.token_source import Account

if TYPE_CHECKING:
    from typing_extensions import Self

_NO_ADDITIONS = Additions()


def _demands_nonce(response: TokenResponse) -> bool:
    return api_requests.demands_nonce(response.url, response.status, response.headers)


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
    client_secret: ClientSecret = None
    client_auth: ClientAuthMethod = "client_secret_basic"
    basic_encoding: EncodingOfBasic = "form"
    private_key: PrivateKey = None
    private_key_passphrase: Passphrase = None
    assertion_algorithm: AssertionAlgorithm = "RS256"
    assertion_key_id: AssertionKeyId = ""
    assertion_audience: AssertionAudience = ""
    assertion_headers: AssertionHeaders = Field(default_factory=dict)
    assertion_claims: AssertionClaims = Field(default_factory=dict)
    scope: Scope = ""
    scope_separator: ScopeSeparator = " "
    grant_body: GrantBody = Field(default_factory=dict)
    grant_method: GrantMethod = "POST"
    grant_format: GrantFormat = "form"
    login_with: LoginWith = Field(default_factory=dict)
    grant_headers: GrantHeaders = Field(default_factory=dict)
    dpop: Dpop = False
    response_access_path: Annotated[
        str,
        About(
            "Path of the token",
            "JSONPath of the token in the response; in XML an element such as Access_Token.Token, and $ if "
            "the body is the token. Where responses differ, a.b | c takes the first that is there.",
            Section.RESPONSE,
        ),
    ] = "access_token"
    response_expires_path: ExpiresPath = "expires_in"
    default_lifetime: DefaultLifetime = None
    response_base_url_path: ResponseBaseUrlPath = None
    response_values: ResponseValues = Field(default_factory=dict)
    values_url: ValuesUrl = None

    def placements(self) -> tuple[Slot, ...]:
        """The places of the token, of the proof of its key, and of the values that come with it."""
        proof = (Slot("header", HEADER),) if self.dpop else ()
        return (self.slot, *proof, *response_values.slots_of(self))

    @cached_property
    def _lead(self) -> str:
        return f"{HEADER} " if self.dpop else super()._lead

    @property
    def proves_key(self) -> bool:
        """Whether each request carries a proof of the key that its token is bound to (RFC 9449)."""
        return self.dpop

    @property
    def depends_on_time(self) -> bool:
        """Whether each request carries a proof, which contains the time."""
        return self.dpop

    @property
    def value_places(self) -> tuple[str, ...]:
        """The places of the values that came with the token."""
        return response_values.places_of(self)

    @property
    def follow_up(self) -> FollowUp | None:
        """The request for the values that the token's response lacks; None without a values_url."""
        found = response_values.follow_up_of(self, self._proved if self.dpop else self._signed)
        return replace(found, again=_demands_nonce) if found and self.dpop else found

    def _proved(self, request: PreparedRequest, token: Token) -> PreparedRequest:
        signed = self._signed(request, token)
        api_requests.prove(signed, token, Context())
        return signed

    def flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; if the API refuses it, send once more with a newer one."""
        flow = self.token_flow(request, context)
        return api_requests.with_proofs(flow, context) if self.dpop else flow

    def completed(self, given: Collection[str], /) -> Self:
        """Return the method with the ids of client and key out of a provider's file in `private_key`."""
        file = key_file_in(self.private_key)
        if file is None:
            return self
        return self._completed_by({**filled(client_fields.fields_of(file), given), "private_key": file.key})

    def _completed_by(self, values: Mapping[str, object]) -> Self:
        method = self.updated(values)
        # The file is a value of the document: what is read from it must not change a stored token's identity.
        vars(method)["_as_given"] = self
        return method

    @property
    def can_ask_as_decoy(self) -> bool:
        """Whether the grant names no user: a template in its body may stand beside a real user's name."""
        bodies = (dict(self.grant_body), dict(self.grant_headers))
        if self.signs_in or self.login_with:
            return False
        return not any(True for body in bodies for _ in templates.names(body))

    @property
    def needs_certificate(self) -> bool:
        """Whether the client authenticates at the token endpoint by the connection's certificate."""
        return self.client_auth in client_fields.BY_CERTIFICATE

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
        fresh = FreshValues(time.time(), random_nonce)
        authentication = client_fields.client_of(self, secrets).authentication(fresh)
        client = {name: str(value) for name, value in authentication.fields.items()}
        body = {**fields, **authentication.fields, **more.to_body(secrets, client, fresh)}
        present = {name: value for name, value in body.items() if value not in (None, "")}
        sent = {**authentication.headers, **more.to_headers(secrets, client, fresh)}
        body_format = "query" if http_method == "GET" else self.grant_format
        request = token_request(http_method, url, present, sent, body_format)
        if request.body is None and body_format == "json":  # AWS's services want an object without members
            request.prepare_body(None, None, json={})
        return request

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
            dpop=self.dpop,
        )

    def own_login(self) -> Login | None:
        """Return the signer of a client that authenticates by OAuth 1.0 (RFC 5849) with its id and secret."""
        return client_fields.own_login_of(self)

    @property
    def token_request_headers(self) -> tuple[str, ...]:
        """The names of the token request's headers."""
        is_basic = self.client_auth == "client_secret_basic" and self.client_id
        proof = (HEADER,) if self.dpop else ()
        return (*self.grant_headers, *proof, *(("Authorization",) if is_basic else ()))

    def token_identity(self, secrets: TemplateSecrets) -> tuple[object, ...]:
        """Return the fields that a token depends on, with the secrets of their templates filled in.

        Raises DocumentError if the secret of a template is missing.
        """
        return token_identity(self._as_given or self, self.not_in_identity, secrets)

    @property
    def added_headers(self) -> tuple[str, ...]:
        """The names of the headers that the document itself adds to requests for a token."""
        return tuple(self.grant_headers)

    def explain(self, status: int, response_headers: Mapping[str, str], _text: str, /) -> Finding | None:
        """Return a finding if the API refused the proof of the token's key, or wants one."""
        return dpop_fields.refusal(status, response_headers, is_bound=self.dpop)

    def findings(self, secrets: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the client, the separator of scopes, and the JSON fields."""
        yield from headers.value_findings(self.value("token"), "the token's place")
        yield from request_fields.findings_of(self)
        yield from client_fields.findings_of(self, secrets)
        yield from dpop_fields.findings_of(self, self.added_headers)
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

    @cached_property
    def assertion_key(self) -> JwsSigner:
        """The key of the JWTs by which the client authenticates; raises DocumentError if it can't be read."""
        return client_fields.assertion_key_of(self)
