"""Notes by name in a SQL database, beside its tokens: histories and contrasts, a table each."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from watchword.redact import NeverPickled
from watchword.stores import sweeping
from watchword.stores.contracts import Noted, Noting
from watchword.stores.database import Values
from watchword.stores.encrypted_table import EncryptedTable
from watchword.stores.row_encryption import Found, shown_key
from watchword.stores.rows import column, from_column, to_text
from watchword.stores.sql_session import SqlSession
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.token_store import StoreError

_log = logging.getLogger(__name__)


class SqlNotes(NeverPickled):
    """Notes contents in one table, encrypted, each bound to its table, name and time."""

    def __init__(self, session: SqlSession, table: EncryptedTable) -> None:
        self._session = session
        self._table = table
        self._opened: dict[str, tuple[Found, bytes]] = {}

    def get(self, name: str) -> Noted | None:
        """Return what is noted under a name; None for nothing, or no store yet."""
        if not self._session.exists:
            return None
        with self._session.transaction(write=False) as work:
            found = self._table.find(work, column(name))
            if found.is_nothing:
                return None
            content = work.encryption.opened_note(self._table.name, found)
            return Noted(content, work.database.now(work.connection))

    def all(self) -> Mapping[str, Noted | StoreError]:
        """Return everything that is noted, by name; the error in place of what can't be read."""
        if not self._session.exists:
            return {}
        with self._session.transaction(write=False) as work:
            rows, now = self._table.all(work), work.database.now(work.connection)
        opened = [(row, self._opened_before(work, row)) for row in rows]
        self._opened = {row.key: (row, content) for row, content in opened if isinstance(content, bytes)}
        return {
            from_column(shown_key(row.key)): Noted(content, now) if isinstance(content, bytes) else content
            for row, content in opened
        }

    def _opened_before(self, work: UnitOfWork, row: Found) -> bytes | StoreError:
        """Return the content of a row, decrypted only if a byte of the row differs from the last time."""
        before = self._opened.get(row.key)
        return before[1] if before and before[0] == row else self._read(work, row)

    def change(self, name: str, noting: Noting) -> StoreError | None:
        """Change what is noted under a name, alone; durable on return."""
        with self._session.transaction() as work:
            found = self._table.lock(work, column(name), lambda: self._row(work, column(name), "", b""))
            before = b"" if found.is_nothing else self._read(work, found)
            content = b"" if isinstance(before, StoreError) else before
            now = work.database.now(work.connection)  # not before: waiting for the lock takes time
            self._table.save(work, self._row(work, column(name), to_text(now), noting(content, now)))
        if not content:
            self._sweep(name)
        return before if isinstance(before, StoreError) else None

    def _sweep(self, name: str) -> None:
        """Delete notes that haven't been changed for long, in a transaction of its own."""
        try:
            with self._session.transaction() as work:
                sweeping.sweep_notes(work, column(name), self._table)
        except StoreError as error:
            _log.debug("Not swept: %s", error)

    def _read(self, work: UnitOfWork, found: Found) -> bytes | StoreError:
        """Return the content of a row; the error in place of what can't be read."""
        try:
            return work.encryption.opened_note(self._table.name, found)
        except StoreError as error:
            return error

    def _row(self, work: UnitOfWork, name: str, changed: str, content: bytes) -> Values:
        sealed = work.encryption.note(self._table.name, name, changed, content)
        return {"name": name, "changed": changed, "content": sealed}
