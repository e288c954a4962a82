"""The command `watchword doctor`: what is wrong with this machine's set-up, in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

import typer

from watchword.cli.doctor import clock, ending, places, proxies, store, variables, versions
from watchword.cli.doctor.line import LIMIT, LOADING, Line, lines_of
from watchword.cli.doctor.store import StoreLook
from watchword.cli.doctor.stored import is_file, named, stored_connections
from watchword.cli.documents import is_stored, own_name
from watchword.cli.output import worst_status
from watchword.connection import Connection
from watchword.errors import SecretError
from watchword.secrets import sources

_NAME_HELP = "Also say which place answers for this connection's name, and look at its API."
_CONNECTION_HELP = "Also compare the clock with that of this connection's API; may be repeated."


def doctor(
    name: Annotated[str, typer.Argument(help=_NAME_HELP)] = "",
    connection: Annotated[
        list[str] | None, typer.Option("--connection", metavar="NAME", help=_CONNECTION_HELP)
    ] = None,
    warn_days: Annotated[
        float, typer.Option(min=0, help="Name sign-ins and tokens that end within this many days.")
    ] = 14.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - an option
) -> int:
    """Look at versions, settings, token store, keys, places, network and clock; nothing is changed.

    NAME is a connection's name, or a DOCUMENT as other commands take it. Exit status, the worst of all: 0
    fine or only warnings, 2 something has ended, 3 configuration, 4 transient.
    """
    found: list[Line] = []
    for line in _all(name, [*([name] if name else []), *(connection or [])], warn_days):
        found.append(line)
        if not as_json:
            typer.echo(str(line))
    status = worst_status([line.status for line in found])
    if as_json:
        typer.echo(json.dumps({"status": status, "checks": [line.as_dict() for line in found]}, indent=2))
    return status


def _all(name: str, arguments: Sequence[str], warn_days: float) -> Iterator[Line]:
    yield from lines_of(versions.TOPIC, versions.lines)
    for check in (variables.names, variables.home, variables.places, variables.networks, variables.console):
        yield from lines_of(variables.TOPIC, check)
    look = StoreLook()
    yield from lines_of(store.STORE, look.lines, "looking at the token store", store.LIMIT)
    for source in _sources():
        yield from lines_of(places.SECRETS, partial(places.readable, source, look), f"reading {source}")
    yield from lines_of(proxies.TOPIC, proxies.lines)
    if name and not is_file(name):
        yield from places.answers(name.partition(":")[2] if is_stored(name) else name, look)
    opened: list[Connection] = []
    for argument in arguments:
        limit = LOADING if is_stored(argument) and own_name(argument) is None else LIMIT
        yield from lines_of(
            "connection", partial(named, argument, look, opened), f"opening {argument}", limit
        )
    for connection in tuple(opened):
        yield from lines_of(clock.TOPIC, partial(clock.lines, connection))
    yield from lines_of(ending.TOPIC, partial(ending.sign_ins, look, warn_days))
    yield from lines_of(ending.TOPIC, partial(stored_connections, look, opened))
    yield from lines_of(ending.TOPIC, partial(ending.pasted, opened, warn_days))


def _sources() -> Sequence[str]:
    try:
        return sources.configured_sources()
    except SecretError:  # a line says so already
        return ()
