"""The command `watchword connections import`: take over connections that Airflow keeps elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import typer

from watchword import redact
from watchword.cli.connections.common import (
    FromOption,
    InOption,
    Place,
    YesOption,
    check_name,
    confirmed,
    content_at,
    normal,
    place_of,
    settle,
)
from watchword.cli.connections.masked import secrets_in
from watchword.cli.connections.settings import sound
from watchword.cli.documents import STDIN, name_of
from watchword.cli.output import fail, reporting, say, say_error, status_of, worst
from watchword.connections import airflow_import
from watchword.connections.airflow_format import AIRFLOW_KEYS, CONN_TYPE, parsed
from watchword.errors import WatchwordError
from watchword.findings.finding import Permanence
from watchword.http.origins import host

VARIABLE = "AIRFLOW_CONN_"
"""What Airflow calls a variable that holds a connection, before its name in capitals."""

_WANTED = {CONN_TYPE, *airflow_import.HTTP_TYPES}


class _Way(NamedTuple):
    """Where imported connections go, and how."""

    place: Place
    agreed: Callable[[str], bool]
    dry_run: bool
    alone: bool
    """Whether the one connection was meant, so that it is a failure to skip it."""


def import_(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: Annotated[str | None, typer.Argument(help="The name of one connection alone.")] = None,
    origin: FromOption = None,
    environment: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--env", help=f"Take the variables {VARIABLE}…, each by its name in lower case.")
    ] = False,
    yes: YesOption = False,  # noqa: FBT002 - likewise
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,  # noqa: FBT002
    source: InOption = None,
) -> int:
    """Take over Airflow's connections of the types http, https, generic and watchword.

    From a file or stdin with a connection's URI, its JSON, or what `airflow connections export
    --file-format json` has written; or from the environment. A URI is no argument: it holds a secret.

    Exit status: that of the worst: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        if name is not None:
            check_name(name)
        if (origin is not None) == environment:
            raise typer.BadParameter("give either --from FILE or --env")
        place = place_of(source)
        found = dict(_of_environment(name) if environment else _of_file(origin or STDIN, name))
        agreed = _never if origin == STDIN else confirmed
        way = _Way(place, (lambda _: True) if yes else agreed, dry_run, alone=len(found) == 1)
        return worst([_outcome(each, text, way) for each, text in found.items()])


def _of_environment(wanted: str | None) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the connections in the environment; ends the command where there are none."""
    known = {key: text for key, text in os.environ.items() if key.startswith(VARIABLE) and text.strip()}
    if wanted is not None:
        variable = f"{VARIABLE}{wanted.upper()}"
        if variable not in known:
            fail(f"the environment has no variable {variable}")
        yield wanted, known[variable]
        return
    if not known:
        fail(f"the environment has no variable {VARIABLE}…")
    for key in sorted(known):
        yield key.removeprefix(VARIABLE).lower(), known[key]


def _of_file(path: str, wanted: str | None) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the connections in a file; ends the command where there are none."""
    text = _text(path)
    many = _many(text)
    if many is None:
        name = wanted or name_of(path)
        if name is None:
            fail("what comes by stdin has no name: give one")
        yield name, text
        return
    if wanted is not None and wanted not in many:
        fail(f"the file has no connection {wanted}")
    for name, entry in many.items():
        if wanted in {None, name}:
            yield name, entry if isinstance(entry, str) else json.dumps(entry)


def _text(path: str) -> str:
    try:
        text = content_at(path).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(f"{path} is no UTF-8 text")
    if not text:
        fail(f"{path} is empty")
    return text


def _many(text: str) -> Mapping[str, Any] | None:
    """Return the connections by name that a text holds; None where it is one connection, or nothing known."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, dict):
        return None
    if isinstance(entries.get("method"), str) and "conn_type" not in entries:
        fail("this is a connection document already: watchword connections add NAME --from FILE")
    is_one = any(isinstance(entries.get(key), str) for key in AIRFLOW_KEYS)
    are_connections = all(isinstance(entry, (dict, str)) for entry in entries.values())
    return entries if are_connections and not is_one else None


def _outcome(name: str, text: str, way: _Way) -> int:
    """Take over a connection, print what came of it, and return its exit status."""
    try:
        check_name(name)
        connection = parsed(text, name)
        if connection.conn_type not in _WANTED:
            say(f"{name}: skipped: a connection {connection.shown_type} isn't HTTP, as far as is known")
            return Permanence.CONFIGURATION.exit_code if way.alone else 0
        document, remarks = airflow_import.converted(connection)
        document = normal(document)
        redact.register(secrets_in(document))
        for remark in remarks:
            say(f"{name}: {remark}", err=True)
        sound(document, name)
        say(f"{name}: {_kept(name, document, way)}")
    except WatchwordError as error:
        say_error(name, error)
        return status_of(error)
    except typer.Exit as ended:  # the others may be good
        return ended.exit_code
    return 0


def _kept(name: str, document: dict[str, Any], way: _Way) -> str:
    what = f"{document['method']} at {host(document['base_url'])}"
    if way.dry_run:
        return f"would be kept in {way.place.store.display_name}: {what}"
    return f"{settle(way.place, name, document, way.agreed)}: {what}"


def _never(question: str) -> bool:
    """Stdin has held the connections: nobody can answer there any more."""
    fail(f"{question.removesuffix(' Replace it?')} To replace it add --yes.")
