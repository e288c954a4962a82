"""The keeper of a source's token: one for all connections of the process that would ask for the same."""

from __future__ import annotations

import hashlib
import secrets

from watchword.tokens.keeper import Keeper, shared
from watchword.tokens.own import OwnTokens
from watchword.tokens.shared import SharedTokens
from watchword.tokens.source import StoredSource, TokenSource
from watchword.tokens.store import TokenStore
from watchword.tokens.token import Token
from watchword.tokens.wish import Origin
from watchword.transport import Transport

_SALT = secrets.token_bytes(32)


def keeper_of(
    source: TokenSource,
    transport: Transport,
    name: str | None,
    store: TokenStore | None,
    reach: tuple[str, ...] = (),
) -> Keeper:
    """Return the process's keeper of the token that the source fetches; no I/O.

    Connections share it where their names, sources, stores, the way to the server and where the token
    goes (`reach`) are the same. Without a store the token is the process's own.
    """

    def discard(token: Token) -> None:
        source.discard(token, transport)

    def make() -> Keeper:
        origin: Origin
        if isinstance(source, StoredSource) and store is not None:
            origin = SharedTokens(store, name or "", source, transport, reach)
        else:
            origin = OwnTokens(lambda: source.fetch(transport))
        return Keeper(origin, discard=discard if source.logs_out else None)

    effective = (type(source).__qualname__, *source.identity, transport.identity)
    where = (name, id(store), reach) if store is not None else ()
    return shared((*where, hashlib.blake2b(repr(effective).encode(), key=_SALT).digest()), make)
