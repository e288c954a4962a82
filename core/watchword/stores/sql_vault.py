"""Secrets by name in a SQL database, beside its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchword.redact import NeverPickled
from watchword.stores.database import Values
from watchword.stores.encrypted_table import SECRETS
from watchword.stores.row_encryption import Found
from watchword.stores.rows import RowMalformedError, to_text
from watchword.stores.sql_session import SqlSession
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.token_store import StoreError

_LAST = 2**31 - 1
"""The largest version: what an INTEGER of PostgreSQL holds."""


class SqlVault(NeverPickled):
    """Stores secrets encrypted, each bound to its name and version."""

    def __init__(self, session: SqlSession) -> None:
        self._session = session

    def get(self, name: str) -> bytes | None:
        """Return a secret; None if there is none of that name."""
        if not self._session.exists:
            return None
        with self._session.transaction(write=False) as work:
            found = SECRETS.find(work, name)
            return None if found.is_nothing else work.encryption.opened_secret(found)

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret in the place of the former one, also of one that no key opens; durable on return."""
        with self._session.transaction() as work:
            version = _locked(work, name) + 1
            changed = to_text(work.database.now(work.connection))
            SECRETS.save(work, _row(work, name, version, changed, payload))

    def remove(self, name: str) -> bool:
        """Delete a secret, also one that no key opens, and return whether there was one."""
        if not self._session.exists:
            return False
        with self._session.transaction() as work:
            was_deleted_by_hand = SECRETS.find(work, name).is_gone
            return SECRETS.delete(work, name) > 0 or was_deleted_by_hand

    def names(self) -> Sequence[str]:
        """Return every name, also of a secret that can't be read."""
        if not self._session.exists:
            return []
        with self._session.transaction(write=False) as work:
            names = SECRETS.keys(work)
            if not all(type(name) is str for name in names):
                raise RowMalformedError
            return names

    def contents(self) -> Mapping[str, bytes | None]:
        """Return every secret by name; None for one that can't be read, of which `get` says why."""
        if not self._session.exists:
            return {}
        with self._session.transaction(write=False) as work:
            found = SECRETS.all(work)
            if not all(type(each.key) is str for each in found):
                raise RowMalformedError
            return {each.key: _content(work, each) for each in found}


def _content(work: UnitOfWork, found: Found) -> bytes | None:
    try:
        return work.encryption.opened_secret(found)
    except StoreError:
        return None


def _locked(work: UnitOfWork, name: str) -> int:
    """Return the present version, 0 for none; nobody else replaces it before the transaction ends."""
    _, version, *_ = SECRETS.lock(work, name, lambda: _row(work, name, 0, "", b"")).columns
    return version if type(version) is int and 0 <= version < _LAST else 0


def _row(work: UnitOfWork, name: str, version: int, changed: str, payload: bytes) -> Values:
    content = work.encryption.secret(name, version, changed, payload)
    return {"name": name, "version": version, "changed": changed, "content": content}
