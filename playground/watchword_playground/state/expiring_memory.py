"""Values that are remembered for a limited time: issued tokens, sessions, nonces."""

import time
from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ExpiringMemory(Generic[Value]):
    """Values by name. Each lives for `lifetime` seconds unless it is stored with its own. Thread-safe."""

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = Lock()
        # Oldest first. Most live equally long, so those in front expire first.
        self._entries: dict[Hashable, tuple[float, Value]] = {}

    def add(self, name: Hashable, value: Value, lifetime: float | None = None) -> bool:
        """Remember a value. Return whether its name was free until now."""
        now = time.monotonic()
        with self._lock:
            self._drop_expired(now)
            previous = self._entries.pop(name, None)
            self._entries[name] = (now + (self._lifetime if lifetime is None else lifetime), value)
        return previous is None or previous[0] <= now

    def get(self, name: Hashable) -> Value | None:
        """Return the value, or None if it is unknown or has expired."""
        now = time.monotonic()
        with self._lock:
            self._drop_expired(now)
            entry = self._entries.get(name)
        return entry[1] if entry is not None and entry[0] > now else None

    def forget(self, name: Hashable) -> None:
        """Forget one value. An unknown name is ignored."""
        with self._lock:
            self._entries.pop(name, None)

    def values(self) -> list[Value]:
        """Return every value that hasn't expired."""
        now = time.monotonic()
        with self._lock:
            return [value for until, value in self._entries.values() if until > now]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def _drop_expired(self, now: float) -> None:
        while self._entries:
            oldest = next(iter(self._entries))
            if self._entries[oldest][0] > now:
                return
            del self._entries[oldest]
