"""The token caches of a process: one for all connections that would ask for the same token."""

from __future__ import annotations

import hashlib
import secrets
from threading import Lock

from watchword import forks
from watchword.http.transport_options import TransportOptions
from watchword.tokens.acquire import TokenProvider
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.shared_tokens import SharedTokens
from watchword.tokens.stored_token import StoredCredential
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_source import TokenSource

_SALT = secrets.token_bytes(32)

_token_caches: dict[object, TokenCache] = {}
_lock = Lock()


def token_cache_for(
    source: TokenSource, transport: TransportOptions, stored: StoredCredential | None = None
) -> TokenCache:
    """Return the process's cache of the token that the source fetches; no I/O.

    Connections share a cache where their sources, the way to the server and what is `stored` are the
    same. Without a stored credential the token is the process's own.
    """
    contents = (transport.client_certificate, transport.client_private_key)  # a file may have been renewed
    way = (transport.identity, contents, transport.networks)
    effective = (type(source).__qualname__, *source.identity, *way)
    where = (stored.name, id(stored.store), stored.token_destinations) if stored else ()
    identity = (*where, hashlib.blake2b(repr(effective).encode(), key=_SALT).digest())
    with _lock:
        found = _token_caches.get(identity)
        if found is None:
            found = _token_caches[identity] = _made(source, transport, stored)
        return found


def _made(source: TokenSource, transport: TransportOptions, stored: StoredCredential | None) -> TokenCache:
    def discard(token: Token) -> None:
        source.discard(token, transport)

    provider: TokenProvider = SharedTokens(stored) if stored else LocalTokens(lambda: source.fetch(transport))
    return TokenCache(provider, discard=discard if source.logs_out else None)


@forks.in_child
def _begin_child() -> None:
    global _lock  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _lock = Lock()
