"""Airflow's connections as files hold them: its export in any form, its variables, its lists of connections.

`airflow connections export` writes such files, and `airflow.secrets.local_filesystem` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from watchword.connections.airflow_format import parse_connection
from watchword.connections.imports.airflow import http_connection
from watchword.connections.imports.airflow.likeness import IDS, OF_LISTS, PREFIX, are_connections
from watchword.connections.imports.entry import Entry, check_count, failed, unreadable
from watchword.connections.imports.env_lines import Line, lines_in
from watchword.connections.imports.other_files import named_text
from watchword.errors import DocumentError
from watchword.findings.codes import finding

VARIABLE = "AIRFLOW_CONN_"
"""The prefix of Airflow's variables that hold a connection; the connection's name follows in capitals."""


def entry_of(text: str, name: str, *, is_named: bool = True) -> Entry:
    """Return the connection in Airflow's URI or JSON of one; of another type it is skipped."""
    return replace(_entry(text, name), is_named=is_named)


def _entry(text: str, name: str) -> Entry:
    try:
        connection = parse_connection(text, name)
        if not http_connection.is_convertible(connection):
            return Entry(
                name, skipped=f"a connection {connection.type_in_words} isn't HTTP, as far as is known"
            )
        document, remarks = http_connection.convert(connection)
    except DocumentError as error:
        return failed(name, error)
    return Entry(name, document, tuple(remarks))


def entries_in_lines(text: str) -> list[Entry]:
    """Return the connections in lines of ID=URI or ID={JSON}.

    If the text has variables AIRFLOW_CONN_ID, its other lines are left out.

    Raises:
        DocumentError: the lines are other settings.
    """
    lines = list(lines_in(text))
    variables = [line for line in lines if line.name.startswith(VARIABLE)]
    if not variables and not are_connections((line.name, line.value) for line in lines):
        raise named_text(text) or _not_connections()
    ids: dict[str, list[Line]] = {}
    for line in variables or lines:
        name = line.name.removeprefix(VARIABLE).lower() if variables else line.name
        # Other text isn't shown: it may be a part of a key.
        is_meant = bool(variables) or _is_connection(line.value)
        ids.setdefault(name if is_meant else f"line {line.number}", []).append(line)
    check_count(len(ids))
    return [_entry_of_lines(name, same) for name, same in ids.items()]


def _is_connection(value: str) -> bool:
    return value.startswith("{") or "://" in value


def _entry_of_lines(name: str, lines: list[Line]) -> Entry:
    line = lines[0]
    if len(lines) > 1:
        numbers = ", ".join(str(each.number) for each in lines)
        return _given_twice(name, f"on the lines {numbers}")
    problem = line.problem or ("" if _is_connection(line.value) else "it is neither a URI nor JSON")
    if problem:
        message = f"Line {line.number} can't be read: {problem}."
        return failed(name, unreadable(message, "Write it as ID=URI or ID={JSON}."))
    return entry_of(line.value, name)


def _not_connections() -> DocumentError:
    message = (
        "The text has lines of NAME=VALUE, but they aren't connections of Airflow's: no name begins with "
        f"{VARIABLE}, and no value has a connection type."
    )
    advice = (
        f"Name each variable that holds a connection {VARIABLE}NAME. Give values that a collection or "
        "manifest refers to with --variables."
    )
    return unreadable(message, advice)


def connections_by_id(content: object) -> Mapping[str, Any] | None:
    """Return the connections in a structure of Airflow's by their ids; None if it is another structure."""
    if isinstance(content, dict) and isinstance(content.get("connections"), list):
        content = content["connections"]  # the answer of Airflow's REST API
    if isinstance(content, dict) and isinstance(content.get("airflow"), dict):
        content = content["airflow"].get("connections")  # of the Astro CLI
    if isinstance(content, list):
        ids = [_id_of(each) for each in content]
        is_meant = all(ids) and are_connections(zip(ids, content, strict=True))
        return _by_id(ids, content) if is_meant else None
    named = {str(name): each for name, each in content.items()} if isinstance(content, dict) else {}
    variables = {name: each for name, each in named.items() if name.startswith(VARIABLE)}
    if variables:
        return {name.removeprefix(VARIABLE).lower(): each for name, each in variables.items()}
    return named if are_connections(named.items()) else None


def _id_of(connection: object) -> str:
    if not isinstance(connection, dict):
        return ""
    return next((str(connection[key]) for key in IDS if connection.get(key)), "")


def _by_id(ids: list[str], connections: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, connection in zip(ids, connections, strict=True):
        found[name] = [found[name], connection] if name in found else connection
    return found


def entry_by_id(name: str, content: object, *, is_named: bool = True) -> Entry:
    """Return the connection that an export has under an id."""
    if isinstance(content, list):
        if len(content) > 1:
            return _given_twice(name, "more than once")
        content = content[0] if content else None
    if isinstance(content, dict):
        content = json.dumps(_columns(content))
    if not isinstance(content, str) or not _is_connection(content):
        message = f"The entry {name[:80]!r} is neither a URI nor an object."
        return failed(name, unreadable(message, "Write it as Airflow does."))
    return entry_of(content, name, is_named=is_named)


def _columns(content: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a connection's entries under Airflow's own names."""
    columns = {str(key): value for key, value in content.items()}
    if columns.keys() & {f"{PREFIX}host", f"{PREFIX}extra", f"{PREFIX}login", f"{PREFIX}password"}:
        columns = {
            key.removeprefix(PREFIX) if key != "conn_type" and key not in IDS else key: value
            for key, value in columns.items()
        }
    if "extra_dejson" in columns:
        columns.setdefault("extra", columns["extra_dejson"])
        del columns["extra_dejson"]
    return {key: value for key, value in columns.items() if key not in OF_LISTS}


def entries_by_id(connections: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield each connection of an export; raises DocumentError if there are too many."""
    check_count(len(connections))
    for number, (name, content) in enumerate(connections.items(), 1):
        is_text = isinstance(content, str) and not _is_connection(content)
        yield entry_by_id(f"entry {number}" if is_text or not name else name, content)


def _given_twice(name: str, where: str) -> Entry:
    message = f"The file has the connection {name[:80]!r} {where}."
    return Entry(name, findings=(finding("given_twice", message, advice="Leave one of them."),))
