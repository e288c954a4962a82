"""The connections that the doctor looks at: those that were named, and those stored on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import typer

from watchword.cli.doctor.line import Line, of_error, ok, problem
from watchword.cli.doctor.store import StoreLook
from watchword.cli.documents import STDIN, is_stored, open_connection
from watchword.connection import Connection
from watchword.connections import by_name
from watchword.errors import WatchwordError
from watchword.secrets import sources
from watchword.secrets.vault import open_vault

TOPIC = "connection"


def is_file(argument: str) -> bool:
    """Return whether an argument is a file or stdin; a name that isn't SCHEME:NAME is looked up instead."""
    has_path = argument == STDIN or argument.endswith(".json") or "/" in argument or os.sep in argument
    return has_path and not is_stored(argument)


def named(argument: str, store: StoreLook, opened: list[Connection]) -> Iterator[Line]:
    """Open a connection that was named, and yield whether it can be used; raises WatchwordError if not."""
    is_document = is_file(argument)
    if not is_document:
        store.demand_unchanged()
    try:
        by_argument = is_document or is_stored(argument)
        connection = open_connection(argument) if by_argument else by_name.connect(argument)
    except typer.Exit:  # its reason is on stderr
        yield problem(TOPIC, f"{argument} can't be opened.", "Correct the name; the reason is above.")
        return
    opened.append(connection)
    method = connection.document.method.method
    yield ok(TOPIC, f"{argument} can be read; its method is {method}")


def stored_connections(store: StoreLook, opened: list[Connection]) -> Iterator[Line]:
    """Add the connections in variables and in the vault; yield those that can't be read."""
    known = {connection.name for connection in opened}
    for name in sorted({*_in_variables(), *_in_vault(store)} - known):
        yield from _added(name, opened)


def _added(name: str, opened: list[Connection]) -> Iterator[Line]:
    try:
        opened.append(by_name.connect(name))
    except WatchwordError as error:
        yield of_error(TOPIC, error)


def _in_variables() -> Iterator[str]:
    if sources.ENVIRONMENT in sources.configured_sources():
        lead = by_name.VARIABLE
        yield from (name.removeprefix(lead).lower() for name in os.environ if name.startswith(lead))


def _in_vault(store: StoreLook) -> list[str]:
    if sources.VAULT not in sources.configured_sources() or not store.is_done:
        return []  # lines above say that the store can't be looked at
    seen = store.seen()
    return list(by_name.names(open_vault())) if seen and seen.is_ready else []
