"""The history of each connection in the memory of one process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

from watchword.forks import reset_in_child
from watchword.redact import NeverPickled
from watchword.stores.contracts import Noted, Noting
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError


class MemoryHistory(NeverPickled):
    """Notes contents for the threads of this process; a forked child has a copy of its own."""

    def __init__(self, clock: Callable[[], StoreTime]) -> None:
        self._clock = clock
        self._noted: dict[str, bytes] = {}
        self._lock = Lock()
        reset_in_child(self)

    def get(self, name: str) -> Noted | None:
        """Return what is noted under a name, None for nothing."""
        content = self._noted.get(name)
        return None if content is None else Noted(content, self._clock())

    def all(self) -> Mapping[str, Noted | StoreError]:
        """Return everything that is noted, by name."""
        with self._lock:
            now = self._clock()
            return {name: Noted(content, now) for name, content in self._noted.items()}

    def change(self, name: str, noting: Noting) -> StoreError | None:
        """Change what is noted under a name, alone."""
        with self._lock:
            self._noted[name] = noting(self._noted.get(name, b""), self._clock())
        return None

    def remove(self, name: str) -> bool:
        """Delete what is noted under a name and return whether there was something."""
        with self._lock:
            return self._noted.pop(name, None) is not None

    def begin_child(self) -> None:
        """Give a forked child a lock of its own: a thread that does not exist here may hold the parent's."""
        self._lock = Lock()
