"""The command `watchword`."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

import watchword
from watchword.cli.connections.commands import connection_commands
from watchword.cli.crash import crashed
from watchword.cli.keepalive import keepalive
from watchword.cli.login import login
from watchword.cli.logout import logout
from watchword.cli.output import fail, status_of
from watchword.cli.secrets import secret_commands
from watchword.cli.store import store_commands
from watchword.cli.tokens import tokens
from watchword.cli.validate import validate
from watchword.errors import WatchwordError
from watchword.methods.fields import about

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


def main() -> None:
    """Run the command; exit 64 on wrong usage, 130 on Ctrl-C, 70 on a fault of the program itself."""
    # Said twice at each command that calls Google, and nothing that its user could mend.
    warnings.filterwarnings("ignore", "You are using a non-supported Python version", FutureWarning)
    try:
        status = app(standalone_mode=False)
    except _UsageError as error:
        if str(error):  # else the help was shown
            typer.echo(f"watchword: {error}", err=True)
        sys.exit(WRONG_USAGE)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("watchword: stopped; nothing was changed after the last line above.", err=True)
        sys.exit(INTERRUPTED)
    except WatchwordError as error:
        typer.echo(f"watchword: {error}", err=True)
        sys.exit(status_of(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must show no secret
        sys.exit(crashed(error))
    sys.exit(status if isinstance(status, int) else 0)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    if version:
        typer.echo(watchword.__version__)
        raise typer.Exit


for command in (validate, login, logout, tokens, keepalive):
    app.command()(command)
app.add_typer(connection_commands, name="connections")
app.add_typer(secret_commands, name="secrets")
app.add_typer(store_commands, name="store")


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
        from watchword_playground import serve  # noqa: PLC0415 - an extra

        serve(port, _announce)
    except (ImportError, OSError) as error:
        fail(getattr(error, "strerror", None) or str(error))
    return 0


def _announce(url: str) -> None:
    typer.echo(f"Documents, credentials and controls: {url}")
    typer.echo(f"Revoke a credential:                 curl -X POST {url}/_control/revoke/api_key")
    typer.echo("Ctrl-C ends it.")
