"""The command `watchword connections import`: take over connections that Airflow has stored elsewhere."""

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
    NamedStore,
    YesOption,
    check_name,
    confirmed,
    content_at,
    named_store,
    store_document,
)
from watchword.cli.connections.settings import check_document
from watchword.cli.documents import STDIN, name_of
from watchword.cli.output import exit_status, fail, reporting, say, say_error, worst_status
from watchword.connections import airflow_import
from watchword.connections.airflow_format import AIRFLOW_KEYS, parse_connection
from watchword.connections.masked import secrets_in
from watchword.connections.storable import normalized
from watchword.errors import WatchwordError
from watchword.findings.finding import Permanence
from watchword.http.origins import host

VARIABLE = "AIRFLOW_CONN_"
"""The prefix of Airflow's variables that hold a connection; the connection's name follows in capitals."""


class _ImportOptions(NamedTuple):
    """Where and how connections are imported.

    `is_only_one` says that there is one connection: then it is a failure to skip it.
    """

    target: NamedStore
    agrees: Callable[[str], bool]
    dry_run: bool
    is_only_one: bool


def import_(  # noqa: PLR0913, PLR0917 - one parameter for each option
    name: Annotated[str | None, typer.Argument(help="The name of the only connection to import.")] = None,
    origin: FromOption = None,
    environment: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option(
            "--env", help=f"Import the variables {VARIABLE}NAME; a connection's name is in lower case."
        ),
    ] = False,
    yes: YesOption = False,  # noqa: FBT002 - an option
    dry_run: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--dry-run", help="Print what would be done, and store nothing.")
    ] = False,
    source: InOption = None,
) -> int:
    """Import Airflow's connections of the types http, https, generic and watchword.

    They come from the environment, or from a file or stdin with a connection's URI, its JSON, or the output
    of `airflow connections export --file-format json`. A URI is not given as an argument: it holds a secret.

    Exit status, the worst of all: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        if name is not None:
            check_name(name)
        if (origin is not None) == environment:
            raise typer.BadParameter("give either --from FILE or --env")
        target = named_store(source)
        texts = dict(_from_environment(name) if environment else _from_file(origin or STDIN, name))
        agrees = _can_t_ask if origin == STDIN else confirmed
        options = _ImportOptions(
            target, (lambda _: True) if yes else agrees, dry_run, is_only_one=len(texts) == 1
        )
        return worst_status([_import_one(each, text, options) for each, text in texts.items()])


def _from_environment(wanted: str | None) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the connections in the environment; ends the command if there are none."""
    variables = {key: text for key, text in os.environ.items() if key.startswith(VARIABLE) and text.strip()}
    if wanted is not None:
        variable = f"{VARIABLE}{wanted.upper()}"
        if variable not in variables:
            fail(f"the environment has no variable {variable}")
        yield wanted, variables[variable]
        return
    if not variables:
        fail(f"the environment has no variable {VARIABLE}…")
    for key in sorted(variables):
        yield key.removeprefix(VARIABLE).lower(), variables[key]


def _from_file(path: str, wanted: str | None) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the connections in a file; ends the command if there are none."""
    text = _text(path)
    connections = _connections_by_name(text)
    if connections is None:
        name = wanted or name_of(path)
        if name is None:
            fail("a connection from stdin has no name: give one")
        yield name, text
        return
    if wanted is not None and wanted not in connections:
        fail(f"the file has no connection {wanted}")
    for name, entry in connections.items():
        if wanted in {None, name}:
            yield name, entry if isinstance(entry, str) else json.dumps(entry)


def _text(path: str) -> str:
    try:
        text = content_at(path).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text")
    if not text:
        fail(f"{path} is empty")
    return text


def _connections_by_name(text: str) -> Mapping[str, Any] | None:
    """Return the connections by name in an export; None if the text is one connection or something else."""
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


def _import_one(name: str, text: str, options: _ImportOptions) -> int:
    """Import a connection, print the outcome, and return its exit status."""
    try:
        check_name(name)
        connection = parse_connection(text, name)
        if not airflow_import.is_convertible(connection):
            say(f"{name}: skipped: a connection {connection.type_in_words} isn't HTTP, as far as is known")
            return Permanence.CONFIGURATION.exit_code if options.is_only_one else 0
        document, remarks = airflow_import.convert(connection)
        document = normalized(document)
        redact.register(secrets_in(document))
        for remark in remarks:
            say(f"{name}: {remark}", err=True)
        check_document(document, name)
        say(f"{name}: {_store(name, document, options)}")
    except WatchwordError as error:
        say_error(name, error)
        return exit_status(error)
    except typer.Exit as stopped:  # this connection is wrong; the others go on
        return stopped.exit_code
    return 0


def _store(name: str, document: dict[str, Any], options: _ImportOptions) -> str:
    """Store a document, unless this is a dry run, and return the outcome in words."""
    summary = f"{document['method']} at {host(document['base_url'])}"
    if options.dry_run:
        return f"would be stored in {options.target.display_name}: {summary}"
    return f"{store_document(options.target, name, document, options.agrees)}: {summary}"


def _can_t_ask(question: str) -> bool:
    """End the command: stdin held the connections, so no answer can come from there."""
    fail(f"{question.removesuffix(' Replace it?')} To replace it add --yes.")
