"""Which form a text has that somebody imports: the one place that decides, by the text's content alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from watchword.connections.imports import bru_text, bruno, insomnia, openapi, other_files
from watchword.connections.imports.airbyte import manifest
from watchword.connections.imports.airflow import export
from watchword.connections.imports.airflow.likeness import is_connection, is_page
from watchword.connections.imports.curl import command
from watchword.connections.imports.curl.words import command_in
from watchword.connections.imports.entry import Entry, failed, slug, unreadable
from watchword.connections.imports.env_lines import looks_like_lines
from watchword.connections.imports.postman import collection
from watchword.connections.imports.stored_safely import stored_safely
from watchword.connections.imports.structured_text import is_json, structure_in
from watchword.connections.imports.values import Values, is_environment
from watchword.connections.storable import normalized
from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.half_characters import has_half_character

LONGEST = 4 << 20
"""The most characters of a text that is imported."""

_MOST_NAMES = 20

FORMS = (
    "a connection document, Airflow's URI or JSON of a connection, its export (JSON, YAML, .env), variables "
    "AIRFLOW_CONN_NAME, a curl command, a collection of Postman, Insomnia or Bruno, an Airbyte manifest, or "
    "an OpenAPI document"
)

_SETTINGS = (
    "The text has names with values, but it isn't a connection: the entry method of a connection document is "
    "missing, and so is the conn_type of Airflow's."
)
_ONE_OF_THEM = "Give a connection with one of them. Values for a collection are given with --variables."

_OTHER_COMMAND = re.compile(
    r"(?i)(wget|https?|xh|Invoke-WebRequest|Invoke-RestMethod|iwr|irm|fetch)(?:\.exe)?(?:\s+(?=\S)|\()"
)
"""Programs whose commands people copy instead of curl's: wget, HTTPie, PowerShell, a browser's console."""


class _Structure(NamedTuple):
    """A form of JSON and YAML, how it is recognised, and how it is read."""

    is_meant: Callable[[Mapping[Any, Any]], bool]
    read: Callable[[Mapping[Any, Any], Values], list[Entry]]


_STRUCTURES = (
    _Structure(collection.is_collection, collection.entries_in),
    _Structure(insomnia.is_export, insomnia.entries_in),
    _Structure(bruno.is_export, bruno.entries_in),
    _Structure(manifest.is_manifest, manifest.entries_in),
    _Structure(openapi.is_description, openapi.entries_in),
)


def entries_in(text: str, name: str, values: Values) -> list[Entry]:
    """Return the connections in a text.

    Args:
        text: in one of the forms that `FORMS` lists.
        name: of the text or its only connection, for messages.
        values: by name, of what the text refers to.

    Raises:
        DocumentError: the text has none of these forms, or can't be read; no message shows any of it.
    """
    text = text.strip("\ufeff \t\r\n")
    if len(text) > LONGEST:
        raise unreadable(f"The text has more than {LONGEST} characters.", "Leave out what isn't needed.")
    if has_half_character(text):
        raise unreadable("The text holds half a character (a lone surrogate).", "Give it as UTF-8 text.")
    return [stored_safely(entry) for entry in _entries(text, name, values)]


def _entries(text: str, name: str, values: Values) -> list[Entry]:
    """Return the connections in a text as they are written there."""
    if command.is_command(text):
        return [_of_curl(text, name)]
    other = _OTHER_COMMAND.match(command_in(text))
    if other:
        raise unreadable(f"The text is a command of {other[1]}.", "Give it as a command of curl.")
    if bru_text.is_file(text):
        if bru_text.is_environment(text):
            raise _of_environment()
        return bruno.entries_in_file(text, values)
    if looks_like_lines(text):
        return export.entries_in_lines(text)
    if not is_json(text) and "\n" not in text and "://" in text.partition(" ")[0]:
        if is_page(text):
            raise unreadable("The text is a URL, which has no credential.", "Write curl before it.")
        return [export.entry_of(text, name, is_named=False)]
    other_file = other_files.named_text(text)
    if other_file:
        raise other_file
    return _in_structure(structure_in(text), name, values)


def chosen(entries: list[Entry], wanted: str | None, stem: str) -> list[Entry]:
    """Return entries whose labels are the names of their connections.

    Args:
        entries: of a text.
        wanted: the name of the only one to be returned; the text's only connection may have any name.
        stem: what the names of several begin with, unless the text names them itself.

    Raises:
        DocumentError: none is wanted.
    """
    if wanted is None:
        return list(_named(entries, stem))
    if len(entries) == 1 and not entries[0].is_named:
        return [replace(entries[0], label=wanted)]
    named = list(_named(entries, ""))
    for entry in sorted(named, key=lambda each: -len(each.label)):
        if entry.label == wanted or (not entry.is_named and wanted.endswith(f"-{entry.label}")):
            return [replace(entry, label=wanted, is_alternative=False)]
    raise not_chosen([each.label for each in _named(entries, stem)], f"There is no connection {wanted} in it")


def not_chosen(names: list[str], problem: str) -> DocumentError:
    """Return the error that it isn't clear which connection is meant."""
    more = ", …" if len(names) > _MOST_NAMES else ""
    message = f"{problem}; there are {', '.join(names[:_MOST_NAMES])}{more}."
    return DocumentError([finding("import_choice_needed", message)])


def _of_curl(text: str, name: str) -> Entry:
    try:
        document, remarks = command.convert(text)
    except DocumentError as error:
        return failed(name, error)
    return Entry(name, document, tuple(remarks))


def _in_structure(content: object, name: str, values: Values) -> list[Entry]:
    if isinstance(content, dict):
        if is_environment(content):
            raise _of_environment()
        for form in _STRUCTURES:
            if form.is_meant(content):
                return form.read(content, values)
        if isinstance(content.get("method"), str) and "conn_type" not in content:
            return [Entry(name, normalized(content))]
    if isinstance(content, dict) and is_connection(content):
        return [export.entry_by_id(name, content, is_named=False)]
    connections = export.connections_by_id(content)
    if connections is not None:
        return list(export.entries_by_id(connections))
    raise _refused(content)


def _refused(content: object) -> DocumentError:
    """Return the error of a structure that holds no connection."""
    known = other_files.named_structure(content)
    if known:
        return known
    if isinstance(content, dict) and any(isinstance(each, str) for each in content.values()):
        return unreadable(_SETTINGS, _ONE_OF_THEM)
    return unreadable(f"The text is none of these: {FORMS}.")


def _of_environment() -> DocumentError:
    message = "The text is an environment of Postman, Bruno or Insomnia: it holds values, and no connection."
    return unreadable(message, "Give the collection, and the environment with --variables.")


def _named(entries: list[Entry], stem: str) -> Iterator[Entry]:
    """Yield entries with names as their labels; no two have the same."""
    taken: set[str] = set()
    for entry in entries:
        name = entry.label
        if not entry.is_named:
            name = stem if len(entries) == 1 else f"{stem}-{slug(entry.label)}".strip("-")
        name = next(each for each in _numbered(name) if each not in taken)
        taken.add(name)
        yield replace(entry, label=name)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))
