"""The token caches of a process: one for all connections that would ask for the same token."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from threading import Lock
from weakref import WeakValueDictionary

from watchword import forks
from watchword.http.transport_options import TransportOptions
from watchword.tokens.acquire import TokenProvider
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.shared_tokens import SharedTokens
from watchword.tokens.stored_token import StoredCredential
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_source import TokenSource

MOST_UNUSED = 64
"""How many caches outlive their connections: a loop that loads a connection again must not log in again."""

_SALT = secrets.token_bytes(32)


class TokenCaches:
    """The caches that connections use, and those that connections have used last."""

    def __init__(self) -> None:
        self._living: WeakValueDictionary[object, TokenCache] = WeakValueDictionary()
        self._recent: OrderedDict[object, TokenCache] = OrderedDict()

    def __len__(self) -> int:
        return len(self._living)

    def get(self, identity: object) -> TokenCache | None:
        """Return the cache of a token, None if there is none any more."""
        found = self._living.get(identity)
        if found is not None:
            self.put(identity, found)
        return found

    def put(self, identity: object, token_cache: TokenCache) -> None:
        """Note that a cache is used."""
        self._living[identity] = self._recent[identity] = token_cache
        self._recent.move_to_end(identity)
        if len(self._recent) > MOST_UNUSED:
            self._recent.popitem(last=False)


_token_caches = TokenCaches()
_lock = Lock()


def token_cache_for(
    source: TokenSource,
    transport: TransportOptions,
    stored: StoredCredential | None = None,
    kept: object = None,
) -> TokenCache:
    """Return the process's cache of the token that the source fetches; no I/O.

    Connections share a cache where their sources, the way to the server and what is `stored` are the
    same. Without a stored credential the token is the process's own. `kept` lives as long as a new cache.
    """
    contents = (transport.client_certificate, transport.client_private_key)  # a file may have been renewed
    way = (transport.identity, contents, transport.networks)
    effective = (type(source).__qualname__, *source.identity, *way)
    where = (stored.name, id(stored.store), stored.token_destinations) if stored else ()
    identity = (*where, hashlib.blake2b(repr(effective).encode(), key=_SALT).digest())
    with _lock:
        found = _token_caches.get(identity)
        if found is None:
            found = _made(source, transport, stored, kept)
            _token_caches.put(identity, found)
        return found


def _made(
    source: TokenSource, transport: TransportOptions, stored: StoredCredential | None, kept: object
) -> TokenCache:
    def discard(token: Token) -> None:
        source.discard(token, transport)

    provider: TokenProvider = SharedTokens(stored) if stored else LocalTokens(lambda: source.fetch(transport))
    return TokenCache(provider, discard=discard if source.logs_out else None, kept=kept)


@forks.in_child
def _begin_child() -> None:
    global _lock  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _lock = Lock()
