"""How large a document may be; everything that reads one relies on these limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

LARGEST = 1 << 18
"""The most characters that the texts of a document have together; those of a real one are a few thousand."""

DEEPEST = 50
"""The most levels of lists and objects in a document."""

MOST_ORIGINS = 1000
"""The most entries of `allowed_origins`; each costs a URL that is parsed, or a pattern that is compiled."""


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


def too_many_origins(document: Mapping[str, object]) -> Iterator[Finding]:
    """Find more origins than a connection can have."""
    origins = document.get("allowed_origins")
    if isinstance(origins, (list, tuple)) and len(origins) > MOST_ORIGINS:
        message = f"The field allowed_origins has more than {MOST_ORIGINS} entries."
        yield finding("wrong_type", message, advice="Give patterns, such as https://*.example.com.")


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.keys()
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value
