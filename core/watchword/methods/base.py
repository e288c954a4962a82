"""The base of every method, shared fields, and the placement of tokens."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from requests import PreparedRequest

from watchword.findings.finding import Finding
from watchword.flow import NEED_TOKEN, Context, Flow, FlowResponse, NeedToken
from watchword.http.placement import Placement, Slot, put
from watchword.methods.field_info import Field
from watchword.methods.fields import About, Fields, JsonObject, Section
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token import Token
from watchword.tokens.token_source import TokenSource

if TYPE_CHECKING:
    from typing_extensions import Self

    from watchword.protocols.login_with import Login


LOGIN_WITH = "login_with"
"""The field that nests another method's document, which authenticates the request for the token."""


class Method(Fields):
    """An authentication method: immutable fields, and a flow without I/O.

    This flow adds the static placements to the request and sends it; other methods override it.
    """

    method: ClassVar[str]
    title: ClassVar[str]
    essentials: ClassVar[tuple[str, ...]]
    """The fields that most connections of the method fill in, in the order in which a person is asked."""

    urls: ClassVar[tuple[str, ...]] = ()
    """The fields with URLs of servers that receive a credential; the fields may be empty."""

    has_credential: ClassVar[bool] = True
    """Whether the method itself sends a credential that can be proved."""

    needs_parameters: ClassVar[bool] = False
    """Whether the method needs stacked parameters."""

    token_is_proof: ClassVar[bool] = False
    """Whether a new token proves the credential, since a server has checked it before it issued the token."""

    json_paths: ClassVar[tuple[str, ...]] = ()
    """The fields with JSONPaths by which responses are searched."""

    token_urls: ClassVar[tuple[str, ...]] = ()
    """The fields with URLs of servers that receive the token of a person who has signed in."""

    signs_in: ClassVar[bool] = False
    """Whether the token is that of a person who has signed in; it is stored by the connection's name."""

    unauthorized_advice: ClassVar[str] = ""
    """What to check if an API refuses the credential without a reason; empty for the general advice."""

    @property
    def depends_on_time(self) -> bool:
        """Whether the credential contains the time, so that an API may refuse it for a wrong clock."""
        return False

    @property
    def proves_key(self) -> bool:
        """Whether each request carries, beside its token, a proof of the key that the token is bound to."""
        return False

    @property
    def can_ask_as_decoy(self) -> bool:
        """Whether a validation may ask for a token as an invented client or user.

        It must not use the name of a real one: failed attempts could lock that one out.
        """
        return False

    @property
    def needs_certificate(self) -> bool:
        """Whether the client authenticates by the connection's certificate (RFC 8705)."""
        return False

    @property
    def token_request_headers(self) -> tuple[str, ...]:
        """The names of the headers that the request for the token has by the method's own fields."""
        return ()

    def own_login(self) -> Login | None:
        """Return what signs the request for the token by the method's own fields, None if nothing does."""
        return None

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes to request (RFC 6749 section 3.3)."""
        return frozenset()

    @property
    def value_places(self) -> tuple[str, ...]:
        """The places in a request that are filled by values which came with the token."""
        return ()

    def placements(self) -> tuple[Placement | Slot, ...]:
        """Return each value and its place; a Slot alone if the value is known only when it is sent."""
        return ()

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Authenticate `request` and yield it; the response is sent into the flow.

        The flow may change the request.
        """
        for placement in self.placements():
            if isinstance(placement, Placement):
                placement.put(request)
        yield request

    def machine_credentials(self) -> tuple[str, ...]:
        """Return the credentials of this machine that the method uses, as references: `aws:PROFILE`."""
        return ()

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield findings about the method's own values; the argument holds the secrets of templates."""
        yield from ()

    def explain(self, _status: int, _headers: Mapping[str, str], _text: str, /) -> Finding | None:
        """Return a finding with the reason for an API's refusal, if this method can read it; else None."""
        return None

    def completed(self, _given: Collection[str], /) -> Self:
        """Return the method with what its key's file says beside the key.

        The argument has the names of the fields that the document itself gives, which stay.
        """
        return self

    def token_source(self, _: TemplateSecrets, /) -> TokenSource | None:
        """Return the source of the method's token, without I/O; None for a method without tokens."""
        return None


UsePrefix = Annotated[
    bool, About("Use prefix", "Whether the prefix is sent before the value.", Section.PLACEMENT)
]
Prefix = Annotated[
    str, About("Prefix", "The word before the value in a header, such as Bearer.", Section.PLACEMENT)
]


