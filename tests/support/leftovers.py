"""What a process has open: one by one, since a count can't tell a leak from what is about to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_FILES = Path("/proc/self/fd")
"""Linux's list of open files; other systems have none, and only threads are found there."""

_LONGEST = 30.0
"""Seconds until something that is still open counts as left."""


def _nothing() -> set[object]:
    return set()


def open_now() -> set[object]:
    """Return the process's threads and open files, where a new socket differs from each former one."""
    files = set()
    for path in list(_FILES.iterdir()) if _FILES.exists() else ():
        with suppress(FileNotFoundError):  # the list of open files itself was one of them
            files.add(str(path.readlink()))
    return {*files, *threads_now()}


def threads_now() -> set[object]:
    """Return the threads that run."""
    return {*threading.enumerate()}


def left(
    now: Callable[[], set[object]], before: set[object], others: Callable[[], set[object]] = _nothing
) -> set[object]:
    """Return what is there `now`, wasn't before, and stays; what is about to end gets time to do so.

    What belongs to `others`, such as a server of the test, doesn't count.
    """
    deadline = time.monotonic() + _LONGEST
    while True:
        found = now() - before - others()
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.01)
