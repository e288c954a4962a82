"""What a SQL store needs of a database, whichever it is."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from watchword.tokens.record import StoreTime


class Database(Protocol):
    """A database, its transactions and its clock; every failure is a StoreError."""

    @property
    def display_url(self) -> str:
        """Its URL without a password."""

    @property
    def leaves_host(self) -> bool:
        """Whether other machines can use it."""

    @property
    def is_made(self) -> bool:
        """Whether its file is there; of a server nobody can say that without asking."""

    def preparing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that is alone among all processes, in a database that is made if need be."""

    def transaction(self, *, write: bool = True) -> AbstractContextManager[Connection]:
        """Open a transaction, committed when the block is left, unless by an exception."""

    def now(self, connection: Connection) -> StoreTime:
        """Return the time."""

    def insert(self, table: Table) -> Any:  # noqa: ANN401 - each dialect has its own class for it
        """Return an INSERT that has the dialect's `on_conflict_do_nothing` and `on_conflict_do_update`."""

    def own_keys(self, *, new: bool) -> tuple[str, str]:
        """Return the keys that lie with the database, and where; StoreError where it has none of its own.

        They are made for one that is `new`.
        """

    def close(self) -> None:
        """Close what is open and not in use."""

    def begin_child(self) -> None:
        """Leave the connections to the process that this one was forked from."""
