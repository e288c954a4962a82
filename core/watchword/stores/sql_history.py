"""The history of each connection in a SQL database, beside its tokens."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from watchword.redact import NeverPickled
from watchword.stores import sweeping
from watchword.stores.contracts import Noted, Noting
from watchword.stores.database import Values
from watchword.stores.encrypted_table import HISTORIES
from watchword.stores.row_encryption import Found, shown_key
from watchword.stores.rows import column, from_column, to_text
from watchword.stores.sql_session import SqlSession
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.token_store import StoreError

_log = logging.getLogger(__name__)


class SqlHistory(NeverPickled):
    """Notes contents encrypted, each bound to its name and time."""

    def __init__(self, session: SqlSession) -> None:
        self._session = session
        self._opened: dict[str, tuple[Found, bytes]] = {}

    def get(self, name: str) -> Noted | None:
        """Return what is noted under a name; None for nothing, or no store yet."""
        if not self._session.exists:
            return None
        with self._session.transaction(write=False) as work:
            found = HISTORIES.find(work, column(name))
            if found.is_nothing:
                return None
            return Noted(work.encryption.opened_history(found), work.database.now(work.connection))

    def all(self) -> Mapping[str, Noted | StoreError]:
        """Return everything that is noted, by name; the error in place of what can't be read."""
        if not self._session.exists:
            return {}
        with self._session.transaction(write=False) as work:
            rows, now = HISTORIES.all(work), work.database.now(work.connection)
        opened = [(row, self._opened_before(work, row)) for row in rows]
        self._opened = {row.key: (row, content) for row, content in opened if isinstance(content, bytes)}
        return {
            from_column(shown_key(row.key)): Noted(content, now) if isinstance(content, bytes) else content
            for row, content in opened
        }

    def _opened_before(self, work: UnitOfWork, row: Found) -> bytes | StoreError:
        """Return the content of a row, decrypted only if a byte of the row differs from the last time."""
        before = self._opened.get(row.key)
        return before[1] if before and before[0] == row else _opened(work, row)

    def change(self, name: str, noting: Noting) -> StoreError | None:
        """Change what is noted under a name, alone; durable on return."""
        with self._session.transaction() as work:
            found = HISTORIES.lock(work, column(name), lambda: _row(work, column(name), "", b""))
            before = b"" if found.is_nothing else _opened(work, found)
            content = b"" if isinstance(before, StoreError) else before
            now = work.database.now(work.connection)  # not before: waiting for the lock takes time
            HISTORIES.save(work, _row(work, column(name), to_text(now), noting(content, now)))
        if not content:
            self._sweep(name)
        return before if isinstance(before, StoreError) else None

    def _sweep(self, name: str) -> None:
        """Delete histories that nobody has added to for long, in a transaction of its own."""
        try:
            with self._session.transaction() as work:
                sweeping.sweep_histories(work, column(name))
        except StoreError as error:
            _log.debug("Not swept: %s", error)


def _opened(work: UnitOfWork, found: Found) -> bytes | StoreError:
    try:
        return work.encryption.opened_history(found)
    except StoreError as error:
        return error


def _row(work: UnitOfWork, name: str, changed: str, content: bytes) -> Values:
    sealed = work.encryption.history(name, changed, content)
    return {"name": name, "changed": changed, "content": sealed}
