"""Undo what forms, shells and environment files do to the text of a key, and name each repair."""

from __future__ import annotations

import base64
import binascii
import json
import re
from urllib.parse import unquote

_INVISIBLE = re.compile("[\ufeff\u200b-\u200d\u2060\x00]")
_QUOTES = ("\"'`\u201c\u2018", "\"'`\u201d\u2019")
# A match begins at the first of several backslashes: to begin at each would take the square of their number.
_ESCAPED_BREAK = re.compile(r"(?<!\\)(?:\\+r\\+n|\\+[rn]|\\+(?=[\r\n])|\\+\Z)")
_ESCAPED = re.compile(r"(?<!\\)(?:\\+t|\\+(?=[/=+\"'-]))")
_PERCENT = re.compile(r"(?i)%(?:0a|0d|20|2b|2f|3d)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")
_BASE64URL = str.maketrans("-_", "+/")
_HEX = re.compile(r"30(?:[0-9a-fA-F]{2})+")

# Line breaks that have lost their backslash: before the first line, which begins with M in DER and with b3 in
# OpenSSH's form, and after each line of a usual length.
_BARE_BREAKS = {
    length: re.compile(
        rf"(r?n)(?=M|b3)(?:[A-Za-z0-9+/]{{{length}}}\1)*[A-Za-z0-9+/]{{1,{length}}}={{0,2}}\1?"
    )
    for length in (64, 70, 76)
}
_IMPOSSIBLE = 1
"""The remainder, by four, that the length of a base64 text never has."""


class Repairs(dict[str, None]):
    """The names of the repairs, each once, in order."""

    def note(self, word: str) -> None:
        """Add a repair."""
        self[word] = None


class NotBase64(ValueError):  # noqa: N818 - the name says what is wrong
    """A text isn't base64 and can't be repaired; the message says why and shows nothing of the text."""


def tidied(text: str, repairs: Repairs) -> str:
    """Return the text without quotes, escapes and invisible characters."""
    visible = _INVISIBLE.sub("", text)
    if visible != text:
        repairs.note("invisible characters")
    text = _unquoted(visible.strip(), repairs)
    if _PERCENT.search(text):
        text = unquote(text)
        repairs.note("percent-encoding")
    if text.startswith("{"):
        return text  # JSON has its own escapes
    unescaped = _ESCAPED.sub("", _ESCAPED_BREAK.sub("\n", text))
    if unescaped != text:
        repairs.note("escaped line breaks")
    return unescaped.strip()


def guesses(passphrase: str) -> list[bytes]:
    """Return a passphrase as bytes, and without the line break that files and `echo` put behind it."""
    texts = dict.fromkeys((passphrase, passphrase.rstrip("\r\n")))
    return [text.encode("utf-8", "surrogatepass") for text in texts if text]


def _unquoted(text: str, repairs: Repairs) -> str:
    try:
        content = json.loads(text, strict=False) if text[:1] == '"' else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, str):
        start, end = 0, len(text)
        while end - start > 1 and text[start] in _QUOTES[0] and text[end - 1] in _QUOTES[1]:
            start, end = start + 1, end - 1
            while start < end and text[start].isspace():
                start += 1
            while start < end and text[end - 1].isspace():
                end -= 1
        content = text[start:end]
    if content != text:
        repairs.note("quotes")
    return content.strip()


def from_base64(text: str, repairs: Repairs) -> bytes:
    """Return the bytes of a base64 text, in either alphabet (RFC 4648), padded or not.

    Raises:
        NotBase64: it has other characters, or an impossible length.
    """
    squeezed = "".join(text.split())
    body = squeezed.rstrip("=").translate(_BASE64URL)
    foreign = len(_BASE64.sub("", body))
    if foreign:
        raise NotBase64(f"of its characters, {foreign} are none of base64")
    if len(body) % 4 == _IMPOSSIBLE:
        raise NotBase64(f"base64 never has {len(body)} characters: at least one was lost or added")
    padding = "=" * (-len(body) % 4)
    if len(squeezed) != len(body + padding):
        repairs.note("padding")
    return base64.b64decode(body + padding)


def without_bare_breaks(text: str, repairs: Repairs) -> str:
    """Return a key's base64 without the letter n that a shell has left of each line break."""
    squeezed = "".join(text.split())
    for length, pattern in _BARE_BREAKS.items():
        if match := pattern.fullmatch(squeezed):
            repairs.note("escaped line breaks")
            return re.sub(f"{match[1]}(.{{1,{length}}})", r"\1", squeezed.removesuffix(match[1]))
    return text


def from_hex(text: str) -> bytes | None:
    """Return the bytes of a text in hexadecimal digits; None unless they begin like DER."""
    squeezed = "".join(text.replace(":", " ").split())
    return binascii.unhexlify(squeezed) if _HEX.fullmatch(squeezed) else None
