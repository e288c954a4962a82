"""Walk through DER (X.690): the lengths of values, without their meaning; BER is converted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

INTEGER, SEQUENCE = 0x02, 0x30
_LONG = 0x80
_LENGTH_BYTES = 4
_CONSTRUCTED, _OCTETS, _MORE_TAG = 0x20, 0x04, 0x1F
_END, _OPEN = b"\0\0", b"\x30\x80"
_DEEPEST = 40


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


def definite(data: bytes, *, inside: bool = False) -> bytes:
    """Return BER as DER has it: each value with its length, and each OCTET STRING in one piece.

    `inside` says that values in an OCTET STRING are converted too, although a signature may cover them.
    Raises NotDer for anything that isn't one value in BER.
    """
    value, end = _definite(data, 0, inside=inside, depth=0)
    if end != len(data):
        raise NotDer
    return value


def _definite(data: bytes, at: int, *, inside: bool, depth: int) -> tuple[bytes, int]:
    """Return the value at an offset with its length, and where it ends."""
    tag, start, end = _begun(data, at)
    if depth > _DEEPEST:
        raise NotDer
    if not tag & _CONSTRUCTED:
        if end is None:
            raise NotDer
        content = data[start:end]
        if inside and tag == _OCTETS and content.startswith(_OPEN):
            content, _ = _definite(content, 0, inside=True, depth=depth + 1)
        return _with_length(tag, content), end
    is_string = tag == _OCTETS | _CONSTRUCTED
    parts: list[bytes] = []
    while not (data.startswith(_END, start) if end is None else start >= end):
        part, start = _definite(data, start, inside=inside and not is_string, depth=depth + 1)
        parts.append(part[lengths(part)[0] :] if is_string else part)
    if end is not None and start > end:
        raise NotDer
    end = start + len(_END) if end is None else end
    if not is_string:
        return _with_length(tag, b"".join(parts)), end
    whole = _with_length(_OCTETS, b"".join(parts))
    return (_definite(whole, 0, inside=True, depth=depth + 1)[0] if inside else whole), end


def _begun(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Return the tag at an offset, and where the content begins and ends; None if its end is marked."""
    tag = data[at] if at < len(data) else _MORE_TAG
    if tag & _MORE_TAG == _MORE_TAG:
        raise NotDer
    if data[at + 1 : at + 2] == bytes([_LONG]):
        return tag, at + 2, None
    size, length = lengths(data[at : at + 2 + _LENGTH_BYTES])
    if not size or at + size + length > len(data):
        raise NotDer
    return tag, at + size, at + size + length


def _with_length(tag: int, content: bytes) -> bytes:
    if len(content) < _LONG:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG | len(size)]) + size + content


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
