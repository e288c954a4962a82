"""A SQL database that is opened once, for the tokens and the secrets that lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection

from watchword.redact import NeverPickled
from watchword.tokens.record import Moment
from watchword.tokens.stores.access import Access, Door
from watchword.tokens.stores.address import database
from watchword.tokens.stores.failures import failure
from watchword.tokens.stores.forking import inherit
from watchword.tokens.stores.rows import RowMalformedError
from watchword.tokens.stores.sealing import Sealing


class Work(NamedTuple):
    """A transaction and what opens the store in it."""

    connection: Connection
    access: Access
    sealing: Sealing


class Opened(NeverPickled):
    """A database, the way into it, and its transactions.

    Nothing is opened before the first use; what fails then is tried again at the next. Raises
    StoreError where the URL or a key in it can't be used.
    """

    def __init__(self, url: str, keys: str) -> None:
        self.database = database(url)
        self.door = Door(self.database, keys)
        inherit(self)

    @property
    def shown(self) -> str:
        """Its URL without a password."""
        return self.database.shown

    @property
    def is_there(self) -> bool:
        """Whether it has been made, as far as can be told; one that vanished while in use is no new one."""
        return self.door.was_open or self.database.is_made

    def moment(self, work: Work) -> Moment:
        """Return the store's own time."""
        return self.database.moment(work.connection)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Work]:
        """Open a transaction, committed when the block is left, unless by an exception."""
        self.door.prepare()
        try:
            with self.database.transaction(write=write) as connection:
                access = self.door.enter(connection)
                yield Work(connection, access, Sealing(access.keyring, self.shown))
        except RowMalformedError:
            raise failure("store_damaged", self.shown, "a row of it is malformed") from None

    def begin_child(self) -> None:
        """Leave connections and locks to the process that this one was forked from."""
        self.door.begin_child()
        self.database.begin_child()
