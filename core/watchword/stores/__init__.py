"""The token stores: memory, SQLite and PostgreSQL, each opened once in a process."""

from __future__ import annotations

import hashlib
import secrets
from threading import Lock

from watchword import forks, settings
from watchword.stores.contracts import Store
from watchword.stores.memory import MemoryStore

_SALT = secrets.token_bytes(32)

_stores: dict[bytes, Store] = {}
_stores_lock = Lock()


def open_store(url: str | None = None, key: str | None = None) -> Store:
    """Return the process's one store of a URL and keys; no I/O before it is used.

    Args:
        url: `memory://`, `sqlite:///PATH` or `postgresql+psycopg://…`; the environment's if left out.
        key: base64url of 32 bytes, or several of those, comma separated: the first encrypts, all
            decrypt; the environment's if left out.

    Raises:
        StoreError: the URL or a key can't be used.
    """
    url = settings.store_url() if url is None else url.strip()
    keys = "" if url == MemoryStore.display_url else settings.keys() if key is None else key.strip()
    identity = hashlib.blake2b(repr((url, keys)).encode("utf-8", "replace"), key=_SALT).digest()
    with _stores_lock:
        found = _stores.get(identity)
        if found is None:
            found = _stores[identity] = _new_store(url, keys)
        return found


def _new_store(url: str, keys: str) -> Store:
    if url == MemoryStore.display_url:
        return MemoryStore()
    from watchword.stores.sql_store import SqlStore  # noqa: PLC0415 - databases are imported where one is

    return SqlStore(url, keys)


@forks.in_child
def _begin_child() -> None:
    global _stores_lock  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _stores_lock = Lock()
