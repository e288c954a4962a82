"""The way into a SQL store: its keys and its salt, once it has shown that they are its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection

from watchword.redact import NeverPickled
from watchword.stores import schema
from watchword.stores.database import Database
from watchword.stores.encryption import Keyring, read_keys


@dataclass(frozen=True)
class OpenStore(NeverPickled):
    """What opens a store, as long as it stays what it says of itself in `meta`."""

    meta: schema.Meta = field(repr=False)
    salt: bytes = field(repr=False)
    keyring: Keyring = field(repr=False)


class _Keys(NamedTuple):
    """The keys of a store, and where they come from."""

    ring: Keyring
    source: str


class StoreOpener(NeverPickled):
    """Makes a store where there is none, and lets in whoever has its keys.

    It looks again with each transaction: another process may have upgraded or replaced the store.
    """

    def __init__(self, database: Database, keys: str) -> None:
        self._database = database
        self._keys = keys
        self._read: _Keys | None = self._read_keys(keys, "WATCHWORD_KEY") if keys else None
        self._access: OpenStore | None = None
        self.was_open = False  # whether this process has seen the store
        self._lock = Lock()

    def prepare(self) -> OpenStore:
        """Return the way in; the store is made and upgraded before it is used first."""
        with self._lock:
            opened = self._access
            if opened is None:
                with self._database.preparing() as connection:
                    opened = self._prepared(connection)
                self._access, self.was_open = opened, True
            return opened

    def enter(self, connection: Connection) -> OpenStore:
        """Return the way in as it is in this transaction."""
        meta, opened = schema.read(connection), self._access
        if opened is None or opened.meta != meta:
            opened = self._admitted(meta, self._of_store(new=False))
            # An earlier version has come in the store's place, as from a backup: prepared, it is upgraded.
            self._access = opened if schema.is_current(meta) else None
        return opened

    def begin_child(self) -> None:
        """Give a forked child a lock of its own."""
        self._lock = Lock()

    def _prepared(self, connection: Connection) -> OpenStore:
        new = not schema.exists(connection)
        keys = self._of_store(new=new)
        if new:
            schema.create(connection, keys.ring)
        meta = schema.read(connection)
        version = schema.version_of(meta, self._database.display_url)
        schema.verify(meta, keys.ring, keys.source, self._database.display_url)
        if version < schema.VERSION:
            schema.upgrade(connection, version)
        return self._admitted(schema.read(connection), keys)

    def _admitted(self, meta: schema.Meta, keys: _Keys) -> OpenStore:
        display_url = self._database.display_url
        schema.version_of(meta, display_url)
        schema.verify(meta, keys.ring, keys.source, display_url)
        return OpenStore(meta, schema.salt_of(meta, keys.ring, display_url), keys.ring)

    def _of_store(self, *, new: bool) -> _Keys:
        return self._read or self._read_keys(*self._database.own_keys(new=new))

    def _read_keys(self, text: str, source: str) -> _Keys:
        return _Keys(Keyring(read_keys(text, source, self._database.display_url)), source)
