"""Walk through DER (X.690): the lengths of values, without their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

INTEGER, SEQUENCE = 0x02, 0x30
_LONG = 0x80
_LENGTH_BYTES = 4


class NotDer(ValueError):  # noqa: N818 - the name says what is wrong
    """Bytes aren't a value in DER."""


class Der(NamedTuple):
    """A value: its tag, and where its content begins and ends."""

    tag: int
    start: int
    end: int

    def content(self, data: bytes) -> bytes:
        """Return the content of the value."""
        return data[self.start : self.end]


def header(data: bytes, at: int, limit: int | None = None) -> Der:
    """Return the value that begins at an offset; raises NotDer if it has no definite length that fits."""
    limit = len(data) if limit is None else limit
    size, content = lengths(data[at : min(at + 2 + _LENGTH_BYTES, limit)])
    if not size or at + size + content > limit:
        raise NotDer
    return Der(data[at], at + size, at + size + content)


def children(data: bytes, value: Der) -> Iterator[Der]:
    """Yield the values in a value; raises NotDer if its content isn't a row of values."""
    at = value.start
    while at < value.end:
        child = header(data, at, value.end)
        yield child
        at = child.end


def lengths(data: bytes) -> tuple[int, int]:
    """Return the lengths of a value's header and content, in bytes; zeros if there is no valid header."""
    if len(data) < 2:  # noqa: PLR2004 - tag and length
        return 0, 0
    count = data[1] - _LONG
    if count < 0:
        return 2, data[1]
    if not 0 < count <= _LENGTH_BYTES:
        return 0, 0
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")
