"""Everything that a text may mean to its recipient, once its encodings are undone.

A server that has been given a secret may write it into a URL in any encoding. These are undone, in any
order and number: percent-encoding, with a plus or %20 for a space, and `%uXXXX`; HTML escapes; the escapes
of JSON and JavaScript (backslash and `uXXXX`, `u{X}`, `xXX`, or the character itself); UTF-16 and UTF-32;
and UTF-8 that was read as Latin-1 or Windows-1252, once or more often. Inside of these, up to two layers of
hexadecimal digits (of either case, with any separators) and of base64 (of either alphabet, with or without
padding, spaces or line breaks) are undone, wherever they begin: inside a longer text, a secret has one of
three alignments in base64 and one of two in hexadecimal digits.

Other encodings, encryption, compression, and a secret in several pieces are not found.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, unhexlify
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from urllib.parse import unquote_to_bytes

_MOST_ROUNDS = 16
"""How often all escapes are undone one after another; percent layers alone take one round, however many."""

_MOST_LAYERS = 2
"""How many layers of hexadecimal digits and base64 are undone."""

LONGEST_TEXT = 1 << 14
"""A longer text, in characters, isn't searched. RFC 9110 (4.1) recommends to support URLs of 8,000 octets."""

_MOST_BYTES = 1 << 18
"""How much one text is decoded to; only an attacker needs more."""

_LEAST = 8
"""The shortest secret, in bytes, that is found as a part of a text."""

_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")
_PERCENT_LAYERS = re.compile(rb"%(?:25)+(?=[0-9A-Fa-f]{2}|u)")
_HTML_LAYERS = re.compile(rb"&(?:amp;)+(?=#|[A-Za-z]{1,31};)")
_HTML = re.compile(rb"&(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};)")
# Of several backslashes the last one counts; those that are left over are removed in the end.
_UNITS = re.compile(rb"\\u[0-9A-Fa-f]{4}(?:\\+u[0-9A-Fa-f]{4})*")
_PERCENT_UNITS = re.compile(rb"%u[0-9A-Fa-f]{4}(?:%u[0-9A-Fa-f]{4})*")
_POINT = re.compile(rb"\\(?:u\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2}))")
_CHARACTER = re.compile(rb"\\([\"'/nrt])")
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_HEX_DIGITS = re.compile(rb"u([0-9A-Fa-f]{4})")

_MAY_HAVE_ESCAPES = re.compile(r"[%&+\\]")

_ALL = bytes(range(256))
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHER_BASE64 = bytes.maketrans(b"-_ ", b"+/+")  # a plus that was decoded is a space
_NOT_BASE64 = bytes(set(_ALL) - set(_BASE64) - set(b"-_"))
_NOT_BASE64_NOR_SPACE = bytes(set(_NOT_BASE64) - set(b" "))
_NOT_HEX = bytes(set(_ALL) - set(b"0123456789abcdefABCDEF"))
_IS_BASE64 = bytes(48 + (byte in _BASE64 + b"-_") for byte in _ALL)
_EIGHT_BYTES = b"1" * 11
_PRINTABLE = bytes(range(32, 127))
_FOLDED = bytes.maketrans(b"+", b" ")


class TooManyEncodingsError(ValueError):
    """A text has more layers of encodings than are undone: it can't be searched."""


def decodings(text: str) -> list[bytes]:
    """Return the text's bytes and all its decodings, in UTF-8 unless the text has another encoding.

    They are folded: a plus is a space, and there are no backslashes, since encodings leave these open.

    Raises:
        TooManyEncodingsError: the text is too long, or has more layers of encodings than are undone.
    """
    found: dict[bytes, bytes] = {}
    left = _MOST_BYTES
    layer: Iterable[bytes] = [text.encode("utf-8", "surrogatepass")]
    if len(text) > LONGEST_TEXT:
        raise TooManyEncodingsError
    for depth in range(_MOST_LAYERS + 1):
        stages = []
        for data in layer:
            for stage in _unescaped(data):
                if stage in found:
                    continue
                found[stage] = _folded(stage)
                left -= len(stage)
                if left < 0:
                    raise TooManyEncodingsError
                if depth == 0 or _may_be_encoded(stage):
                    stages.append(stage)
        layer = chain.from_iterable(map(_decoded, stages))
    return list(found.values())


def folded(secret: str) -> set[bytes]:
    """Return the bytes as which `decodings` show a secret, however it was encoded."""
    forms = {secret.encode("utf-8", "surrogatepass")}
    if not secret.isascii():
        try:
            forms.add(secret.encode("latin-1"))  # in the header of a request, or with its zeros removed
        except UnicodeEncodeError:
            units = {secret.encode(name, "surrogatepass") for name in ("utf-16-le", "utf-16-be")}
            forms |= units | {form.replace(b"\0", b"") for form in units}
    if _MAY_HAVE_ESCAPES.search(secret):
        forms = {_folded(form) for raw in forms for form in (raw, list(_unescaped(raw))[-1])}
    return {form for form in forms if len(form) >= _LEAST}


