"""A cache of secrets in memory: all threads share one call, and old content serves while a service fails."""

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

MAX_ENTRIES = 4096
"""How many secrets are cached; the one that was fetched longest ago is dropped first."""

_RETRY_INTERVAL = 10.0
"""How long old content is served before the service is asked again, in seconds."""

_FINAL_CODES = frozenset({"secret_not_enabled", "secret_name_illegal"})
"""Codes that end the grace period: somebody has disabled this version on purpose."""

_FAILURE_LIFETIME = 1.0
"""How long all threads share a failure, in seconds: 1000 lookups must not make 1000 refused calls."""

_log = logging.getLogger("watchword.secrets")

Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Caching:
    """How long the cache keeps what it has read, in seconds.

    Args:
        fresh: for a secret's content.
        missing: for the fact that a secret does not exist.
        grace: for content that is no longer fresh, while the service fails.
    """

    fresh: float = 300.0
    missing: float = 60.0
    grace: float = 3600.0


@dataclass
class _Entry(NeverPickled):
    """The cached state of one secret; the thread that fetches it holds `lock`.

    `content` None means that the secret does not exist, once `is_loaded`.
    """

    lock: Lock = field(default_factory=Lock)
    content: bytes | None = field(default=None, repr=False)
    is_loaded: bool = False
    fresh_until: float = 0.0
    usable_until: float = 0.0
    failure: tuple[float, SecretError] | None = None


class Cache(NeverPickled):
    """The cached secrets of one store in one process."""

    def __init__(self, caching: Caching, clock: Clock = time.monotonic) -> None:
        self._caching = caching
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = Lock()
        reset_in_child(self)

    def get(self, name: str, fetch: Callable[[], bytes | None]) -> bytes | None:
        """Return the cached content of a name, or the result of `fetch`, which one thread at a time calls.

        Raises SecretError if `fetch` does and no cached content may be used.
        """
        entry = self._entries.get(name)
        began = self._clock()
        if entry is not None and began < entry.fresh_until:
            return entry.content
        entry = entry or self._entry(name)
        # A thread that has old content to serve does not wait for the thread that fetches.
        lock = entry.lock  # a child that is forked meanwhile gets another lock
        if not lock.acquire(blocking=not (entry.is_loaded and began < entry.usable_until)):
            return entry.content
        try:
            return self._fetch(name, entry, fetch, began)
        finally:
            lock.release()

    def put(self, name: str, content: bytes | None) -> None:
        """Cache content that is known without a fetch, such as content that has just been written."""
        entry = self._entry(name)
        with entry.lock:
            self._load(entry, content)

    def forget(self, prefix: str) -> None:
        """Drop the entries whose names begin with the prefix."""
        with self._lock:
            for name in [name for name in self._entries if name.startswith(prefix)]:
                del self._entries[name]

    def begin_child(self) -> None:
        """Give a forked child locks of its own; its entries stay cached."""
        self._lock = Lock()
        for entry in self._entries.values():
            entry.lock = Lock()

    def _entry(self, name: str) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            self._entries.move_to_end(name)
            while len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)
            return entry

    def _fetch(
        self, name: str, entry: _Entry, fetch: Callable[[], bytes | None], began: float
    ) -> bytes | None:
        if self._clock() < entry.fresh_until:  # another thread has fetched it meanwhile
            return entry.content
        # Another thread's fetch has failed meanwhile, and this one would fail too.
        if entry.failure and began <= entry.failure[0] + _FAILURE_LIFETIME:
            raise SecretError(entry.failure[1].findings)
        try:
            self._load(entry, fetch())
        except SecretError as error:
            now = self._clock()
            if error.code in _FINAL_CODES:
                entry.usable_until = now
            if not (entry.is_loaded and now < entry.usable_until):
                entry.failure = (now, error)
                raise
            entry.fresh_until = min(now + _RETRY_INTERVAL, entry.usable_until)
            _log.error("The cached content of the secret %s is used for up to %.0f s more: %s",
                       name, entry.usable_until - now, error)  # fmt: skip
        return entry.content

    def _load(self, entry: _Entry, content: bytes | None) -> None:
        now = self._clock()
        entry.content, entry.is_loaded, entry.failure = content, True, None
        entry.fresh_until = now + (self._caching.missing if content is None else self._caching.fresh)
        # A missing secret has no grace period: it may have been created meanwhile.
        entry.usable_until = entry.fresh_until + (0 if content is None else self._caching.grace)
