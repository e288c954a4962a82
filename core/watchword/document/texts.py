"""Texts that no field of a document may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.half_characters import has_half_character

PLACEHOLDERS = frozenset({"***", "********"})
"""The text that hosts show and send in place of a secret."""


def placeholders(entries: Mapping[str, Any]) -> Iterator[Finding]:
    """Find what hosts show in place of a secret."""
    for name, value in entries.items():
        if any(text.strip() in PLACEHOLDERS for text in _texts(value)):
            message = f"The field {name} holds asterisks, which hosts show in place of a secret."
            yield finding("placeholder_secret", message)


def unusable(entries: Mapping[str, Any]) -> Iterator[Finding]:
    """Find text that can't be sent.

    A subclass of text is refused too: Dagster's EnvVar holds a secret's name, which would be sent.
    """
    for name, value in entries.items():
        if any(map(has_half_character, (name, *_texts(value)))):
            yield finding("wrong_type", f"The field {name[:40]!r} holds half a character (a lone surrogate).")
        kinds = {type(text).__name__ for text in _texts(value) if type(text) is not str}
        if kinds:
            message = f"The field {name} should hold plain text but holds {', '.join(sorted(kinds))}."
            yield finding("wrong_type", message, advice="Give its value, or a reference such as env:NAME.")


def _texts(value: object) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Mapping):
            pending.extend((*item.keys(), *item.values()))
        elif isinstance(item, (list, tuple)):
            pending.extend(item)
