"""A table whose rows are encrypted, and whose last contents are noted in another table.

Encryption binds a row's content to the row. It can't tell whether the row is the last one that was written:
an older copy opens too. So each write also notes which content is the last one, in `watchword_revisions` and
in the same transaction. A row that doesn't match its revision was put back by hand, and a revision without a
row says that the row was deleted by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from watchword.stores.database import Values
from watchword.stores.row_encryption import CONTRAST, HISTORY, TOKENS, VAULT, Found
from watchword.stores.store_failures import failure
from watchword.stores.unit_of_work import UnitOfWork

_TRIES = 100
"""How often a row that others keep deleting is made again, to be locked."""


class EncryptedTable:
    """The statements of a table: the column of its key, and its other columns, the encrypted one last."""

    def __init__(self, name: str, key: str, *others: str) -> None:
        columns = (key, *others)
        chosen = ", ".join(f"t.{column}" for column in columns) + ", r.seal"
        joined = f"watchword_revisions r ON r.of = '{name}' AND r.key = t.{key}"
        given = ", ".join(f":{column}" for column in columns)
        updated = ", ".join(f"{column} = :{column}" for column in others)
        insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({given})"  # noqa: S608 - constants
        note = f"INSERT INTO watchword_revisions (of, key, seal) VALUES ('{name}', :{key}, :seal)"  # noqa: S608
        self.name = name
        self.key = key
        self.columns = columns
        # Row and revision are found even if one of them is missing.
        self._one = (
            f"SELECT {chosen} FROM (SELECT CAST(:{key} AS TEXT) AS wanted) k"  # noqa: S608 - constants
            f" LEFT JOIN {name} t ON t.{key} = k.wanted"
            f" LEFT JOIN watchword_revisions r ON r.of = '{name}' AND r.key = k.wanted"
        )
        # Only the rows of an inner join can be locked, and both must be: after a wait, PostgreSQL reads a
        # locked row anew, and others as they were before.
        self._whole = f"SELECT {chosen} FROM {name} t JOIN {joined} WHERE t.{key} = :{key}"  # noqa: S608
        self._all = (
            f"SELECT {chosen} FROM {name} t LEFT JOIN {joined}"  # noqa: S608 - constants
            f" UNION ALL SELECT r.key{', NULL' * len(others)}, r.seal FROM watchword_revisions r"
            f" LEFT JOIN {name} t ON t.{key} = r.key WHERE r.of = '{name}' AND t.{key} IS NULL"
        )
        self._following = (
            f"SELECT {chosen} FROM {name} t LEFT JOIN {joined}"  # noqa: S608 - constants
            f" WHERE t.{key} > :{key} ORDER BY t.{key} LIMIT :most"
        )
        self._keys = f"SELECT {key} FROM {name} UNION SELECT key FROM watchword_revisions WHERE of = '{name}'"  # noqa: S608
        self._insert = f"{insert} ON CONFLICT DO NOTHING", f"{note} ON CONFLICT DO NOTHING"
        self._save = (
            f"{insert} ON CONFLICT ({key}) DO UPDATE SET {updated}",
            f"{note} ON CONFLICT (of, key) DO UPDATE SET seal = :seal",
        )

    def find(self, work: UnitOfWork, key: str) -> Found:
        """Return the row of a key."""
        found = None
        if not work.database.for_update:  # SQLite compiles a statement each time: the shorter one goes first
            found = work.row(self._whole, {self.key: key})
        return _found(key, found or work.row(self._one, {self.key: key}))

    def find_locked(self, work: UnitOfWork, key: str) -> Found:
        """Return the row of a key, which others don't change before the transaction ends."""
        found = work.row(self._whole, {self.key: key}, lock=True) if work.database.for_update else None
        return self.find(work, key) if found is None else _found(key, found)

    def find_unlocked(self, work: UnitOfWork, key: str) -> Found | None:
        """Return the row of a key as `find_locked` does, None for one that somebody else uses now."""
        skipping = f"{work.database.for_update} SKIP LOCKED" if work.database.for_update else ""
        found = work.row(f"{self._whole}{skipping}", {self.key: key})
        return None if found is None else _found(key, found)

    def following(self, work: UnitOfWork, key: str, most: int) -> list[Found]:
        """Return the rows after a key, in the order of their keys, at most so many."""
        rows = work.connection.execute(self._following, {self.key: key, "most": most}).fetchall()
        return [_found(columns[0], columns) for columns in rows]

    def lock(self, work: UnitOfWork, key: str, placeholder: Callable[[], Values]) -> Found:
        """Return the row of a key, and let nobody else write it before the transaction ends.

        Where only a row can be locked, a placeholder is stored if there is none.
        """
        if not work.database.for_update:
            return self.find(work, key)
        for _ in range(_TRIES):
            found = work.row(self._whole, {self.key: key}, lock=True)
            if found is not None:
                return _found(key, found)
            work.write(*self._insert, self._noted(work, placeholder()))
        raise failure("store_locked", work.database.display_url)

    def all(self, work: UnitOfWork) -> list[Found]:
        """Return every row, and the revisions without a row."""
        return [_found(columns[0], columns) for columns in work.connection.execute(self._all).fetchall()]

    def keys(self, work: UnitOfWork) -> list[Any]:
        """Return the key of every row and of every revision; one written by hand may have any type."""
        return [key for (key,) in work.connection.execute(self._keys).fetchall()]

    def save(self, work: UnitOfWork, values: Values) -> None:
        """Store a row of all columns in the place of the former one, and note its content as the last."""
        work.write(*self._save, self._noted(work, values))

    def delete(self, work: UnitOfWork, key: Any) -> int:  # noqa: ANN401 - a key written by hand may be of any type
        """Delete a row with its revision and return how many rows there were."""
        row = f"DELETE FROM {self.name} WHERE {key_is(self.key, key)}"  # noqa: S608 - constants
        revision = key_is("key", key, self.key)
        note = f"DELETE FROM watchword_revisions WHERE of = '{self.name}' AND {revision}"  # noqa: S608 - constants
        return work.write(row, note, {self.key: key})

    def _noted(self, work: UnitOfWork, values: Values) -> Values:
        seal = work.encryption.revision(self.name, values[self.key], values[self.columns[-1]])
        return {**values, "seal": seal}


def key_is(column: str, key: object, parameter: str = "") -> str:
    """Return the condition that a column has a key; bytes may also be those of a text that isn't UTF-8."""
    return f"{f'CAST({column} AS BLOB)' if isinstance(key, bytes) else column} = :{parameter or column}"


def _found(key: Any, columns: Sequence[Any]) -> Found:  # noqa: ANN401 - columns of any type
    return Found(key, columns[:-1], columns[-1])


RECORDS = EncryptedTable(TOKENS, "key", "name", "generation", "state", "secrets")
SECRETS = EncryptedTable(VAULT, "name", "version", "changed", "content")
HISTORIES = EncryptedTable(HISTORY, "name", "changed", "content")
CONTRASTS = EncryptedTable(CONTRAST, "name", "changed", "content")
