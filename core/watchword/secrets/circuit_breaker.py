"""A service that is down is left alone for a while: each call would only wait for its deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from watchword.errors import SecretError
from watchword.forks import reset_in_child

LIMIT = 5
"""How many calls in a row may fail before the service is left alone."""

PAUSE = 30.0
"""For how long it is left alone, in seconds; then one call tries again."""

_OF_ALL = frozenset(
    {"secrets_throttled", "secrets_timeout", "secrets_unreachable", "secrets_unauthenticated"}
)
"""The failures that any other call would meet too: one secret that is denied says nothing of others."""

Answer = TypeVar("Answer")


class CircuitBreaker:
    """A circuit breaker: lets calls through until too many in a row have failed for what strikes them all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_at = 0.0
        self._last: SecretError | None = None
        self._lock = Lock()
        reset_in_child(self)

    def call(self, function: Callable[[], Answer]) -> Answer:
        """Return what the function returns; raises what it raises, or at once the last such error."""
        with self._lock:
            if self._failures >= LIMIT and self._last is not None:
                if self._clock() < self._closed_at:
                    raise SecretError(self._last.findings)
                self._closed_at = self._clock() + PAUSE  # others wait for this one's outcome
        try:
            answer = function()
        except SecretError as error:
            self._note(error)
            raise
        self._note(None)
        return answer

    def begin_child(self) -> None:
        """Give a forked child a lock of its own."""
        self._lock = Lock()

    def _note(self, error: SecretError | None) -> None:
        with self._lock:
            if error is None or error.code not in _OF_ALL:
                self._failures, self._last = 0, None
                return
            self._failures += 1
            self._last = error
            if self._failures >= LIMIT:
                self._closed_at = self._clock() + PAUSE
