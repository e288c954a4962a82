"""One signing transport per connection and process, whatever number of hooks and sessions ask for it.

Airflow makes a hook and a session for every page that is read; with a transport of their own each
would open a connection and, with TLS, shake hands.
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
from airflow_provider_watchword.documents import loaded
from watchword import forks
from watchword.adapters.signing import SigningAdapter, SocketOptions

MOST = 32
"""Transports that a process keeps; the one used longest ago goes first."""

_SALT = secrets.token_bytes(32)


@dataclass(frozen=True)
class Shared:
    """A connection and its transport."""

    connection: watchword.Connection
    adapter: SigningAdapter


_lock = Lock()
_kept: OrderedDict[bytes, Shared] = OrderedDict()


def shared(document: dict[str, Any], name: str, socket_options: SocketOptions) -> Shared:
    """Return the connection that an Airflow connection's document describes, and its transport.

    The same content gives the same transport; a document that was edited gives a new one. What
    a reference leads to is read once.

    Args:
        document: as `documents.document_of` returns it.
        name: the connection's id.
        socket_options: level, option and value of each.

    Raises:
        DocumentError: the document holds an error; its findings say which.
    """
    key = _key(document, name, socket_options)
    with _lock:
        found = _kept.get(key)
        if found:
            _kept.move_to_end(key)
            return found
    connection = loaded(document, name)
    made = Shared(connection, connection.adapter(socket_options))
    with _lock:
        found = _kept.setdefault(key, made)  # another thread may have been faster
        surplus = [_kept.popitem(last=False)[1] for _ in range(len(_kept) - MOST)]
    for old in surplus:
        old.adapter.close()  # its connections in use end when their answers are read
    return found


def _key(document: dict[str, Any], name: str, socket_options: SocketOptions) -> bytes:
    """Return a keyed hash of the content, so that no secret stands in the table's keys."""
    content = json.dumps([name, document, list(socket_options)])
    return hashlib.blake2b(content.encode(), key=_SALT).digest()


@forks.in_child
def _begin_child() -> None:
    """Forget the parent's transports: two processes must not write into one socket."""
    global _lock  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _lock = Lock()
    _kept.clear()
