"""What a keeper wants when it has no token that is good for a request, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from watchword.tokens.token import Token


@dataclass(frozen=True)
class AcquireRequest:
    """A wish for a token that is fresh.

    `rejected` is the one that the API has just refused; `fallback` is one that would do for now, so that
    there is no need to wait; `force` asks for one that was issued after the wish: a validation's proof.
    """

    rejected: Token | None = None
    fallback: Token | None = None
    force: bool = False


class AcquiredToken(NamedTuple):
    """A token, the seconds since it was issued, and whether that was after it was wished for.

    The age is None for one that the keeper knows already: the valid, or the rejected one.
    """

    token: Token
    age: float | None = 0.0
    is_new: bool = True


class TokenProvider(Protocol):
    """Where a keeper's tokens come from; asked by one thread at a time."""

    @property
    def remembers(self) -> bool:
        """Whether it knows by itself, for a while, that asking is of no use."""

    def acquire(self, request: AcquireRequest) -> AcquiredToken:
        """Return a token; that which was rejected where no other is to be had yet.

        Raises TokenError where there is none.
        """
