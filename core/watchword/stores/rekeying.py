"""Change keys: each row is encrypted anew with the first key, one at a time, the check value last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from watchword.stores import schema
from watchword.stores.row_encryption import RowEncryption
from watchword.stores.rows import Row
from watchword.stores.sql_session import UnitOfWork


class _Table(NamedTuple):
    """A table with an encrypted column: its key's column, and what encrypts a row of `columns` anew."""

    name: str
    key: str
    encrypted: str
    columns: str
    renewed: Callable[..., bytes | None]


def _token(encryption: RowEncryption, *columns: object) -> bytes | None:
    return encryption.encrypted(encryption.decrypted(Row(*columns))).secrets  # type: ignore[arg-type]


def _draft(encryption: RowEncryption, state: str, until: str, sealed: bytes) -> bytes:
    return encryption.draft(state, until, encryption.opened_draft(state, until, sealed))


def _secret(encryption: RowEncryption, name: str, version: int, sealed: bytes) -> bytes:
    return encryption.secret(name, version, encryption.opened_secret(name, version, sealed))


_TABLES: Mapping[str, _Table] = {
    table.name: table
    for table in (
        _Table("watchword_tokens", "key", "secrets", "key, name, generation, state, secrets", _token),
        _Table("watchword_drafts", "state", "content", "state, until, content", _draft),
        _Table("watchword_vault", "name", "content", "name, version, content", _secret),
    )
}


class EncryptedRow(NamedTuple):
    """A row that holds something encrypted: the name of its table, and its key."""

    table: str
    key: str


def encrypted_rows(work: UnitOfWork) -> list[EncryptedRow]:
    """Return the rows that hold something encrypted."""
    return [
        EncryptedRow(table.name, key)
        for table in _TABLES.values()
        for (key,) in work.connection.execute(
            f"SELECT {table.key} FROM {table.name} WHERE {table.encrypted} IS NOT NULL"  # noqa: S608 - constants
        ).fetchall()
    ]


def renew(work: UnitOfWork, row: EncryptedRow) -> int:
    """Encrypt a row anew and return 1; return 0 if it was deleted meanwhile."""
    table = _TABLES[row.table]
    query = f"SELECT {table.columns} FROM {table.name} WHERE {table.key} = :key"  # noqa: S608 - constants
    found = work.row(query, {"key": row.key}, lock=True)
    if found is None:
        return 0
    sealed = table.renewed(work.encryption, *found)
    update = f"UPDATE {table.name} SET {table.encrypted} = :sealed WHERE {table.key} = :key"  # noqa: S608 - constants
    return work.connection.execute(update, {"sealed": sealed, "key": row.key}).rowcount


def finish(work: UnitOfWork) -> None:
    """Have the store ask for the first key from now on."""
    schema.renew_keys(work.connection, work.open_store.keyring, work.open_store.salt)
