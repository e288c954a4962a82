"""The interface between methods and transports: a method's flow is a generator without I/O.

A transport steps the flow until it ends: for `NeedToken` it sends a token in; for a request it sends that
request and hands the response in. Tests step the flow with `next` and `send`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from requests import PreparedRequest

from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.http.body_rules import BodyRules
    from watchword.tokens.token import Token
    from watchword.tokens.token_values import ValueRules


@dataclass(frozen=True)
class NeedToken(NeverPickled):
    """A flow asks for a token; `rejected` is the token that the API has just refused."""

    rejected: Token | None = None


NEED_TOKEN = NeedToken()
"""Most flows begin with this."""


class FlowResponse(Protocol):
    """A response as a flow sees it, whichever HTTP library received it."""

    @property
    def status_code(self) -> int:
        """The status (RFC 9110 section 15)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whose names are case-insensitive; values of a repeated header are joined by commas."""


class RefusedInBody:
    """A response whose body refuses the token; a flow sees it as a 401, whatever its own status."""

    status_code = 401

    def __init__(self, response: FlowResponse) -> None:
        self._response = response

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, unchanged."""
        return self._response.headers


def random_nonce() -> str:
    """Return 32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Context(NeverPickled):
    """What a connection gives its method's flow, so that no flow reads the clock or random numbers itself.

    `refresh_on_status` are the statuses that mean a refused token; `now` returns the seconds since 1970;
    `template_secrets` are the secrets that templates name; `memory` is what a method remembers from one
    request to the next (Digest's challenge), shared by the threads of the connection. `refresh_on_body` is
    for transports, since they read bodies: flows see a `RefusedInBody`. `values` say what the values that
    came with a token may fill; None for a document that takes none.
    """

    refresh_on_status: frozenset[int] = frozenset({401})
    now: Callable[[], float] = time.time
    nonce: Callable[[], str] = random_nonce
    template_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: MutableMapping[str, Any] = field(default_factory=dict, repr=False)
    refresh_on_body: BodyRules | None = None
    values: ValueRules | None = None


# After a request a response is sent in, after a NeedToken a Token: the type can't express this.
Flow: TypeAlias = Generator[PreparedRequest | NeedToken, Any, None]
