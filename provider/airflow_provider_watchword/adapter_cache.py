"""One signing adapter per connection and process, shared by all hooks and sessions.

Airflow makes a hook and a session for every page that is read. If each had its own adapter, each would
open a network connection and make a TLS handshake.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

import watchword
from airflow_provider_watchword.documents import load_document
from watchword import forks
from watchword.adapters.signing import SigningAdapter, SocketOptions

MOST_ADAPTERS = 32
"""How many adapters a process keeps; the one whose last use is longest ago is dropped first."""

_SALT = secrets.token_bytes(32)


@dataclass(frozen=True)
class CachedAdapter:
    """A connection and its adapter."""

    connection: watchword.Connection
    adapter: SigningAdapter


_lock = Lock()
_adapters: OrderedDict[bytes, CachedAdapter] = OrderedDict()


def cached_adapter(document: dict[str, Any], name: str, socket_options: SocketOptions) -> CachedAdapter:
    """Return the connection that an Airflow connection's document describes, with its adapter.

    Equal content gives the same adapter, an edited document a new one. References are resolved once.

    Args:
        document: as `documents.document_of` returns it.
        name: the connection's id.
        socket_options: level, option and value of each socket option.

    Raises:
        DocumentError: the document has errors; the findings name them.
    """
    key = _key(document, name, socket_options)
    with _lock:
        cached = _adapters.get(key)
        if cached:
            _adapters.move_to_end(key)
            return cached
    connection = load_document(document, name)
    created = CachedAdapter(connection, connection.adapter(socket_options))
    with _lock:
        cached = _adapters.setdefault(key, created)  # another thread may have been faster
        dropped = [_adapters.popitem(last=False)[1] for _ in range(len(_adapters) - MOST_ADAPTERS)]
    for surplus in dropped:
        surplus.adapter.close()  # network connections in use are closed when their responses are read
    return cached


def _key(document: dict[str, Any], name: str, socket_options: SocketOptions) -> bytes:
    """Return a keyed hash of the content, so that the table's keys hold no secret."""
    content = json.dumps([name, document, list(socket_options)])
    return hashlib.blake2b(content.encode(), key=_SALT).digest()


@forks.in_child
def _begin_child() -> None:
    """Forget the parent's adapters: two processes must not write into one socket."""
    global _lock  # noqa: PLW0603 - a thread that the child doesn't have may hold the parent's lock
    _lock = Lock()
    _adapters.clear()
