"""The command `watchword connections import`: take over connections from the files of other programs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from watchword import redact
from watchword.cli.connections import lacking_values
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
from watchword.cli.documents import STDIN
from watchword.cli.output import exit_status, fail, reporting, say, say_error, worst_status
from watchword.connections.imports import formats
from watchword.connections.imports.airflow.export import VARIABLE, entry_of
from watchword.connections.imports.entry import Entry, is_lacking, slug
from watchword.connections.imports.values import Values, values_in
from watchword.connections.masked import secrets_in
from watchword.connections.storable import normalized
from watchword.errors import DocumentError, WatchwordError
from watchword.findings.finding import Permanence
from watchword.http.origins import host

_NAME = re.compile(r"[A-Za-z0-9_-]+")


class _ImportOptions(NamedTuple):
    """Where and how connections are imported.

    `is_only_one` says that there is one connection: then it is a failure to skip it.
    """

    target: NamedStore
    agrees: Callable[[str], bool]
    source: lacking_values.ValueSource
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
    variables: Annotated[
        str | None,
        typer.Option(
            "--variables",
            metavar="FILE",
            help="The values that the file refers to by name: an environment of Postman, Bruno or Insomnia, "
            "the config.json of an Airbyte source, a JSON or YAML object, or lines of NAME=VALUE.",
        ),
    ] = None,
    references: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option(
            "--references",
            help=f"Store references env:{lacking_values.PREFIX}… for secrets that are in neither file, "
            "instead of asking for them.",
        ),
    ] = False,
    yes: YesOption = False,  # noqa: FBT002 - an option
    dry_run: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--dry-run", help="Print what would be done, and store nothing.")
    ] = False,
    source: InOption = None,
) -> int:
    """Import connections from a file of another program, from stdin, or from Airflow's variables.

    The file's content says what it is: the output of `airflow connections export` (JSON, YAML or .env), a
    connection's URI or JSON, variables AIRFLOW_CONN_NAME, a curl command, a connection document, a collection
    of Postman, Insomnia or Bruno, an Airbyte manifest, or an OpenAPI document. Connections that aren't HTTP
    are skipped. None of it is given as an argument: it may hold secrets. Values that the file lacks are asked
    for.

    Exit status, the worst of all: 0 done, 3 configuration, 4 transient.
    """
    with reporting():
        if name is not None:
            check_name(name)
        if (origin is not None) == environment:
            raise typer.BadParameter("give either --from FILE or --env")
        if origin == variables == STDIN:
            raise typer.BadParameter("only one of --from and --variables can be stdin")
        target = named_store(source)
        values = values_in(_text(variables)) if variables else {}
        entries = list(_from_environment(name)) if environment else _from_file(origin or STDIN, name, values)
        asks = not (yes or dry_run or STDIN in {origin, variables})
        entries = entries if dry_run else lacking_values.without_alternatives(entries, asks=asks)
        agrees = (lambda _: True) if yes else confirmed if STDIN not in {origin, variables} else _can_t_ask
        value_source = lacking_values.ValueSource(asks=asks, references=references)
        options = _ImportOptions(target, agrees, value_source, dry_run, is_only_one=len(entries) == 1)
        return worst_status([_import_one(each, options) for each in entries])


def _from_environment(wanted: str | None) -> Iterator[Entry]:
    """Yield the connections in the environment; ends the command if there are none."""
    variables = {key: text for key, text in os.environ.items() if key.startswith(VARIABLE) and text.strip()}
    if wanted is not None:
        variable = f"{VARIABLE}{wanted.upper()}"
        if variable not in variables:
            fail(f"the environment has no variable {variable}")
        variables = {variable: variables[variable]}
    if not variables:
        fail(f"the environment has no variable {VARIABLE}…")
    for key in sorted(variables):
        yield entry_of(variables[key], wanted or key.removeprefix(VARIABLE).lower())


def _from_file(path: str, wanted: str | None, values: Values) -> list[Entry]:
    """Return the connections in a file; ends the command if there are none."""
    stem = "" if path == STDIN else _stem(path)
    try:
        entries = formats.entries_in(_text(path), wanted or stem or "the text", values)
        entries = formats.chosen(entries, wanted, stem)
    except DocumentError as error:
        raise _of_file(error, path) from None
    if any(not entry.label for entry in entries):
        fail("a connection from stdin has no name: give one")
    return [
        replace(entry, findings=tuple(_of_file(DocumentError(list(entry.findings)), path).findings))
        if entry.findings
        else entry
        for entry in entries
    ]


def _stem(path: str) -> str:
    """Return the default name of a file's connection, and the beginning of the names of several."""
    stem = Path(path).stem or "import"
    return stem if _NAME.fullmatch(stem) else slug(stem.removesuffix(".postman_collection")) or "import"


def _of_file(error: DocumentError, path: str) -> DocumentError:
    """Return an error whose findings name the file."""
    shown = "stdin" if path == STDIN else Path(path).name
    return DocumentError(
        [replace(found, evidence={**found.evidence, "file": shown}) for found in error.findings]
    )


def _text(path: str) -> str:
    try:
        text = content_at(path).decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        fail(f"{path} is not UTF-8 text")
    if not text:
        fail(f"{path} is empty")
    return text


def _import_one(entry: Entry, options: _ImportOptions) -> int:
    """Import a connection, print the outcome, and return its exit status."""
    name = entry.label
    try:
        check_name(name)
        if entry.skipped:
            say(f"{name}: skipped: {entry.skipped}")
            return Permanence.CONFIGURATION.exit_code if options.is_only_one else 0
        if entry.findings:
            raise DocumentError(list(entry.findings))
        for remark in entry.remarks:
            say(f"{name}: {remark}", err=True)
        redact.register(secrets_in(entry.document))
        if not options.dry_run:
            entry = options.source.completed(entry)
        document = normalized(entry.document)
        redact.register(secrets_in(document))
        if not entry.lacking:
            check_document(document, name)
        say(f"{name}: {_store(name, document, entry, options)}")
    except WatchwordError as error:
        say_error(name, error)
        return exit_status(error)
    except typer.Exit as stopped:  # this connection is wrong; the others go on
        return stopped.exit_code
    return 0


def _store(name: str, document: dict[str, Any], entry: Entry, options: _ImportOptions) -> str:
    """Store a document, unless this is a dry run, and return the outcome in words."""
    summary = f"{document['method']} at {_place(document)}"
    if options.dry_run:
        needed = f"; still needed: {', '.join(entry.lacking)}" if entry.lacking else ""
        return f"would be kept in {options.target.display_name}: {summary}{needed}"
    return f"{store_document(options.target, name, document, options.agrees)}: {summary}"


def _place(document: Mapping[str, Any]) -> str:
    base_url = str(document["base_url"])
    return "a host that is still needed" if is_lacking(base_url) else host(base_url)


def _can_t_ask(question: str) -> bool:
    """End the command: stdin held the connections, so no answer can come from there."""
    fail(f"{question.removesuffix(' Replace it?')} To replace it add --yes.")
