"""The clock of a store that one machine's processes share."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from watchword.tokens.record import StoreTime

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine_moment() -> StoreTime:
    """Return the time since this machine was started, which no setting of the clock changes.

    Where the system has no such clock for all processes it is the wall clock's.
    """
    wall = time.time()
    epoch = _boot()
    return (
        StoreTime(epoch, time.clock_gettime(time.CLOCK_BOOTTIME), wall)
        if epoch
        else StoreTime("", wall, wall)
    )


@cache
def _boot() -> str:
    """Return what names the machine's present run; "" where the system doesn't tell or has no such clock."""
    try:
        return _BOOT.read_text().strip() if hasattr(time, "CLOCK_BOOTTIME") else ""
    except OSError:
        return ""
