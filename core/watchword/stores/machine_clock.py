"""The clock of a store that one machine's processes share."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

from watchword.tokens.record import StoreTime

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine_time() -> StoreTime:
    """Return the time since this machine was started, which setting the clock does not change.

    Where the system has no such clock for all processes, this is the time of the wall clock.
    """
    wall = time.time()
    epoch = _boot()
    return StoreTime(epoch, time.clock_gettime(time.CLOCK_BOOTTIME) if epoch else wall, wall)


@cache
def _boot() -> str:
    """Return an id of the machine's present run; "" where the system gives none or has no such clock."""
    try:
        return _BOOT.read_text().strip() if hasattr(time, "CLOCK_BOOTTIME") else ""
    except OSError:
        return ""