def lead(prefix: str) -> str:
    """Return what comes before the value: the prefix and a space, unless the prefix is a part of the value.

    That is one that ends in `=`, such as `Token token=`, and one that begins with `_`, as Dremio's `_dremio`.
    """
    return f"{prefix} " if prefix and not (prefix.endswith("=") or prefix.startswith("_")) else prefix


Passphrase = Annotated[
    str | None,
    About("Passphrase", "Decrypts the private key, if it is encrypted.", Section.PRIVATE_KEY, secret=True),
]
AuthorizeUrl = Annotated[
    str | None,
    About("Authorize URL", "The page on which the user signs in and agrees.", Section.SIGN_IN),
]
Payload = Annotated[
    JsonObject,
    About(
        "Payload",
        "JSON: the claims of the JWT; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are filled in, and "
        "null leaves a claim out.",
        Section.JWT,
        templated=True,
    ),
]
JwtHeaders = Annotated[
    JsonObject,
    About(
        "JWT headers",
        'JSON: header members in addition to alg and typ, such as {"kid": "1"}.',
        Section.JWT,
        templated=True,
    ),
]
LoginWith = Annotated[
    JsonObject,
    About(
        "Login with",
        'JSON: the method and the fields that authenticate the request for the token, such as {"method": '
        '"jwt_bearer", "algorithm": "RS256", "jwt_secret": "{{secret:KEY}}"}. Write its secrets as '
        '{{secret:NAME}}, and keep them in secret_parameters as "template:NAME".',
        Section.STACKED,
    ),
]
ExpiresPath = Annotated[
    str,
    About(
        "Path of the lifetime",
        "JSONPath of the token's lifetime or end in the response, or header:NAME. If it leads to nothing, "
        "the usual fields are read.",
        Section.RESPONSE,
    ),
]
DefaultLifetime = Annotated[
    float | None,
    About(
        "Default lifetime",
        "How long a token lasts, in seconds, if the response does not say.",
        Section.RESPONSE,
    ),
    Field(gt=0, allow_inf_nan=False),
]


class TokenPlacement(Method):
    """The place of an access token (RFC 6750 section 2), with any name and prefix."""

    add_to: Annotated[
        Literal["header", "query", "body"],
        About("Send in", "Where the API expects the credential.", Section.PLACEMENT),
    ] = "header"
    header_name: Annotated[
        str, About("Header name", "The header that carries the token.", Section.PLACEMENT)
    ] = "Authorization"
    query_name: Annotated[
        str, About("Query parameter", "The query parameter that carries the token.", Section.PLACEMENT)
    ] = "access_token"
    body_name: Annotated[
        str,
        About(
            "Body field",
            "The field of the body, a form or a JSON object, that carries the token.",
            Section.PLACEMENT,
        ),
    ] = "access_token"
    use_prefix: UsePrefix = True
    prefix: Prefix = "Bearer"

    @cached_property
    def slot(self) -> Slot:
        """The place of the token."""
        return Slot(self.add_to, getattr(self, f"{self.add_to}_name"))

    def placements(self) -> tuple[Placement | Slot, ...]:
        """The place of the token; its value is known only when it is sent."""
        return (self.slot,)

    @cached_property
    def _lead(self) -> str:
        prefixed = self.add_to == "header" and self.use_prefix and self.prefix
        return lead(self.prefix) if prefixed else ""

    def value(self, token: str) -> str:
        """Return the value to send: the token, with the prefix if it is sent in a header."""
        return self._lead + token

    def token_flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; if the API refuses it, send once more with a newer one."""
        token: Token = yield NEED_TOKEN
        values = context.values
        if values is not None and values.lacks(token):  # one that an earlier document has left, perhaps
            token = yield NeedToken(rejected=token)
        located = request if values is None else values.applied(request, token)
        response: FlowResponse = yield self._signed(located, token)
        if response.status_code not in context.refresh_on_status:
            return
        newer: Token = yield NeedToken(rejected=token)
        if newer.access_token != token.access_token:
            yield self._signed(request if values is None else values.applied(request, newer), newer)

    def _signed(self, request: PreparedRequest, token: Token) -> PreparedRequest:
        value = self.value(token.access_token)
        if self.add_to == "header":  # runs for every request
            request.headers[self.header_name] = value
            return request
        signed = request.copy()  # else the URL would hold two tokens
        put(signed, self.slot, value)
        return signed
