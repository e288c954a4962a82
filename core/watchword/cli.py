"""The command `watchword`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import watchword
from watchword.cli_login import login
from watchword.diagnosis import Permanence, Report, Severity
from watchword.fields import about

WRONG_USAGE = 64
INTERRUPTED = 130

# Tracebacks with local variables would show secrets.
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="HTTP-API authentication for data teams.",
)

# Typer exports what is wrong with one parameter, not its parent for any wrong usage.
_UsageError: type[Exception] = next(
    known for known in typer.BadParameter.__mro__ if known.__name__ == "UsageError"
)

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "green"}


def main() -> None:
    """Run the command; exit 64 on wrong usage, 130 on Ctrl-C."""
    try:
        status = app(standalone_mode=False)
    except _UsageError as error:
        typer.echo(f"watchword: {error}", err=True)
        sys.exit(WRONG_USAGE)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    if version:
        typer.echo(watchword.__version__)
        raise typer.Exit


@app.command()
def validate(  # noqa: PLR0913, PLR0917 - one parameter an option
    document: Annotated[str, typer.Argument(help="The connection document: a JSON file, or - for stdin.")],
    test_url: Annotated[
        str | None, typer.Option(help="Complete URL of a harmless call that needs the credential.")
    ] = None,
    http_method: Annotated[str, typer.Option(help="The call's verb.")] = "GET",
    expected_status: Annotated[
        list[int] | None, typer.Option(help="A status that means success; may be repeated.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(min=0.1, help="Longest wait for each call, in seconds; 10 unless given here or there."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002
) -> int:
    """Prove that a connection's credentials work, or say what is wrong.

    Exit status: 0 valid, 2 invalid, 3 configuration, 4 transient, 5 inconclusive.
    """
    content = _read(document)
    try:
        connection = watchword.load(content)
    except watchword.DocumentError as error:
        report = error.report
    else:
        report = connection.validate(
            test_url, http_method=http_method, expected_status=expected_status or (), timeout=timeout
        )
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        _show(report)
    return report.exit_code


app.command()(login)


@app.command()
def methods() -> None:
    """List the authentication methods and their fields."""
    table = Table(Column("method", no_wrap=True), Column("field", no_wrap=True), "what it is")
    for name, method in watchword.METHODS.items():
        table.add_row(Text(name, style="bold"), "", method.title)
        for field, info in method.model_fields.items():
            known = about(info)
            required = " (required)" if info.is_required() else ""
            table.add_row("", field, f"{known.help if known else ''}{required}")
    Console().print(table)


@app.command()
def playground(port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8642) -> int:
    """Serve a local API that truly verifies each method, to try watchword against; Ctrl-C stops it."""
    try:
        from watchword.playground import serve  # noqa: PLC0415 - an extra

        serve(port, _announce)
    except (ImportError, OSError) as error:
        _fail(getattr(error, "strerror", None) or str(error))
    return 0


def _announce(url: str) -> None:
    typer.echo(f"Documents, credentials and controls: {url}")
    typer.echo(f"Revoke a credential:                 curl -X POST {url}/_control/revoke/api_key")
    typer.echo("Ctrl-C ends it.")


def _read(path: str) -> bytes:
    """Return the document; ends the command where there is none."""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        _fail(f"the document {path} can't be read: {error.strerror}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"watchword: {message}", err=True)
    raise typer.Exit(Permanence.CONFIGURATION.exit_code)


def _show(report: Report) -> None:
    """Print the verdict, then a paragraph for each finding; whole lines where no terminal wraps them."""
    console = Console()
    whole = not console.is_terminal
    style = "green" if report.ok else "red"
    console.print(Text(report.verdict.value, style=f"bold {style}"))
    for found in (report.deciding, *report.notes):
        name = Text(f"{found.code.name}: ", style=_COLOURS[found.code.severity])
        console.print(name.append(found.message, style="default"), soft_wrap=whole)
        if found.code.severity is not Severity.INFO:
            console.print(Text(f"  {found.advice}"), soft_wrap=whole)
        for label, text in found.evidence.items():
            console.print(Text(f"  {label}: {text}", style="dim"), soft_wrap=whole)
