"""The keeper of a source's token: one for all connections of the process that would ask for the same."""

from __future__ import annotations

import hashlib
import secrets

from watchword.tokens.keeper import Keeper, shared
from watchword.tokens.source import TokenSource
from watchword.tokens.token import Token
from watchword.transport import Transport

_SALT = secrets.token_bytes(32)


def keeper_of(source: TokenSource, transport: Transport) -> Keeper:
    """Return the process's keeper of the token that the source fetches; no I/O.

    Connections share it where their sources and the way to the server are the same.
    """

    def fetch() -> Token:
        return source.fetch(transport)

    def discard(token: Token) -> None:
        source.discard(token, transport)

    effective = (type(source).__qualname__, *source.identity, transport.identity)
    guard = hashlib.blake2b(repr(effective).encode(), key=_SALT).digest()
    return shared(guard, lambda: Keeper(fetch, discard=discard if source.logs_out else None))
