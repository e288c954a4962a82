"""Where a method's token comes from: a token endpoint, a login, or a key that signs one here."""

from __future__ import annotations

from typing import Protocol

from watchword.tokens.token import Token
from watchword.transport import Transport


class TokenSource(Protocol):
    """Fetches tokens of one credential; made without I/O, asked by the keeper when one is due."""

    @property
    def identity(self) -> tuple[object, ...]:
        """All that makes two sources fetch the same token; it holds secrets and is hashed at once."""

    @property
    def logs_out(self) -> bool:
        """Whether `discard` has anything to do."""

    def fetch(self, transport: Transport) -> Token:
        """Return a new token, masked from then on; raises TokenError where none can be had."""

    def discard(self, token: Token, transport: Transport) -> None:
        """Give a token back that nobody uses any more; a server that can't be reached is no error."""
