"""The commands `watchword connections add` and `edit`: store a connection, and change one."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from watchword.cli.connections import prompt
from watchword.cli.connections.common import (
    FromOption,
    InOption,
    NameArgument,
    NamedStore,
    check_name,
    check_unchanged,
    document_in_payload,
    is_bare_document,
    named_store,
    required_payload,
    stored_payload,
)
from watchword.cli.connections.settings import (
    SetOption,
    check_document,
    document_from,
    method_name,
    with_settings,
    without_fields,
)
from watchword.cli.output import exit_status, fail, print_report, reporting, say, say_error
from watchword.cli.verdicts import note
from watchword.connections import by_name
from watchword.connections.storable import normalized
from watchword.errors import DocumentError, WatchwordError
from watchword.methods import METHODS
from watchword.secrets import sources

_CORRECT = "Which field do you want to correct? (name, -NAME removes one, ? lists them, empty to give up)"


def add(  # noqa: PLR0913, PLR0917 - one parameter for each option
    name: NameArgument,
    method: Annotated[
        str | None, typer.Option(help="The authentication method; `watchword methods` lists them.")
    ] = None,
    origin: FromOption = None,
    settings: SetOption = None,
    yes: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--yes", help="Ask for nothing: fields that are not given are left out.")
    ] = False,
    source: InOption = None,
) -> None:
    """Store a new connection. Its fields are asked for unless a document is given; secrets are not shown.

    A secret is typed, read from a file now (@PATH), or given by a reference (env:NAME, file:PATH, gcp:NAME,
    local:NAME). A document with errors is not stored.

    Exit status: 0 stored, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        target = named_store(source)
        if stored_payload(target, name) is not None:
            message = f"the connection {name} is in {target.display_name} already"
            fail(f"{message}: watchword connections edit {name}")
        document = document_from(origin) if origin else {}
        if method:
            document["method"] = method_name(method)
        document = with_settings(document, settings or [])
        asks = not (origin or yes)
        if asks:
            document = prompt.document_of(document.get("method") or prompt.method(), document)
            prompt.change(document)
        _correct(document, name, asks=asks)
        check_unchanged(target, name, None)
        by_name.keep(target.store, name, document)
    _go_on(target, name, document, asks=asks)


def edit(
    name: NameArgument,
    settings: SetOption = None,
    unset: Annotated[
        list[str] | None, typer.Option("--unset", metavar="FIELD", help="Remove a field; may be repeated.")
    ] = None,
    origin: FromOption = None,
    source: InOption = None,
) -> None:
    """Change a connection by options, by a whole new document, or by prompts; secrets are not shown.

    Exit status: 0 changed or unchanged, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        target = named_store(source)
        payload = required_payload(target, name)
        before = _stored_document(payload, name, is_replaced=origin is not None)
        document = document_from(origin) if origin else dict(before)
        document = without_fields(with_settings(document, settings or []), unset or [])
        asks = not (origin or settings or unset)
        if asks:
            prompt.show(document)
            prompt.change(document, "Field (name, -NAME removes one, ? lists them, empty to finish)")
        if document == before:
            say(f"Unchanged: {name} in {target.display_name}.")
            return
        _correct(document, name, asks=asks)
        check_unchanged(target, name, payload)
        by_name.keep(target.store, name, document)
    if not is_bare_document(payload):
        say("It was stored as Airflow writes connections; now it is stored as a document.", err=True)
    _go_on(target, name, document, asks=asks)


def _stored_document(payload: bytes, name: str, *, is_replaced: bool) -> dict[str, Any]:
    """Return the stored document; if it can't be read, it can only be replaced as a whole."""
    try:
        return normalized(document_in_payload(payload, name))
    except WatchwordError:
        if is_replaced:
            return {}
        raise


def _correct(document: dict[str, Any], name: str, *, asks: bool) -> None:
    """Check a document, and let the user correct its errors; without prompts they end the command."""
    while error := _document_error(document, name):
        if not asks:
            raise error
        say_error(name, error)
        before = dict(document)
        prompt.change(document, _CORRECT, once=True)
        if document == before:
            say("Nothing was stored.", err=True)
            raise typer.Exit(exit_status(error))


def _document_error(document: dict[str, Any], name: str) -> DocumentError | None:
    """Return the error of a document that can't be stored, or None."""
    try:
        check_document(document, name)
    except DocumentError as error:
        return error
    return None


def _go_on(target: NamedStore, name: str, document: dict[str, Any], *, asks: bool) -> None:
    """Say that the connection is stored and what to do next; `asks` offers to validate it now."""
    say(f"Stored: {name} in {target.display_name}.")
    method = METHODS[document["method"]]
    can_prove = method.token_is_proof or bool(document.get("test_url"))
    if asks and can_prove and not method.signs_in and _agrees("Validate it now? This calls the API."):
        _validate(target, name)
        return
    verb = "login" if method.signs_in else "validate"
    needs_url = not (method.signs_in or can_prove)
    say(f"Next: {target.command(verb, name)}{' --test-url URL' if needs_url else ''}")


def _agrees(question: str) -> bool:
    """Return whether the user agrees; the end of input means no."""
    try:
        return typer.confirm(question, default=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        return False


def _validate(target: NamedStore, name: str) -> None:
    """Validate a stored connection and print the report; the connection stays, whatever the verdict is."""
    from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - its only use
    from watchword.validation.procedure import validate  # noqa: PLC0415 - its only use

    connection = by_name.stored_connection(target.store, name)
    report = validate(connection, ValidationPlan())
    note(lambda: connection.store, name, report)
    print_report(report)
    if not report.ok:
        source = "" if target.source == sources.VAULT else f" --in {target.source}"
        say(f"The connection stays stored. To correct it: watchword connections edit {name}{source}")
