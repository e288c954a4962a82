"""Binary content, such as PKCS#12, as the text that a secret is: a data URL (RFC 2397)."""

from __future__ import annotations

import base64
import re

_DATA = re.compile(r"(?i)data:[a-z0-9.+/-]{0,80};base64,")


def as_text(content: bytes) -> str:
    """Return binary content as text."""
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode('ascii')}"


def is_binary(text: str) -> bool:
    """Return whether a text stands for binary content."""
    return _DATA.match(text) is not None


def from_text(text: str) -> bytes:
    """Return the content that a text stands for; nothing for any other text."""
    match = _DATA.match(text)
    try:
        return base64.b64decode(text[match.end() :], validate=True) if match else b""
    except ValueError:
        return b""
