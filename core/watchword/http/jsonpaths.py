"""JSONPaths of a document, and which of them are refused because a search may never end; no I/O."""

from __future__ import annotations

import re

# The text that is searched may keep a search by a pattern busy for ever.
_PATTERN = re.compile(r"=~|\b(?:match|search)\s*\(")


def whole(path: str) -> str:
    """Return a path that begins at the root: a document may leave out the `$`."""
    return path if path.startswith("$") else f"$.{path}"


def slow(path: str) -> str | None:
    """Return why a search by this path may never end; None if it takes about as long as the response is.

    Each further descendant segment (RFC 9535 section 2.5.2) visits everything below each node that the
    segment before has visited.
    """
    if _PATTERN.search(path):
        return "searches by a pattern, which may take for ever"
    if whole(path).count("..") > 1:
        return "has more than one .., which may take for ever"
    return None
