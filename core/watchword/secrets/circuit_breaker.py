"""A circuit breaker: calls to a service that is down fail at once instead of waiting for their deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from watchword.errors import SecretError
from watchword.forks import reset_in_child

FAILURE_LIMIT = 5
"""How many calls in a row may fail before the circuit opens."""

PAUSE = 30.0
"""How long the circuit stays open, in seconds; then one call tries again."""

_SERVICE_FAILURES = frozenset(
    {"secrets_throttled", "secrets_timeout", "secrets_unreachable", "secrets_unauthenticated"}
)
"""The failures that every other call would meet too; one secret that is denied says nothing of others."""

Result = TypeVar("Result")


class CircuitBreaker:
    """Lets calls through until too many in a row have failed for a reason that affects every call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._open_until = 0.0
        self._last_error: SecretError | None = None
        self._lock = Lock()
        reset_in_child(self)

    def call(self, function: Callable[[], Result]) -> Result:
        """Return the function's result.

        Raises:
            SecretError: the function raised it; or the circuit is open: the last error, without a call.
        """
        with self._lock:
            if self._failures >= FAILURE_LIMIT and self._last_error is not None:
                if self._clock() < self._open_until:
                    raise SecretError(self._last_error.findings)
                self._open_until = self._clock() + PAUSE  # the other threads wait for this call's outcome
        try:
            result = function()
        except SecretError as error:
            self._record(error)
            raise
        self._record(None)
        return result

    def begin_child(self) -> None:
        """Give a forked child a lock of its own."""
        self._lock = Lock()

    def _record(self, error: SecretError | None) -> None:
        with self._lock:
            if error is None or error.code not in _SERVICE_FAILURES:
                self._failures, self._last_error = 0, None
                return
            self._failures += 1
            self._last_error = error
            if self._failures >= FAILURE_LIMIT:
                self._open_until = self._clock() + PAUSE
