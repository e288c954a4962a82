"""What a process sees of a record while it waits for a token, timed by its own monotonic clock.

The clock of a store's server may be set at any moment. Then a lease seems to have ended while its holder
still waits for the token endpoint, and a token that was just saved seems to be old.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from watchword.tokens.record import LONGEST_LEASE, Lease
from watchword.tokens.token_store import Snapshot


class RecordWatch:
    """Watches a record from its first snapshot on; `clock` is a monotonic clock in seconds."""

    def __init__(self, first: Snapshot, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = self._ends = clock()
        self._generation = first.record.generation
        self._lease: Lease | None = None

    def lease_is_over(self, snapshot: Snapshot) -> bool:
        """Return whether the lease has ended: what was left of it when it was first seen has passed here."""
        lease = snapshot.record.lease
        if lease is None:
            return True
        if lease != self._lease:
            self._lease, self._ends = lease, self._clock() + lease.left(snapshot.now)
        return self._clock() >= self._ends

    def age(self, snapshot: Snapshot) -> float | None:
        """Return the seconds since the token was issued, None if there is none.

        A token that was saved during the watch is not older than the watch and the time until its save. If
        the store's clock says otherwise it was set.
        """
        record, now = snapshot
        if record.obtained is None:
            return None
        age, watched = now.since(record.obtained), self._clock() - self._begun
        until_save = max(record.used.since(record.obtained), 0.0) if record.used else 0.0
        if record.generation > self._generation and not 0.0 <= age <= watched + until_save + LONGEST_LEASE:
            return watched + until_save
        return max(age, 0.0)
