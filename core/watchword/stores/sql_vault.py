"""Secrets by name in a SQL database, beside its tokens."""

from __future__ import annotations

from collections.abc import Sequence

from watchword.redact import NeverPickled
from watchword.stores.rows import to_text
from watchword.stores.sql_session import SqlSession, UnitOfWork

_LAST = 2**31 - 1
"""The largest version: what an INTEGER of PostgreSQL holds."""

# SQLite returns a value of any type that was written by hand; a cast value has the right type at least.
_VERSION = "SELECT CAST(version AS INTEGER) FROM watchword_vault WHERE name = :name"

_CONTENT = "SELECT CAST(version AS INTEGER), CAST(content AS {blob}) FROM watchword_vault WHERE name = :name"

_PLACEHOLDER = """
INSERT INTO watchword_vault (name, version, content, changed) VALUES (:name, 0, :content, '')
ON CONFLICT DO NOTHING"""

_PUT = """
INSERT INTO watchword_vault (name, version, content, changed) VALUES (:name, :version, :content, :changed)
ON CONFLICT (name) DO UPDATE SET version = :version, content = :content, changed = :changed"""


_DELETE = "DELETE FROM watchword_vault WHERE name = :name"


class SqlVault(NeverPickled):
    """Stores secrets encrypted, each bound to its name and version."""

    def __init__(self, session: SqlSession) -> None:
        self._session = session

    def get(self, name: str) -> bytes | None:
        """Return a secret; None if there is none of that name."""
        if not self._session.exists:
            return None
        with self._session.transaction(write=False) as work:
            found = work.row(_CONTENT.format(blob=work.database.blob), {"name": name})
            return None if found is None else work.encryption.opened_secret(name, *found)

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret in the place of the former one, also of one that no key opens; durable on return."""
        with self._session.transaction() as work:
            version = _locked(work, name) + 1
            sealed = work.encryption.secret(name, version, payload)
            values = {
                "name": name,
                "version": version,
                "content": sealed,
                "changed": to_text(work.database.now(work.connection)),
            }
            work.connection.execute(_PUT, values)

    def remove(self, name: str) -> bool:
        """Delete a secret, also one that no key opens, and return whether there was one."""
        if not self._session.exists:
            return False
        with self._session.transaction() as work:
            return work.connection.execute(_DELETE, {"name": name}).rowcount > 0

    def names(self) -> Sequence[str]:
        """Return every name."""
        if not self._session.exists:
            return []
        with self._session.transaction(write=False) as work:
            rows = work.connection.execute("SELECT CAST(name AS TEXT) FROM watchword_vault").fetchall()
            return [name for (name,) in rows]


def _locked(work: UnitOfWork, name: str) -> int:
    """Return the present version, 0 for none; nobody else replaces it before the transaction ends."""
    work.connection.execute(_PLACEHOLDER, {"name": name, "content": b""})  # a row to be locked
    found = work.row(_VERSION, {"name": name}, lock=True)
    version = found[0] if found else 0  # none: it was removed in between
    return version if 0 <= version < _LAST else 0
