"""How large a document may be; everything that reads one relies on these limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

LARGEST = 1 << 18
"""The most characters that the texts of a document have together; those of a real one are a few thousand."""

DEEPEST = 50
"""The most levels of lists and objects in a document."""


def excess(document: Mapping[str, object]) -> str:
    """Return what the document has too much of, "" for nothing; all that reads it relies on these limits."""
    level: list[object] = [document]
    size = 0
    for _ in range(DEEPEST + 1):
        texts = [item for item in level if isinstance(item, str)]
        size += sum(map(len, texts)) + len(level) - len(texts)
        if size > LARGEST:
            return f"has more than {LARGEST} characters"
        level = [part for item in level for part in _parts(item)]
        if not level:
            return ""
    return f"is nested more than {DEEPEST} levels deep"


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value
