"""Which JSONPaths of a document are refused before a server's reply is searched by them; no I/O."""

from __future__ import annotations

import re

# A search by a pattern may be kept busy for ever by the text that it searches.
_PATTERN = re.compile(r"=~|\b(?:match|search)\s*\(")


def whole(path: str) -> str:
    """Return a path from the root on, which `$` may be left out of."""
    return path if path.startswith("$") else f"$.{path}"


def slow(path: str) -> str | None:
    """Return why a path may take far longer than the reply is long, None where it may not.

    Each further descendant segment (RFC 9535 section 2.5.2) visits all that is below each visit of the
    one before.
    """
    if _PATTERN.search(path):
        return "searches by a pattern, which may take for ever"
    if whole(path).count("..") > 1:
        return "has more than one .., which may take for ever"
    return None
