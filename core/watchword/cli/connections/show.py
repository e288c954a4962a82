"""The commands `watchword connections list`, `show` and `remove`, which never show a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer
from rich.table import Column, Table
from rich.text import Text

from watchword.cli.connections.common import (
    InOption,
    NameArgument,
    NamedStore,
    YesOption,
    check_name,
    confirmed,
    document_in_payload,
    named_store,
    payload_to_remove,
    required_payload,
)
from watchword.cli.output import exit_status, reporting, say, say_error, table_console
from watchword.cli.verdicts import as_json_data, in_words, last_verdicts
from watchword.connections import by_name
from watchword.connections.masked import lines, masked
from watchword.document.reading import read
from watchword.errors import DocumentError, WatchwordError
from watchword.findings.finding import printable
from watchword.http.origins import host

if TYPE_CHECKING:
    from watchword.validation.history import LastVerdicts


class _Summary(TypedDict):
    """What the list says of a connection; `unreadable` is the code of the error if it can't be read."""

    name: str
    method: str | None
    host: str | None
    unreadable: str | None


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def list_(source: InOption = None, as_json: JsonOption = False) -> None:  # noqa: FBT002 - an option
    """List the connections by name, method and host, each with the last verdict on it and when that was.

    Exit status: 0 listed, even if one of them can't be read; 3 configuration, 4 transient.
    """
    with reporting():
        target = named_store(source)
        summaries = [_summary(target, name) for name in by_name.names(target.store)]
        verdicts = last_verdicts() if summaries else {}
    if as_json:
        rows = [{**each, "last_verdict": as_json_data(verdicts.get(each["name"]))} for each in summaries]
        typer.echo(json.dumps(rows, indent=2))
    elif summaries:
        _print_table(summaries, verdicts)
    else:
        say(f"There are no connections in {target.display_name}.")


def show(name: NameArgument, as_json: JsonOption = False, source: InOption = None) -> int:  # noqa: FBT002
    """Show a connection's document with *** in place of each secret; references are shown.

    Exit status: 0 shown, 3 it does not exist or can't be used, 4 transient.
    """
    with reporting():
        check_name(name)
        target = named_store(source)
        payload = required_payload(target, name)
        document = document_in_payload(payload, name)
    displayed = masked(document)
    if as_json:
        typer.echo(json.dumps(displayed, indent=2))
    else:
        for line in lines(displayed):
            say(line)
    try:
        read(document, stored=True)
    except DocumentError as error:
        say_error(name, error)
        return exit_status(error)
    return 0


def remove(name: NameArgument, yes: YesOption = False, source: InOption = None) -> None:  # noqa: FBT002
    """Remove a connection. Its tokens stay in the token store; `watchword logout` ends a sign-in.

    Exit status: 0 removed, 3 configuration, 4 transient.
    """
    with reporting():
        check_name(name)
        target = named_store(source)
        payload = payload_to_remove(target, by_name.secret_name(name))
        if payload is None:
            raise by_name.missing(target.display_name, name)
        if _has_tokens(payload, name):
            logout = target.command("logout", name)
            say(f"Its tokens stay in the token store. To end a sign-in, run this first: {logout}")
        if not yes and not confirmed(f"Remove {name} from {target.display_name}?"):
            say(f"Left as it is: {name} in {target.display_name}.")
            return
        if not by_name.remove(target.store, name):
            raise by_name.missing(target.display_name, name)
    say(f"Removed: {name} from {target.display_name}.")


def _summary(target: NamedStore, name: str) -> _Summary:
    try:
        payload = required_payload(target, name)
        document = read(document_in_payload(payload, name), stored=True)
    except WatchwordError as error:
        return {"name": name, "method": None, "host": None, "unreadable": error.code}
    url_host = host(document.common.base_url)
    return {"name": name, "method": document.method.method, "host": url_host, "unreadable": None}


def _print_table(summaries: Sequence[_Summary], verdicts: LastVerdicts) -> None:
    table = Table(*(Column(name, overflow="fold") for name in ("name", "method", "host", "last verdict")))
    for summary in summaries:
        code = summary["unreadable"]
        method = f"can't be read: {code}" if code else summary["method"]
        cells = (summary["name"], method, summary["host"], in_words(verdicts.get(summary["name"])))
        table.add_row(*(Text(printable(cell or "")) for cell in cells), style="red" if code else "")
    table_console().print(table)


def _has_tokens(payload: bytes, name: str) -> bool:
    """Return whether a connection may have tokens; only a method without tokens rules that out."""
    try:
        method = read(document_in_payload(payload, name), stored=True).method
    except WatchwordError:
        return True
    return method.signs_in or method.token_is_proof
