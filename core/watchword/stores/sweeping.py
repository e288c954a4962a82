"""Rows of tokens that ended long ago: whenever a new row was made, a few others are looked at.

A token exchange with ever new subjects leaves a row for each. Only a token that a machine can fetch again is
deleted, never a sign-in, and never a row that remembers a sign-in that was made elsewhere or deleted.
"""

from __future__ import annotations

import math

from watchword.stores.encrypted_table import RECORDS
from watchword.stores.row_encryption import Found
from watchword.stores.rows import RowMalformedError
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token_store import StoreError

_KEPT = 30 * 86400.0
"""How long a row is kept after the token's end or, if that isn't known, its last use, in seconds."""

_BATCH = 50
"""How many rows are looked at, for each row that is made."""


def sweep(work: UnitOfWork, key: str) -> None:
    """Delete what has ended long ago among the rows after a key; the first row follows the last one.

    The index finds these rows, however many there are. Those after a new key are mostly of the same
    connection, whose name is the beginning of the key.
    """
    now = work.database.now(work.connection)
    rows = {found.key: found for found in RECORDS.following(work, key, _BATCH)}
    if len(rows) < _BATCH:
        rows |= {found.key: found for found in RECORDS.following(work, "", _BATCH)}
    ended = [other for other, found in rows.items() if other != key and _has_ended(work, found, now)]
    for other in ended:
        again = RECORDS.find_unlocked(work, other)
        if again is not None and _has_ended(work, again, now):
            RECORDS.delete(work, other)


def _has_ended(work: UnitOfWork, found: Found, now: StoreTime) -> bool:
    try:
        return has_ended(work.encryption.record(found), now)
    except (RowMalformedError, StoreError):  # of another key, or damaged: the process that needs it is told
        return False


def has_ended(record: Record, now: StoreTime) -> bool:
    """Return whether nobody needs the record any more."""
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
