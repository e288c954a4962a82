"""The text of a body and its JSON; no I/O."""

from __future__ import annotations

import json
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from typing import Any

_MARKS = (BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE)


def decoded(body: bytes, charset: str | None = None) -> str:
    """Return a body's text; UTF-8 stands in for an unknown charset, and U+FFFD for what can't be decoded.

    A byte order mark, or the zero bytes of UTF-16 and UTF-32, count more than the charset that is declared.
    """
    if body.startswith(_MARKS) or b"\0" in body[:4]:
        charset = json.detect_encoding(body)
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, UnicodeError):
        return body.decode("utf-8", "replace")


def read_json(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return a text's JSON value; raises ValueError if it isn't JSON, or is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def parsed(text: str) -> object:
    """Return the JSON object or list in a body, whatever its declared type; None if it holds neither."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
