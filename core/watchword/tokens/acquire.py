"""What a token cache asks for when it holds no usable token, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from watchword.redact import NeverPickled
from watchword.tokens.token import Token


@dataclass(frozen=True)
class AcquireRequest(NeverPickled):
    """A request for a fresh token.

    `rejected` is the token that the API has just refused. `fallback` is one that would do for now, so that
    nobody has to wait. `force` asks for a token that is issued after this request: a validation's proof.
    """

    rejected: Token | None = None
    fallback: Token | None = None
    force: bool = False


class AcquiredToken(NamedTuple):
    """A token, the seconds since it was issued, and whether it was issued after it was requested.

    The age is None for a token that the cache knows already: the fallback, or the rejected one.
    """

    token: Token
    age: float | None = 0.0
    is_new: bool = True


class TokenProvider(Protocol):
    """Where the tokens of a cache come from; one thread at a time asks it."""

    @property
    def remembers(self) -> bool:
        """Whether it remembers failures by itself, and answers without asking the server again."""

    def acquire(self, request: AcquireRequest) -> AcquiredToken:
        """Return a token; the rejected one if the server may not be asked for another yet.

        Raises TokenError if there is none.
        """
