"""The command `watchword`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import watchword
from watchword.diagnosis import Finding, Permanence, Report, Severity
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
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

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


@app.command()
def validate(
    document: Annotated[str, typer.Argument(help="The connection document: a JSON file, or - for stdin.")],
    test_url: Annotated[
        str | None, typer.Option(help="Complete URL of a harmless call that needs the credential.")
    ] = None,
    http_method: Annotated[str, typer.Option(help="The call's verb.")] = "GET",
    expected_status: Annotated[
        list[int] | None, typer.Option(help="A status that means success; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,  # noqa: FBT002
) -> int:
    """Prove that a connection's credentials work, or say what is wrong.

    Exit status: 0 valid, 2 invalid, 3 configuration, 4 transient, 5 inconclusive.
    """
    try:
        connection = watchword.load(_read(document))
    except watchword.DocumentError as error:
        _show_findings(error.findings)
        return Permanence.CONFIGURATION.exit_code
    report = connection.validate(test_url, http_method=http_method, expected_status=expected_status or ())
    if as_json:
        typer.echo(json.dumps(report.as_dict(), indent=2))
    else:
        _show(report)
    return report.exit_code


@app.command()
def methods() -> None:
    """List the authentication methods and their fields."""
    table = Table("method", "field", "what it is")
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
    from watchword.playground import serve  # noqa: PLC0415 - an extra

    try:
        serve(port, typer.echo)
    except OSError as error:
        typer.echo(f"watchword: the playground can't listen on port {port}: {error}", err=True)
        return Permanence.CONFIGURATION.exit_code
    return 0


def _read(path: str) -> str:
    """Return the document's text; ends the command where there is none."""
    if path == "-":
        return sys.stdin.read()
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _fail(
            f"the document {path} can't be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}"
        )


def _fail(message: str) -> NoReturn:
    typer.echo(f"watchword: {message}", err=True)
    raise typer.Exit(Permanence.CONFIGURATION.exit_code)


def _show(report: Report) -> None:
    console = Console()
    style = "green" if report.ok else "red"
    console.print(Text(report.verdict.value, style=f"bold {style}"), Text(f"({report.duration:.1f} s)"))
    _show_findings((report.deciding, *report.notes))


def _show_findings(findings: tuple[Finding, ...]) -> None:
    console = Console()
    for found in findings:
        console.print(Text(found.code.name, style=_COLOURS[found.code.severity]), Text(found.message))
        console.print(Text(f"  {found.advice}"))
        for label, text in found.evidence.items():
            console.print(Text(f"  {label}: {text}", style="dim"))
