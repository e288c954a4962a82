"""Change keys: each row is encrypted anew with the first key, one at a time, the check value last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from watchword.stores import schema
from watchword.stores.encrypted_table import CONTRASTS, HISTORIES, RECORDS, SECRETS, EncryptedTable
from watchword.stores.row_encryption import CLAIMS, DRAFTS, Found
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.token_store import StoreError


class EncryptedRow(NamedTuple):
    """A row that holds something encrypted: the name of its table, and its key."""

    table: str
    key: Any


def encrypted_rows(work: UnitOfWork) -> list[EncryptedRow]:
    """Return the rows that hold something encrypted, and those that were deleted by hand."""
    keys = {
        RECORDS.name: RECORDS.keys(work),
        SECRETS.name: SECRETS.keys(work),
        HISTORIES.name: HISTORIES.keys(work),
        CONTRASTS.name: CONTRASTS.keys(work),
        CLAIMS: _keys(work, "imported", CLAIMS),
        DRAFTS: _keys(work, "state", DRAFTS),
    }
    return [EncryptedRow(table, key) for table, found in keys.items() for key in found]


def renew(work: UnitOfWork, row: EncryptedRow) -> int:
    """Encrypt a row anew and return 1; return 0 if it was deleted meanwhile, or is given up now."""
    return _RENEWALS[row.table](work, row.key)


def finish(work: UnitOfWork) -> None:
    """Have the store ask for the first key from now on."""
    schema.seal(work.connection, work.open_store.keyring, work.open_store.salt)


def _keys(work: UnitOfWork, column: str, table: str) -> list[Any]:
    rows = work.connection.execute(f"SELECT {column} FROM {table}").fetchall()  # noqa: S608 - constants
    return [key for (key,) in rows]


def _token(work: UnitOfWork, key: Any) -> int:  # noqa: ANN401 - a key written by hand may be of any type
    found = RECORDS.find_locked(work, key)
    if found.is_nothing:
        return 0
    RECORDS.save(work, work.encryption.row(work.encryption.record(found))._asdict())
    return 1


def _secret(work: UnitOfWork, name: Any) -> int:  # noqa: ANN401 - as above
    found = SECRETS.find_locked(work, name)
    if found.is_nothing:
        return 0
    content = work.encryption.opened_secret(found)
    _, version, changed, _ = found.columns
    renewed = work.encryption.secret(name, version, changed, content)
    SECRETS.save(work, dict(zip(SECRETS.columns, (name, version, changed, renewed), strict=True)))
    return 1


def _history(work: UnitOfWork, name: Any) -> int:  # noqa: ANN401 - as above
    found = HISTORIES.find_locked(work, name)
    if found.is_nothing:
        return 0
    return _save_note(work, HISTORIES, found, work.encryption.opened_note(HISTORIES.name, found))


def _contrast(work: UnitOfWork, name: Any) -> int:  # noqa: ANN401 - as above
    """Encrypt a contrast anew; delete one that can't be read, because the API can be asked again."""
    found = CONTRASTS.find_locked(work, name)
    if found.is_nothing:
        return 0
    try:
        content = work.encryption.opened_note(CONTRASTS.name, found)
    except StoreError:
        CONTRASTS.delete(work, name)
        return 0
    return _save_note(work, CONTRASTS, found, content)


def _save_note(work: UnitOfWork, table: EncryptedTable, found: Found, content: bytes) -> int:
    name, changed, _ = found.columns
    renewed = work.encryption.note(table.name, name, changed, content)
    table.save(work, {"name": name, "changed": changed, "content": renewed})
    return 1


def _claim(work: UnitOfWork, imported: Any) -> int:  # noqa: ANN401 - as above
    query = "SELECT key, seal FROM watchword_claims WHERE imported = :imported"
    found = work.row(query, {"imported": imported}, lock=True)
    if found is None:
        return 0
    work.encryption.check_claim(imported, *found)
    update = "UPDATE watchword_claims SET seal = :seal WHERE imported = :imported"
    values = {"imported": imported, "seal": work.encryption.claim(imported, found[0])}
    return work.connection.execute(update, values).rowcount


def _draft(work: UnitOfWork, state: Any) -> int:  # noqa: ANN401 - as above
    query = "SELECT state, until, content FROM watchword_drafts WHERE state = :state"
    found = work.row(query, {"state": state}, lock=True)
    if found is None:
        return 0
    content = work.encryption.opened_draft(Found(state, found, None))
    update = "UPDATE watchword_drafts SET content = :content WHERE state = :state"
    values = {"state": state, "content": work.encryption.draft(state, found[1], content)}
    return work.connection.execute(update, values).rowcount


_RENEWALS: Mapping[str, Callable[[UnitOfWork, Any], int]] = {
    RECORDS.name: _token,
    SECRETS.name: _secret,
    HISTORIES.name: _history,
    CONTRASTS.name: _contrast,
    CLAIMS: _claim,
    DRAFTS: _draft,
}
