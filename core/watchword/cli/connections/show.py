"""The commands `watchword connections list`, `show` and `remove`; none of them shows a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from watchword.cli.connections.common import (
    InOption,
    NameArgument,
    Place,
    YesOption,
    check_name,
    confirmed,
    document_from,
    payload_of,
    place_of,
)
from watchword.cli.connections.masked import lines, masked
from watchword.cli.output import console, reporting, say, say_error, status_of
from watchword.connections import by_name
from watchword.document.reading import read
from watchword.errors import DocumentError, WatchwordError
from watchword.findings.finding import printable
from watchword.http.origins import host

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def listed(source: InOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """List the connections by name, method and host; never a secret.

    Exit status: 0 listed, also where one can't be read; 3 configuration, 4 transient.
    """
    with reporting():
        place = place_of(source)
        found = [_summary(place, name) for name in by_name.names(place.store)]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
    elif found:
        _print(found)
    else:
        say(f"There are no connections in {place.store.display_name}.")


def show(name: NameArgument, as_json: JsonOption = False, source: InOption = None) -> int:  # noqa: FBT002
    """Show a connection's document, with *** for each secret; references are shown as they are.

    Exit status: 0 shown, 3 there is none, or it can't be used, 4 transient.
    """
    with reporting():
        check_name(name)
        place = place_of(source)
        payload = payload_of(place, name)
        document = document_from(payload, name)
    shown = masked(document)
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
    else:
        for line in lines(shown):
            say(line)
    try:
        read(document, stored=True)
    except DocumentError as error:
        say_error(name, error)
        return status_of(error)
    return 0


def remove(name: NameArgument, yes: YesOption = False, source: InOption = None) -> None:  # noqa: FBT002
    """Remove a connection; its tokens stay in the token store, where `watchword logout` ends a sign-in.

    Exit status: 0 removed, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        place = place_of(source)
        payload = payload_of(place, name)
        if _has_tokens(payload, name):
            end = place.command("logout", name)
            say(f"Its tokens stay in the token store; to end a sign-in, first: {end}")
        if not yes and not confirmed(f"Remove {name} from {place.store.display_name}?"):
            say(f"Left as it is: {name} in {place.store.display_name}.")
            return
        if not by_name.remove(place.store, name):
            raise by_name.missing(place.store.display_name, name)
    say(f"Removed: {name} from {place.store.display_name}.")


def _summary(place: Place, name: str) -> dict[str, str | None]:
    try:
        payload = payload_of(place, name)
        known = read(document_from(payload, name), stored=True)
    except WatchwordError as error:
        return {"name": name, "method": None, "host": None, "unreadable": error.code}
    shown = host(known.common.base_url)
    return {"name": name, "method": known.method.method, "host": shown, "unreadable": None}


def _print(found: Sequence[dict[str, str | None]]) -> None:
    table = Table(*(Column(name, overflow="fold") for name in ("name", "method", "host")))
    for one in found:
        broken = one["unreadable"]
        cells = (one["name"], f"can't be read: {broken}" if broken else one["method"], one["host"])
        table.add_row(*(Text(printable(cell or "")) for cell in cells), style="red" if broken else "")
    console().print(table)


def _has_tokens(payload: bytes, name: str) -> bool:
    """Return whether there may be tokens of a connection, which static methods alone rule out."""
    try:
        method = read(document_from(payload, name), stored=True).method
    except WatchwordError:
        return True
    return method.signs_in or method.token_is_proof
