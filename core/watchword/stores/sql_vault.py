"""Secrets by name in a SQL database, beside its tokens."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, LargeBinary, Text, cast, delete, select

from watchword.redact import NeverPickled
from watchword.stores.rows import to_text
from watchword.stores.sql_session import SqlSession, UnitOfWork
from watchword.stores.tables import VAULT

_LAST = 2**31 - 1
"""The largest version: what an INTEGER of PostgreSQL holds."""

# SQLite gives what was written into a column by hand as it is; cast, it is another value, but of the type.
_VERSION = cast(VAULT.c.version, Integer).label("version")
_CONTENT = cast(VAULT.c.content, LargeBinary).label("content")


class SqlVault(NeverPickled):
    """Keeps secrets encrypted, each bound to its name and version."""

    def __init__(self, opened: SqlSession) -> None:
        self._session = opened

    def get(self, name: str) -> bytes | None:
        """Return a secret; None where none is kept."""
        if not self._session.is_there:
            return None
        with self._session.transaction(write=False) as work:
            wanted = select(_VERSION, _CONTENT).where(VAULT.c.name == name)
            found = work.connection.execute(wanted).one_or_none()
            return (
                None if found is None else work.encryption.opened_secret(name, found.version, found.content)
            )

    def put(self, name: str, payload: bytes) -> None:
        """Keep a secret in the place of what there was, also of what no key opens; durable on return."""
        with self._session.transaction() as work:
            version = self._locked(work, name) + 1
            values = {
                "version": version,
                "content": work.encryption.secret(name, version, payload),
                "changed": to_text(self._session.now(work)),
            }
            made = self._session.database.insert(VAULT).values(name=name, **values)
            work.connection.execute(made.on_conflict_do_update(index_elements=["name"], set_=values))

    def _locked(self, work: UnitOfWork, name: str) -> int:
        """Return the present version, which nobody else replaces before the transaction ends; 0 if none."""
        empty = self._session.database.insert(VAULT).values(name=name, version=0, content=b"", changed="")
        work.connection.execute(empty.on_conflict_do_nothing())  # a row to be locked
        wanted = select(_VERSION).where(VAULT.c.name == name).with_for_update()
        version = work.connection.execute(wanted).scalar_one_or_none() or 0  # none: removed in between
        return version if 0 <= version < _LAST else 0

    def remove(self, name: str) -> bool:
        """Forget a secret, also one that no key opens, and return whether there was one."""
        if not self._session.is_there:
            return False
        with self._session.transaction() as work:
            return work.connection.execute(delete(VAULT).where(VAULT.c.name == name)).rowcount > 0

    def names(self) -> Sequence[str]:
        """Return every name."""
        if not self._session.is_there:
            return []
        with self._session.transaction(write=False) as work:
            return list(work.connection.execute(select(cast(VAULT.c.name, Text))).scalars())
