"""What was read is used again: one call for all threads, and old content while no new can be had."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from watchword.errors import SecretError
from watchword.forks import reset_in_child
from watchword.redact import NeverPickled

MOST = 4096
"""Secrets that are kept; the one asked for longest ago goes first."""

_AGAIN = 10.0
"""For how long old content is served before the service is asked again, in seconds."""

_FINAL = frozenset({"secret_not_enabled", "secret_name_illegal"})
"""What is an answer and no failure: somebody has disabled this very version, and means it."""

_FAILED = 1.0
"""For how long a failure is everybody's, in seconds: a thousand lookups are no thousand refused calls."""

_log = logging.getLogger("watchword.secrets")

Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Caching:
    """For how long what was read is used, in seconds.

    Args:
        fresh: a secret's content.
        missing: that there is no such secret.
        grace: content past its time, where new one can't be had.
    """

    fresh: float = 300.0
    missing: float = 60.0
    grace: float = 3600.0


@dataclass
class _Slot:
    """What is known of one secret; `lock` is held by the thread that asks for it."""

    lock: Lock = field(default_factory=Lock)
    content: bytes | None = field(default=None, repr=False)
    known: bool = False
    fresh_until: float = 0.0
    served_until: float = 0.0
    failed: tuple[float, SecretError] | None = None


class Cache(NeverPickled):
    """Keeps secrets in memory: those of one store, for one process."""

    def __init__(self, caching: Caching, clock: Clock = time.monotonic) -> None:
        self._caching = caching
        self._clock = clock
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._lock = Lock()
        reset_in_child(self)

    def get(self, name: str, fetch: Callable[[], bytes | None]) -> bytes | None:
        """Return what is kept under a name, else what `fetch` returns, called by one thread at a time.

        Raises SecretError where that does, and nothing is kept that could still be served.
        """
        slot = self._slots.get(name)
        began = self._clock()
        if slot is not None and began < slot.fresh_until:
            return slot.content
        slot = slot or self._new(name)
        # Whoever has something to serve does not wait for the thread that asks.
        lock = slot.lock  # a child that is forked meanwhile has another one
        if not lock.acquire(blocking=not (slot.known and began < slot.served_until)):
            return slot.content
        try:
            return self._asked(name, slot, fetch, began)
        finally:
            lock.release()

    def keep(self, name: str, content: bytes | None) -> None:
        """Know a secret's content without having asked for it: it has just been written."""
        slot = self._new(name)
        with slot.lock:
            self._fill(slot, content)

    def drop(self, prefix: str) -> None:
        """Forget what is known under names that begin so."""
        with self._lock:
            for name in [name for name in self._slots if name.startswith(prefix)]:
                del self._slots[name]

    def begin_child(self) -> None:
        """Give a forked child locks of its own; what is known stays so."""
        self._lock = Lock()
        for slot in self._slots.values():
            slot.lock = Lock()

    def _new(self, name: str) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(name, _Slot())
            self._slots.move_to_end(name)
            while len(self._slots) > MOST:
                self._slots.popitem(last=False)
            return slot

    def _asked(self, name: str, slot: _Slot, fetch: Callable[[], bytes | None], began: float) -> bytes | None:
        if self._clock() < slot.fresh_until:  # another thread has asked meanwhile
            return slot.content
        if slot.failed and began <= slot.failed[0] + _FAILED:  # and got no answer: neither would this one
            raise SecretError(slot.failed[1].findings)
        try:
            self._fill(slot, fetch())
        except SecretError as error:
            now = self._clock()
            if error.code in _FINAL:
                slot.served_until = now
            if not (slot.known and now < slot.served_until):
                slot.failed = (now, error)
                raise
            slot.fresh_until = min(now + _AGAIN, slot.served_until)
            _log.error("What is known of the secret %s is used on for up to %.0f s: %s",
                       name, slot.served_until - now, error)  # fmt: skip
        return slot.content

    def _fill(self, slot: _Slot, content: bytes | None) -> None:
        now = self._clock()
        slot.content, slot.known, slot.failed = content, True, None
        slot.fresh_until = now + (self._caching.missing if content is None else self._caching.fresh)
        # That a secret is missing serves no longer: by now there may be one.
        slot.served_until = slot.fresh_until + (0 if content is None else self._caching.grace)
