"""What a SQL store needs of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from watchword.tokens.record import StoreTime

Values: TypeAlias = dict[str, Any]
"""The values of a statement's parameters, which are written `:name`."""


class Result(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchall(self) -> Sequence[Any]:
        """Return the rows of a query, as tuples."""


class Connection(Protocol):
    """One transaction of a database; every failure becomes a StoreError when the transaction is left.

    A connection of Python's `sqlite3` is one.
    """

    def execute(self, statement: str, values: Values = ..., /) -> Result:
        """Execute a statement."""

    def rollback(self) -> None:
        """Undo what the transaction has changed so far."""


class Database(Protocol):
    """A database, its transactions and its clock; every failure is a StoreError.

    `blob` is its type for bytes. `for_update` is what a query ends with that locks the rows it returns.
    """

    blob: str
    for_update: str

    @property
    def display_url(self) -> str:
        """Its URL without a password."""

    @property
    def leaves_host(self) -> bool:
        """Whether other machines can use it."""

    @property
    def is_made(self) -> bool:
        """Whether its file exists; always true for a server, which would have to be asked."""

    @property
    def is_safe(self) -> bool:
        """Whether it may be opened without being prepared first: its files are complete and private."""

    def is_prepared(self, connection: Connection) -> bool:
        """Return whether it works in the mode that `preparing` has set."""

    def has_table(self, connection: Connection, name: str) -> bool:
        """Return whether there is a table of that name."""

    def preparing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that excludes all other processes; the database is created if it is missing."""

    def transaction(self, *, write: bool = True) -> AbstractContextManager[Connection]:
        """Open a transaction; leaving the block commits it, an exception undoes it."""

    def now(self, connection: Connection) -> StoreTime:
        """Return the time."""

    def own_keys(self, *, new: bool) -> tuple[str, str]:
        """Return the keys that are stored beside the database, and where they are.

        They are created for a `new` database. Raises StoreError where there are none.
        """

    def close(self) -> None:
        """Close the connections that are open and not in use."""

    def begin_child(self) -> None:
        """Leave the connections to the parent of this forked process."""
