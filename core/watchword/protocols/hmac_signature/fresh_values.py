"""The values that are new in each signature: the time and the nonce, in the forms that APIs require."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping
from email.utils import formatdate
from threading import Lock
from typing import Any, Literal, TypeAlias
from uuid import UUID

from watchword import forks
from watchword.flow import Context

TimestampFormat: TypeAlias = Literal[
    "seconds",
    "milliseconds",
    "microseconds",
    "iso8601",
    "iso8601_milliseconds",
    "iso8601_without_zone",
    "iso8601_short_year",
    "rfc9110",
    "rfc2822",
]
NonceFormat: TypeAlias = Literal["uuid", "hex", "increasing"]

_LAST = "hmac_signature.nonce"
"""The entry of the flow's memory that holds the last increasing nonce."""


class _Lock:
    """A lock that a forked child replaces: another thread of the parent may hold it."""

    def __init__(self) -> None:
        self.lock = Lock()
        forks.reset_in_child(self)

    def begin_child(self) -> None:
        """Replace the lock."""
        self.lock = Lock()


_nonces = _Lock()


def timestamp(form: TimestampFormat, now: float) -> str:
    """Return a time, in seconds since 1970, in the form that an API requires."""
    return _TIMESTAMPS[form](now)


def nonce(form: NonceFormat, context: Context) -> str:
    """Return a nonce; an increasing one is the time in microseconds, and greater than the last one."""
    if form == "increasing":
        return str(_increasing(context.memory, round(context.now() * 1_000_000)))
    digits = context.nonce()
    return str(UUID(digits, version=4)) if form == "uuid" else digits


def _increasing(memory: MutableMapping[str, Any], number: int) -> int:
    """Return the number, or the one after the last nonce if that is greater: two threads get two numbers."""
    with _nonces.lock:
        last: int = memory.get(_LAST, 0)
        memory[_LAST] = increased = max(number, last + 1)
    return increased


def _iso8601(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def _iso8601_milliseconds(now: float) -> str:
    seconds, milliseconds = divmod(round(now * 1000), 1000)
    return f"{_iso8601(seconds).removesuffix('Z')}.{milliseconds:03}Z"


_TIMESTAMPS: Mapping[TimestampFormat, Callable[[float], str]] = {
    "seconds": lambda now: str(int(now)),
    "milliseconds": lambda now: str(round(now * 1000)),
    "microseconds": lambda now: str(round(now * 1_000_000)),
    "iso8601": _iso8601,
    "iso8601_milliseconds": _iso8601_milliseconds,
    "iso8601_without_zone": lambda now: _iso8601(now).removesuffix("Z"),
    "iso8601_short_year": lambda now: time.strftime("%y%m%dT%H%M%SZ", time.gmtime(now)),
    "rfc9110": lambda now: formatdate(now, usegmt=True),
    "rfc2822": formatdate,
}
