"""Delete what is stored under a connection's name, also rows that were altered and can't be read."""

from __future__ import annotations

from typing import Any

from watchword.stores.encrypted_table import HISTORIES, RECORDS, key_is
from watchword.stores.row_encryption import CLAIMS, owners, shown_key
from watchword.stores.rows import column
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.token_store import StoreError


def keys_of(work: UnitOfWork, name: str) -> list[Any]:
    """Return the keys of the rows that are a name's by their key or by their name, whatever they hold."""
    return [found.key for found in RECORDS.all(work) if _means(name, found.key, found.columns[1])]


def history_keys(work: UnitOfWork, name: str) -> list[Any]:
    """Return the keys of the rows that hold a name's history, whatever they hold."""
    return [key for key in HISTORIES.keys(work) if shown_key(key) in {name, column(name)}]


def forget(work: UnitOfWork, name: str) -> int:
    """Delete the rows of a name, and its claims that were altered; return how many rows there were."""
    keys = keys_of(work, name)
    for key in keys:
        RECORDS.delete(work, key)
    histories = history_keys(work, name)
    for key in histories:
        HISTORIES.delete(work, key)
    rows = work.connection.execute(f"SELECT imported, key, seal FROM {CLAIMS}").fetchall()  # noqa: S608 - a constant
    for imported, key, seal in rows:
        if _means(name, key) and not _holds(work, imported, key, seal):
            delete = f"DELETE FROM {CLAIMS} WHERE {key_is('imported', imported)}"  # noqa: S608 - constants
            work.connection.execute(delete, {"imported": imported})
    return len(keys) + len(histories)


def _means(name: str, *columns: object) -> bool:
    """Return whether columns may mean a name, which is given as it is or as a message shows it."""
    return not {name, column(name)}.isdisjoint(owners(*columns))


def _holds(work: UnitOfWork, *columns: object) -> bool:
    try:
        work.encryption.check_claim(*columns)
    except StoreError:
        return False
    return True
