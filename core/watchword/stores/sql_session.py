"""A SQL database that is opened once, for the tokens and the secrets in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores import schema
from watchword.stores.database_url import database
from watchword.stores.opener import StoreOpener
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure
from watchword.stores.unit_of_work import OpenStore, UnitOfWork

_LOOKS = 3
"""How often a store is looked at that is replaced by one of an earlier version, as from a backup."""


class SqlSession(NeverPickled):
    """A database and its transactions.

    Nothing is opened before the first use; what fails then is tried again at the next. Raises StoreError
    where the URL or a key can't be used.
    """

    def __init__(self, url: str, keys: str) -> None:
        self.database = database(url)
        self.opener = StoreOpener(self.database, keys)
        reset_in_child(self)

    @property
    def exists(self) -> bool:
        """Whether the store exists, as far as is known; one that vanished while in use counts as existing."""
        return self.opener.was_open or self.database.is_made

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[UnitOfWork]:
        """Open a transaction; leaving the block commits it, an exception undoes it."""
        with self._malformed_as_damaged():
            for _ in range(_LOOKS):
                if self.opener.open_store is None:
                    self.opener.prepare()
                with self.database.transaction(write=write) as connection:
                    opened = self.opener.enter(connection)
                    if schema.is_current(opened.meta):
                        yield UnitOfWork.of(connection, self.database, opened)
                        return
        raise failure("store_locked", self.database.display_url, "earlier versions of it take its place")

    def prepare(self) -> OpenStore:
        """Return the open store; the first call creates or upgrades it if needed."""
        with self._malformed_as_damaged():
            return self.opener.prepare()

    @contextmanager
    def _malformed_as_damaged(self) -> Iterator[None]:
        try:
            yield
        except RowMalformedError:
            raise failure("store_damaged", self.database.display_url, "a row of it is malformed") from None

    def begin_child(self) -> None:
        """Leave connections and locks to the parent of this forked process."""
        self.opener.begin_child()
        self.database.begin_child()