def _may_be_encoded(data: bytes) -> bool:
    """Return whether bytes that were decoded may hold a further encoding, rather than being random."""
    return _EIGHT_BYTES in data.translate(_IS_BASE64) or 2 * len(data.translate(None, _PRINTABLE)) < len(data)


def unescaped(text: str) -> set[str]:
    """Return a short text, and what is left when its escapes are undone."""
    return {
        text,
        *(stage.decode("utf-8", "replace") for stage in _unescaped(text.encode("utf-8", "replace"))),
    }


def _folded(data: bytes) -> bytes:
    """Return the text without what encodings leave open: whether a plus is a space, and backslashes."""
    return data.translate(_FOLDED, b"\\")


def _unescaped(data: bytes) -> Iterator[bytes]:
    """Yield a text, and what is left of it after each kind of escapes is undone, until none is left."""
    yield data
    for _ in range(_MOST_ROUNDS):
        before = data
        for undo in _ESCAPES:
            undone = undo(data)
            if undone != data:
                data = undone
                yield data
        if data == before:
            return
    raise TooManyEncodingsError


def _without_percent_layers(data: bytes) -> bytes:
    return _PERCENT_LAYERS.sub(b"%", data) if b"%25" in data else data


def _without_percent(data: bytes) -> bytes:
    return unquote_to_bytes(data) if _PERCENT.search(data) else data


def _without_html(data: bytes) -> bytes:
    if b"&" not in data:
        return data
    return _HTML.sub(lambda match: _character(match[0]), _HTML_LAYERS.sub(b"&", data))


@lru_cache(maxsize=256)
def _character(reference: bytes) -> bytes:
    from html import unescape  # noqa: PLC0415 - it loads a table of all entities

    if not reference.strip(b"&#xX0;"):
        return b"\0"  # for HTML it is U+FFFD, for UTF-16 a zero
    return unescape(reference.decode("ascii")).encode("utf-8", "replace")


def _without_units(data: bytes) -> bytes:
    if b"\\u" in data:
        data = _UNITS.sub(_text_of_units, data)
    return _PERCENT_UNITS.sub(_text_of_units, data) if b"%u" in data else data


def _text_of_units(match: re.Match[bytes]) -> bytes:
    units = unhexlify(b"".join(_HEX_DIGITS.findall(match[0])))
    return units.decode("utf-16-be", "replace").encode()


def _without_backslashes(data: bytes) -> bytes:
    if b"\\" not in data:
        return data
    with_points = _POINT.sub(lambda match: _text_of_point(match[1] or match[2]), data)
    return _CHARACTER.sub(lambda match: _CONTROLS.get(match[1], match[1]), with_points)


def _text_of_point(digits: bytes) -> bytes:
    number = int(digits, 16)
    return chr(number).encode("utf-8", "replace") if number <= 0x10FFFF else b"?"  # noqa: PLR2004 - the last one


def _without_zeros(data: bytes) -> bytes:
    return data.replace(b"\0", b"") if data.count(0) >= _LEAST - 1 else data


def _without_misreading(data: bytes) -> bytes:
    """Return the bytes that were read in another encoding than UTF-8, and written in UTF-8."""
    if data.isascii():
        return data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    encoding = "latin-1" if max(text) <= "\xff" else "cp1252"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return data


_ESCAPES: tuple[Callable[[bytes], bytes], ...] = (
    _without_percent_layers,
    _without_units,
    _without_percent,
    _without_html,
    _without_backslashes,
    _without_misreading,
    _without_zeros,
)


def _decoded(data: bytes) -> Iterator[bytes]:
    """Yield what the text is in base64 and hexadecimal digits, for each place where these may begin.

    Everything that isn't a digit is left out first: this moves the beginning, and all are tried.
    """
    texts = {data.translate(_OTHER_BASE64, _NOT_BASE64), data.translate(_OTHER_BASE64, _NOT_BASE64_NOR_SPACE)}
    for text in texts:
        if len(text) >= len(_EIGHT_BYTES):
            for start in range(4):
                yield _from_base64(text[start:])
    digits = data.replace(b"0x", b"").translate(None, _NOT_HEX)
    if len(digits) >= 2 * _LEAST:
        yield unhexlify(digits[: len(digits) // 2 * 2])
        yield unhexlify(digits[1 : (len(digits) - 1) // 2 * 2 + 1])


def _from_base64(digits: bytes) -> bytes:
    whole = digits[:-1] if len(digits) % 4 == 1 else digits
    return a2b_base64(whole + b"=" * (-len(whole) % 4))
