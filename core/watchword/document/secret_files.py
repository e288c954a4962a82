"""Whether the files of a document's secrets have changed: Kubernetes and Vault rotate some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from watchword.document.references import FILE, Reference

FileStates: TypeAlias = Mapping[str, "tuple[int, int, int] | None"]
"""What tells a file's content from another, by its path; None for a file that can't be found."""


def states_of(references: Iterable[str]) -> FileStates:
    """Return the state of each file that is referred to; it is taken before the file is read."""
    parsed = (Reference.parse(text) for text in references)
    return {reference.name: _state(reference.name) for reference in parsed if reference.scheme == FILE}


def have_changed(states: FileStates) -> bool:
    """Return whether a file has other content; one that is missing is being replaced, and counts later."""
    return any((now := _state(path)) is not None and now != state for path, state in states.items())


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
