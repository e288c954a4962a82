"""Halves of characters (lone surrogates): JSON and the environment may hold them; nothing can send them."""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")


def has_half_character(text: str) -> bool:
    """Return whether a text holds half a character, so that it can't be encoded in UTF-8."""
    return _HALF.search(text) is not None
