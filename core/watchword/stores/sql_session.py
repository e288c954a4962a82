"""A SQL database that is opened once, for the tokens and the secrets that lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores.database_url import database
from watchword.stores.opener import OpenStore, StoreOpener
from watchword.stores.row_encryption import RowEncryption
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure
from watchword.tokens.record import StoreTime


class UnitOfWork(NamedTuple):
    """A transaction and what opens the store in it."""

    connection: Connection
    opened: OpenStore
    encryption: RowEncryption


class SqlSession(NeverPickled):
    """A database, the way into it, and its transactions.

    Nothing is opened before the first use; what fails then is tried again at the next. Raises
    StoreError where the URL or a key in it can't be used.
    """

    def __init__(self, url: str, keys: str) -> None:
        self.database = database(url)
        self.opener = StoreOpener(self.database, keys)
        reset_in_child(self)

    @property
    def display_url(self) -> str:
        """Its URL without a password."""
        return self.database.display_url

    @property
    def is_there(self) -> bool:
        """Whether it has been made, as far as can be told; one that vanished while in use is no new one."""
        return self.opener.was_open or self.database.is_made

    def now(self, work: UnitOfWork) -> StoreTime:
        """Return the store's own time."""
        return self.database.now(work.connection)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[UnitOfWork]:
        """Open a transaction, committed when the block is left, unless by an exception."""
        self.opener.prepare()
        try:
            with self.database.transaction(write=write) as connection:
                opened = self.opener.enter(connection)
                yield UnitOfWork(connection, opened, RowEncryption(opened.keyring, self.display_url))
        except RowMalformedError:
            raise failure("store_damaged", self.display_url, "a row of it is malformed") from None

    def begin_child(self) -> None:
        """Leave connections and locks to the process that this one was forked from."""
        self.opener.begin_child()
        self.database.begin_child()
