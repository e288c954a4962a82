"""A transaction in an open store."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from watchword.redact import NeverPickled
from watchword.stores import schema
from watchword.stores.database import Connection, Database, Values
from watchword.stores.encryption import Keyring
from watchword.stores.row_encryption import RowEncryption


@dataclass(frozen=True)
class OpenStore(NeverPickled):
    """The salt and the keys of a store, valid as long as its own description (`meta`) stays the same."""

    meta: schema.Meta = field(repr=False)
    salt: bytes = field(repr=False)
    keyring: Keyring = field(repr=False)


class UnitOfWork(NamedTuple):
    """A transaction in an open store."""

    connection: Connection
    database: Database
    open_store: OpenStore
    encryption: RowEncryption

    @classmethod
    def of(cls, connection: Connection, database: Database, open_store: OpenStore) -> UnitOfWork:
        """Return the unit of work of a transaction."""
        encryption = RowEncryption(open_store.keyring, database.display_url)
        return cls(connection, database, open_store, encryption)

    def row(self, query: str, values: Values, *, lock: bool = False) -> Any:  # noqa: ANN401 - columns of any type
        """Return the one row of a query, None if there is none; `lock` keeps others from changing the row."""
        statement = query + self.database.for_update if lock else query
        found = self.connection.execute(statement, values).fetchall()
        return found[0] if found else None

    def write(self, statement: str, beside: str, values: Values) -> int:
        """Execute two statements that write; return how many rows the first one changed.

        Where others write at the same time, both must see the same state of the tables: as one statement.
        """
        if self.database.for_update:
            return self.connection.execute(f"WITH beside AS ({beside}) {statement}", values).rowcount
        changed = self.connection.execute(statement, values).rowcount
        self.connection.execute(beside, values)
        return changed
