"""A connection that somebody pastes, in any form that `formats` reads."""

from __future__ import annotations

from typing import Any

from watchword.connections.imports.entry import missing, unreadable
from watchword.connections.imports.formats import chosen, entries_in
from watchword.connections.imports.values import values_in
from watchword.errors import DocumentError


def document_in(text: str, name: str, values: str = "") -> tuple[dict[str, Any], list[str]]:
    """Return the document in a pasted text, and remarks on what it does differently.

    Args:
        text: in one of the forms that `formats.FORMS` lists.
        name: the connection's name; of a text with several connections, it says which one is meant.
        values: a text with the values that the first one refers to by name, such as Postman's environment.

    Raises:
        DocumentError: the text is none of these, or lacks a value; no message shows any of it.
    """
    known = values_in(values) if values.strip() else {}
    (entry,) = chosen(entries_in(text, name, known), name, "")
    if entry.findings:
        raise DocumentError(list(entry.findings))
    if entry.skipped:
        raise unreadable(
            f"The connection can't be used: {entry.skipped}.", "Give one that calls an HTTP API."
        )
    if entry.lacking:
        lines = ", ".join(f"{each}=…" for each in entry.lacking)
        raise missing(entry.lacking, f"Give them under Values, one line each: {lines}")
    return dict(entry.document), list(entry.remarks)
