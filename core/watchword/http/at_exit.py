"""What the end of a process waits for.

The interpreter waits for all threads that aren't daemons. But some processes end by `os._exit` and run only
the functions that were registered with `atexit` since they were forked, such as Airflow's task processes.
"""

from __future__ import annotations

import atexit
import time
from threading import Event

from watchword import forks

_awaited: dict[Event, float] = {}
"""The events, and until when each is waited for, on the monotonic clock."""

_is_registered = False


def wait_at_exit(event: Event, seconds: float) -> None:
    """Have the end of this process wait for an event, for at most so many seconds from now."""
    global _is_registered  # noqa: PLW0603 - the state of the process
    _awaited[event] = time.monotonic() + seconds
    if not _is_registered:
        _is_registered = True
        atexit.register(_wait)


def happened(event: Event) -> None:
    """Set an event and stop waiting for it."""
    event.set()
    _awaited.pop(event, None)


def _wait() -> None:
    while awaited := tuple(_awaited.items()):  # another call may begin meanwhile
        for event, until in awaited:
            event.wait(max(until - time.monotonic(), 0.0))
            _awaited.pop(event, None)


@forks.in_child
def _begin_child() -> None:
    global _is_registered  # noqa: PLW0603 - a child may drop what its parent has registered
    _awaited.clear()  # the parent's threads don't exist here
    _is_registered = False
