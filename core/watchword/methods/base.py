"""What every method has, and the fields that say where a token goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from requests import PreparedRequest

from watchword.findings.finding import Finding
from watchword.flow import NEED_TOKEN, Context, Flow, FlowResponse, NeedToken
from watchword.http.placement import Placement, Slot, put
from watchword.methods.fields import About, Fields, JsonObject, Section
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token import Token
from watchword.tokens.token_source import TokenSource


class Method(Fields):
    """One way of authenticating: immutable fields, and a flow without I/O.

    What is static puts its placements and sends; a method overrides what it does otherwise.
    """

    method: ClassVar[str]
    title: ClassVar[str]
    urls: ClassVar[tuple[str, ...]] = ()
    """The fields that hold the URL of a server which is shown a credential; they may be empty."""

    has_credential: ClassVar[bool] = True
    """Whether the method itself sends something that could be proven."""

    needs_parameters: ClassVar[bool] = False
    """Whether the method is nothing without stacked parameters."""

    token_is_proof: ClassVar[bool] = False
    """Whether a new token proves the credential, since a server has checked it and issued one."""

    token_urls: ClassVar[tuple[str, ...]] = ()
    """Those of the fields whose servers see the token of a person who has signed in."""

    signs_in: ClassVar[bool] = False
    """Whether the token is that of a person who has signed in, which a store keeps under a name."""

    unauthorized_advice: ClassVar[str] = ""
    """What to check where an API refuses the credential without saying why; empty for the usual."""

    depends_on_time: ClassVar[bool] = False
    """Whether what is sent says when it was made, so that a wrong clock is a reason to refuse it."""

    @property
    def needs_certificate(self) -> bool:
        """Whether the client shows itself by the connection's certificate (RFC 8705)."""
        return False

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a token is asked for (RFC 6749 section 3.3)."""
        return frozenset()

    def placements(self) -> tuple[Placement | Slot, ...]:
        """Return what is written where; a Slot alone where the value is known only when sent."""
        return ()

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Bring `request` into authenticated form and yield it; it is sent the response.

        The request is the flow's own to change.
        """
        for placed in self.placements():
            if isinstance(placed, Placement):
                placed.put(request)
        yield request

    def machine_credentials(self) -> tuple[str, ...]:
        """Return the credentials of this machine itself that are used, as references: `aws:PROFILE`."""
        return ()

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield what is wrong or doubtful about the method's own values, given the secrets of templates."""
        yield from ()

    def explain(self, _status: int, _headers: Mapping[str, str], _text: str, /) -> Finding | None:
        """Return what an API's refusal says in the terms of this method, None where it says nothing known."""
        return None

    def token_source(self, _: TemplateSecrets, /) -> TokenSource | None:
        """Return where the token comes from, None where the method needs none; no I/O."""
        return None


UsePrefix = Annotated[
    bool, About("Use prefix", "Whether the prefix is put before the value.", Section.PLACEMENT)
]
Prefix = Annotated[
    str, About("Prefix", "The word before the value in the header, such as Bearer.", Section.PLACEMENT)
]


Passphrase = Annotated[
    str | None,
    About("Passphrase", "Opens the private key if it is encrypted.", Section.PRIVATE_KEY, secret=True),
]
AuthorizeUrl = Annotated[
    str | None,
    About("Authorize URL", "For the sign-in: the page on which the user agrees.", Section.SIGN_IN),
]
Payload = Annotated[
    JsonObject,
    About(
        "Payload",
        "JSON: the claims; {{now}}, {{now+300}}, {{uuid}} and {{secret:NAME}} are filled in, null leaves "
        "a claim out.",
        Section.JWT,
    ),
]
JwtHeaders = Annotated[
    JsonObject,
    About(
        "JWT headers",
        'JSON: headers beside alg and typ, which are set, such as {"kid": "1"}.',
        Section.JWT,
    ),
]
ExpiresPath = Annotated[
    str, About("Path of the lifetime", "JSONPath of the lifetime (seconds) in the reply.", Section.REPLY)
]
DefaultLifetime = Annotated[
    float | None,
    About("Default lifetime", "Seconds that a token lasts where the reply does not say.", Section.REPLY),
    Field(gt=0, allow_inf_nan=False),
]


class TokenPlacement(Method):
    """Where an access token goes (RFC 6750 section 2), with any name and prefix that an API chose."""

    add_to: Annotated[
        Literal["header", "query"],
        About("Send in", "Where the API expects the credential.", Section.PLACEMENT),
    ] = "header"
    header_name: Annotated[
        str, About("Header name", "The header that carries the token.", Section.PLACEMENT)
    ] = "Authorization"
    query_name: Annotated[
        str, About("Query parameter", "The query parameter that carries the token.", Section.PLACEMENT)
    ] = "access_token"
    use_prefix: UsePrefix = True
    prefix: Prefix = "Bearer"

    @cached_property
    def slot(self) -> Slot:
        """The place that the token goes to."""
        return Slot(self.add_to, getattr(self, f"{self.add_to}_name"))

    def placements(self) -> tuple[Placement | Slot, ...]:
        """The token's place; its value is known only when sent."""
        return (self.slot,)

    @cached_property
    def _lead(self) -> str:
        prefixed = self.add_to == "header" and self.use_prefix and self.prefix
        return f"{self.prefix} " if prefixed else ""

    def value(self, token: str) -> str:
        """Return what is written there: the token, behind the prefix where it is a header."""
        return self._lead + token

    def token_flow(self, request: PreparedRequest, context: Context, /) -> Flow:
        """Send with the current token; where the API refuses it, once more with a newer one."""
        token: Token = yield NEED_TOKEN
        response: FlowResponse = yield self._signed(request, token)
        if response.status_code not in context.refresh_on_status:
            return
        newer: Token = yield NeedToken(rejected=token)
        if newer.access_token != token.access_token:
            yield self._signed(request, newer)

    def _signed(self, request: PreparedRequest, token: Token) -> PreparedRequest:
        value = self.value(token.access_token)
        if self.add_to == "header":  # on the path of every request
            request.headers[self.header_name] = value
            return request
        signed = request.copy()  # a second token in the same URL would be a second parameter
        put(signed, self.slot, value)
        return signed
