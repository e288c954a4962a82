"""The seam between methods and transports: a method is a generator without I/O.

A transport steps it: on `NeedToken` it sends a token in, on a request it sends that request
and hands the response in, until the flow ends. Tests step it with `next` and `send`.
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


@dataclass(frozen=True)
class NeedToken:
    """A flow's wish for a token; `rejected` is the one that the API has just refused."""

    rejected: Token | None = None


NEED_TOKEN = NeedToken()
"""The wish that most requests begin with."""


class FlowResponse(Protocol):
    """What a flow sees of a response, whichever library it came through."""

    @property
    def status_code(self) -> int:
        """The status (RFC 9110 section 15)."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, found without regard to case; of one that came twice, the values joined by commas."""


class RefusedInBody:
    """A response whose body refuses the token: to a flow the same as a 401, whatever its own status."""

    status_code = 401

    def __init__(self, response: FlowResponse) -> None:
        self._response = response

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers as they came."""
        return self._response.headers


def random_nonce() -> str:
    """Return 32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class Context(NeverPickled):
    """What a connection tells its method's flow, so that nothing inside reads clock or chance.

    `refresh_on_status` are the statuses on which a token counts as refused; `now` gives the
    seconds since 1970; `template_secrets` are those that templates name; `memory` is what a method keeps
    from one request to the next (Digest's challenge), shared by the threads of the connection.
    `refresh_on_body` is for transports, which read bodies: flows see a `RefusedInBody`.
    """

    refresh_on_status: frozenset[int] = frozenset({401})
    now: Callable[[], float] = time.time
    nonce: Callable[[], str] = random_nonce
    template_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: MutableMapping[str, Any] = field(default_factory=dict, repr=False)
    refresh_on_body: BodyRules | None = None


# What is sent in is what was answered after a request and a Token after a wish: no type can say so.
Flow: TypeAlias = Generator[PreparedRequest | NeedToken, Any, None]
