"""Which verdicts the history of a connection keeps; no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence

from watchword.tokens.record import StoreTime
from watchword.validation.verdict_entry import Entry

MOST = 20
"""How many verdicts are kept of each connection."""

DAY = 86400.0
"""After how many seconds a verdict that only repeats the one before is not kept any more."""


def pruned(entries: Sequence[Entry], now: StoreTime) -> Sequence[Entry]:
    """Return the entries to keep, in their order: the last ones, and of older days the changes alone.

    The newest is kept in any case: it says when the connection was last validated. The order is that in
    which the entries were made. Times decide only what is old, so a clock that was set can't reorder them.
    """
    kept = [entry for index, entry in enumerate(entries) if _is_kept(entries, index, now)]
    return kept[-MOST:]


def _is_kept(entries: Sequence[Entry], index: int, now: StoreTime) -> bool:
    is_newest = index == len(entries) - 1
    is_change = index == 0 or not entries[index].says_the_same(entries[index - 1])
    return is_newest or is_change or now.since(entries[index].at) <= DAY
