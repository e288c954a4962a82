"""Things that are remembered for a while: issued tokens, sessions, nonces."""

import time
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Values by name, each for `lifetime` seconds unless it is given its own; several threads may use it."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = Lock()
        # Oldest first; most live equally long, so those in front are the first to go.
        self._kept: dict[Hashable, tuple[float, Value]] = {}

    def keep(self, name: Hashable, value: Value, lifetime: float | None = None) -> bool:
        """Remember a value, and tell whether its name was free until now."""
        now = time.monotonic()
        with self._lock:
            self._drop_old(now)
            before = self._kept.pop(name, None)
            self._kept[name] = (now + (self._lifetime if lifetime is None else lifetime), value)
        return before is None or before[0] <= now

    def find(self, name: Hashable) -> Value | None:
        """Return the value unless it is unknown or too old."""
        now = time.monotonic()
        with self._lock:
            self._drop_old(now)
            found = self._kept.get(name)
        return found[1] if found is not None and found[0] > now else None

    def forget(self, name: Hashable) -> None:
        """Forget one value, known or not."""
        with self._lock:
            self._kept.pop(name, None)

    def values(self) -> list[Value]:
        """Return what is remembered at present."""
        now = time.monotonic()
        with self._lock:
            return [value for until, value in self._kept.values() if until > now]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _drop_old(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest][0] > now:
                return
            del self._kept[oldest]
