"""A SQL database that is opened once, for the tokens and the secrets in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores.database import Connection, Database, Values
from watchword.stores.database_url import database
from watchword.stores.opener import OpenStore, StoreOpener
from watchword.stores.row_encryption import RowEncryption
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure


class UnitOfWork(NamedTuple):
    """A transaction in an open store."""

    connection: Connection
    database: Database
    open_store: OpenStore
    encryption: RowEncryption

    def row(self, query: str, values: Values, *, lock: bool = False) -> Any:  # noqa: ANN401 - columns of any type
        """Return the one row of a query, None if there is none; `lock` keeps others from changing the row."""
        statement = query + self.database.for_update if lock else query
        found = self.connection.execute(statement, values).fetchall()
        return found[0] if found else None


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
        database = self.database
        if self.opener.open_store is None:
            self.opener.prepare()
        try:
            with database.transaction(write=write) as connection:
                opened = self.opener.enter(connection)
                encryption = RowEncryption(opened.keyring, database.display_url)
                yield UnitOfWork(connection, database, opened, encryption)
        except RowMalformedError:
            raise failure("store_damaged", database.display_url, "a row of it is malformed") from None

    def begin_child(self) -> None:
        """Leave connections and locks to the parent of this forked process."""
        self.opener.begin_child()
        self.database.begin_child()
