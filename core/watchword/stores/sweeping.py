"""Rows that aren't needed any more: whenever a new row was made, a few others are looked at.

A token exchange with ever new subjects leaves a row for each. Only a token that a machine can fetch again is
deleted, never a sign-in, and never a row that remembers a sign-in that was made elsewhere or deleted. The
history of a connection is deleted when the connection has not been validated for a year, and a contrast when
it was not asked for again for two days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from watchword.stores.contracts import CONTRAST_KEPT, HISTORY_KEPT
from watchword.stores.encrypted_table import CONTRASTS, HISTORIES, RECORDS, EncryptedTable
from watchword.stores.row_encryption import Found
from watchword.stores.rows import RowMalformedError, to_time
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token_store import StoreError

_KEPT = 30 * 86400.0
"""How long a row is kept after the token's end or, if that isn't known, its last use, in seconds."""

_NOTES_KEPT: Mapping[str, float] = {HISTORIES.name: HISTORY_KEPT, CONTRASTS.name: CONTRAST_KEPT}
"""How long a note is kept after it was last changed, in seconds, by the name of its table."""

_BATCH = 50
"""How many rows are looked at, for each row that is made."""


_Judge: TypeAlias = Callable[[UnitOfWork, Found, StoreTime], bool]
"""Says whether a row isn't needed any more; raises if it can't be read."""


def sweep(work: UnitOfWork, key: str) -> None:
    """Delete tokens that ended long ago among the rows after a key; the first row follows the last one.

    Those after a new key are mostly of the same connection, whose name is the beginning of the key.
    """
    _sweep(work, key, RECORDS, _token_has_ended)


def sweep_notes(work: UnitOfWork, key: str, table: EncryptedTable) -> None:
    """Delete notes that haven't been changed for long, among the rows of a table after a key."""
    _sweep(work, key, table, partial(_is_forgotten, table.name))


def _sweep(work: UnitOfWork, key: str, table: EncryptedTable, judge: _Judge) -> None:
    """Delete what has ended among the rows after a key; the index finds them, however many rows there are."""
    now = work.database.now(work.connection)
    rows = {found.key: found for found in table.following(work, key, _BATCH)}
    if len(rows) < _BATCH:
        rows |= {found.key: found for found in table.following(work, "", _BATCH)}
    ended = [other for other, found in rows.items() if other != key and _has_ended(judge, work, found, now)]
    for other in ended:
        again = table.find_unlocked(work, other)
        if again is not None and _has_ended(judge, work, again, now):
            table.delete(work, other)


def _has_ended(judge: _Judge, work: UnitOfWork, found: Found, now: StoreTime) -> bool:
    try:
        return judge(work, found, now)
    except (RowMalformedError, StoreError):  # of another key, or damaged: the process that needs it is told
        return False


def _token_has_ended(work: UnitOfWork, found: Found, now: StoreTime) -> bool:
    return has_ended(work.encryption.record(found), now)


def _is_forgotten(table: str, work: UnitOfWork, found: Found, now: StoreTime) -> bool:
    work.encryption.opened_note(table, found)  # its time can be believed then
    return now.since(to_time(found.columns[1])) > _NOTES_KEPT[table]


def has_ended(record: Record, now: StoreTime) -> bool:
    """Return whether the record isn't needed any more."""
    is_a_machines = bool(record.method) and not record.signs_in and not record.imported
    return is_a_machines and record.free(now) and _idle(record, now) > _KEPT


def _idle(record: Record, now: StoreTime) -> float:
    """Return the seconds since the last sign of life; 0 if none is known."""
    times = [record.used, record.obtained, record.renewed]
    if record.token and record.obtained and math.isfinite(record.token.lifetime):
        times.append(record.obtained.after(record.token.lifetime))
    times.append(record.refusal.at if record.refusal else None)
    times.append(record.pause.until if record.pause else None)
    times.append(record.lease.until if record.lease else None)
    return min((now.since(time) for time in times if time), default=0.0)
