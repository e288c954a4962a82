"""Notes by name in the memory of one process: histories, or contrasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores.contracts import Noted, Noting
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError


class MemoryNotes(NeverPickled):
    """Notes contents for the threads of this process; a forked child has a copy of its own."""

    def __init__(self, clock: Callable[[], StoreTime], seconds_kept: float) -> None:
        self._clock = clock
        self._seconds_kept = seconds_kept
        self._noted: dict[str, Noted] = {}  # with the time of the last change
        self._lock = Lock()
        reset_in_child(self)

    def get(self, name: str) -> Noted | None:
        """Return what is noted under a name, None for nothing."""
        noted = self._noted.get(name)
        return None if noted is None else noted._replace(now=self._clock())

    def all(self) -> Mapping[str, Noted | StoreError]:
        """Return everything that is noted, by name."""
        with self._lock:
            now = self._clock()
            return {name: noted._replace(now=now) for name, noted in self._noted.items()}

    def change(self, name: str, noting: Noting) -> StoreError | None:
        """Change what is noted under a name, alone."""
        with self._lock:
            now = self._clock()
            before = self._noted.get(name)
            self._noted[name] = Noted(noting(before.content if before else b"", now), now)
            if before is None:
                self._sweep(now)
        return None

    def _sweep(self, now: StoreTime) -> None:
        """Delete what hasn't been changed for long."""
        old = [name for name, noted in self._noted.items() if now.since(noted.now) > self._seconds_kept]
        for name in old:
            del self._noted[name]

    def remove(self, name: str) -> bool:
        """Delete what is noted under a name and return whether there was something."""
        with self._lock:
            return self._noted.pop(name, None) is not None

    def begin_child(self) -> None:
        """Give a forked child a lock of its own: a thread that does not exist here may hold the parent's."""
        self._lock = Lock()
