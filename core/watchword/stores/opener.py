"""Open a SQL store: create and upgrade it if needed, and check that the keys are its own."""

from __future__ import annotations

from threading import Lock
from typing import NamedTuple

from watchword.redact import NeverPickled
from watchword.stores import schema
from watchword.stores.database import Connection, Database
from watchword.stores.encryption import Keyring, read_keys
from watchword.stores.unit_of_work import OpenStore, UnitOfWork
from watchword.tokens.token_store import StoreError


class _Keys(NamedTuple):
    """The keys of a store, and where they come from."""

    ring: Keyring
    source: str


class StoreOpener(NeverPickled):
    """Opens one store for all threads of the process.

    Each transaction looks again: another process may have upgraded or replaced the store.
    """

    def __init__(self, database: Database, keys: str) -> None:
        self._database = database
        self._given_keys: _Keys | None = self._read_keys(keys, "WATCHWORD_KEY") if keys else None
        self.open_store: OpenStore | None = None
        self.was_open = False  # whether this process has seen the store
        self._lock = Lock()
        self._failures: list[StoreError] = []

    def prepare(self) -> OpenStore:
        """Return the open store; the first call creates or upgrades it if needed.

        Threads that wait for one that fails get its error: the server may need long for each.
        """
        found, failures = self.open_store, self._failures
        if found is not None:
            return found
        with self._lock:
            if failures is not self._failures:
                raise StoreError(self._failures[0].findings)
            try:
                found = self.open_store or self._current() or self._prepared()
            except StoreError as error:
                self._failures = [StoreError(error.findings)]
                raise
            self.open_store, self.was_open = found, True
            return found

    def enter(self, connection: Connection) -> OpenStore:
        """Return the store as it is in this transaction; an earlier version must be prepared first."""
        meta, found = schema.read(connection), self.open_store
        if found is None or found.meta != meta:
            found = self._checked(meta, self._keys(new=False))
            self.open_store = found if schema.is_current(meta) else None
        return found

    def begin_child(self) -> None:
        """Give a forked child a lock of its own."""
        self._lock = Lock()

    def _current(self) -> OpenStore | None:
        """Return a store that is complete and up to date, else None; other processes are not kept out."""
        if not self._database.is_safe:
            return None
        with self._database.transaction(write=False) as connection:
            if not (self._database.is_prepared(connection) and schema.exists(connection, self._database)):
                return None
            meta = schema.read(connection)
        found = self._checked(meta, self._keys(new=False))
        return found if schema.is_current(meta) else None

    def _prepared(self) -> OpenStore:
        database = self._database
        with database.preparing() as connection:
            if not schema.exists(connection, database):
                keys = self._keys(new=True)
                schema.create(connection, database, keys.ring)
                return self._checked(schema.read(connection), keys)
            meta, keys = schema.read(connection), self._keys(new=False)
            found = self._checked(meta, keys)
            if schema.is_current(meta):
                return found
            from watchword.stores import upgrades  # noqa: PLC0415 - few processes find an earlier store

            upgrades.upgrade(UnitOfWork.of(connection, database, found), int(meta["version"]))
            return self._checked(schema.read(connection), keys)

    def _checked(self, meta: schema.Meta, keys: _Keys) -> OpenStore:
        display_url = self._database.display_url
        schema.verify(meta, keys.ring, keys.source, display_url)
        return OpenStore(meta, schema.salt_of(meta, keys.ring, display_url), keys.ring)

    def _keys(self, *, new: bool) -> _Keys:
        return self._given_keys or self._read_keys(*self._database.own_keys(new=new))

    def _read_keys(self, text: str, source: str) -> _Keys:
        return _Keys(Keyring(read_keys(text, source, self._database.display_url)), source)
