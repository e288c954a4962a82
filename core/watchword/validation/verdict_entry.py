"""One verdict as the history of a connection keeps it: without evidence and message, which quote a server."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from watchword.findings.finding import Verdict
from watchword.findings.where import Where
from watchword.stores.rows import RowMalformedError
from watchword.tokens.record import StoreTime

_1970 = datetime(1970, 1, 1, tzinfo=timezone.utc)

_FARTHEST = 6e10
"""The times before and after 1970 that a calendar has, in seconds."""

_USUAL = 400
"""Most lines are shorter, in bytes."""

_TYPES = [str, str, str, float, float, str, str, str]


class Entry(NamedTuple):
    """A verdict, the name of the code that decided it, when by the store's clock, and where."""

    verdict: Verdict
    code: str
    at: StoreTime
    where: Where

    @property
    def date(self) -> datetime:
        """When it was noted, by the clock of the machine that has validated."""
        return _1970 + timedelta(seconds=self.at.wall)

    def says_the_same(self, other: Entry) -> bool:
        """Return whether verdict and code are equal."""
        return (self.verdict, self.code) == (other.verdict, other.code)


def packed(entries: Iterable[Entry]) -> bytes:
    """Return entries as compressed lines of JSON; the newest comes first, since lists show it alone."""
    lines = map(_line, reversed(list(entries)))
    return zlib.compress("\n".join(lines).encode(), 1)


def unpacked(content: bytes) -> Sequence[Entry]:
    """Return the entries of a packed history in their order, none for b""; raises RowMalformedError."""
    if not content:
        return []
    return [_entry(line) for line in reversed(_lines(content, 0))]


def last_of(content: bytes) -> Entry:
    """Return the last entry of a packed history; raises RowMalformedError."""
    first, *more = _lines(content, _USUAL)
    return _entry(first if more else _lines(content, 0)[0])


def _lines(content: bytes, most: int) -> Sequence[bytes]:
    """Return the lines in so many bytes at most, the last one maybe cut off; 0 means all of them."""
    try:
        return zlib.decompressobj().decompress(content, most).split(b"\n")
    except zlib.error:
        raise RowMalformedError from None


def _line(entry: Entry) -> str:
    at = entry.at
    parts = [entry.verdict.value, entry.code, at.epoch, float(at.tick), float(at.wall), *entry.where]
    return json.dumps(parts, separators=(",", ":"))


def _entry(line: bytes) -> Entry:
    try:
        parts: Any = json.loads(line.decode())
        if type(parts) is not list or [type(part) for part in parts] != _TYPES:
            raise RowMalformedError
        verdict, code, epoch, tick, wall, kind, job, machine = parts
        if not -_FARTHEST < wall < _FARTHEST:  # nor NaN
            raise RowMalformedError
        return Entry(Verdict(verdict), code, StoreTime(epoch, tick, wall), Where(kind, job, machine))
    except (ValueError, RecursionError):
        raise RowMalformedError from None
