"""The command `watchword`: its sub-commands, and how it ends."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Annotated

import typer

import watchword
from watchword.cli.connections.commands import connection_commands
from watchword.cli.console import console
from watchword.cli.crash import report_crash
from watchword.cli.doctor.command import doctor
from watchword.cli.keepalive import keepalive
from watchword.cli.login import login
from watchword.cli.logout import logout
from watchword.cli.methods import methods
from watchword.cli.output import cannot_write, discard_rest, escape_unencodable, exit_status, fail
from watchword.cli.secrets import secret_commands
from watchword.cli.store import store_commands
from watchword.cli.tokens import tokens
from watchword.cli.validate import validate
from watchword.errors import WatchwordError

WRONG_USAGE = 64
OUTPUT_LOST = 74
INTERRUPTED = 130

# Typer's pretty tracebacks show local variables, which may hold secrets.
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="HTTP-API authentication for data teams.",
)

# Typer exports the error for one bad parameter, but not its base class for every kind of wrong usage.
_UsageError: type[Exception] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "UsageError"
)


def main() -> None:
    """Run the command; exit 64 on wrong usage, 130 on Ctrl-C, 70 on an error in the program itself.

    The exit status is 74 if the output can't be written, for example because the disk is full.
    """
    escape_unencodable(sys.stdout, sys.stderr)
    # Google's client warns twice in each command that calls it, and the user can do nothing about it.
    warnings.filterwarnings("ignore", "You are using a non-supported Python version", FutureWarning)
    try:
        status = app(standalone_mode=False)
    except _UsageError as error:
        if str(error):  # an empty one has shown the help
            typer.echo(f"watchword: {usage(error)}", err=True)
        sys.exit(WRONG_USAGE)
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("watchword: stopped; nothing was changed after the last line above.", err=True)
        sys.exit(INTERRUPTED)
    except WatchwordError as error:
        typer.echo(f"watchword: {error}", err=True)
        sys.exit(exit_status(error))
    except OSError as error:
        if not cannot_write(error):
            sys.exit(report_crash(error))
        typer.echo(f"watchword: the output can't be written: {error.strerror}.", err=True)
        discard_rest()
        sys.exit(OUTPUT_LOST)
    except Exception as error:  # noqa: BLE001 - no error may end in a traceback that shows a secret
        sys.exit(report_crash(error))
    sys.exit(status if isinstance(status, int) else 0)


def usage(error: Exception) -> str:
    """Return what is wrong with the arguments; unlike the error's text, it names the option."""
    text: str = getattr(error, "format_message", error.__str__)()
    return text.replace(": Value error, ", ": ")  # pydantic's prefix of a message that is Typer's


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    if version:
        typer.echo(watchword.__version__)
        raise typer.Exit


for command in (validate, login, logout, tokens, keepalive, doctor, methods, console):
    app.command()(command)
app.add_typer(connection_commands, name="connections")
app.add_typer(secret_commands, name="secrets")
app.add_typer(store_commands, name="store")


@app.command()
def playground(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8642,
    document: Annotated[
        str, typer.Option(metavar="METHOD", help="Print this method's document, and serve nothing.")
    ] = "",
) -> int:
    """Serve a local API that verifies the credentials of every method, to try watchword; Ctrl-C stops it."""
    try:
        from watchword_playground import serve, testable_document  # noqa: PLC0415 - an extra

        if document:
            typer.echo(json.dumps(testable_document(f"http://127.0.0.1:{port}", document), indent=2))
        else:
            serve(port, _announce)
    except (ImportError, OSError, ValueError) as error:
        fail(getattr(error, "strerror", None) or str(error))
    return 0


def _announce(url: str) -> None:
    typer.echo(f"Documents, credentials and controls: {url}")
    typer.echo("The document of a method:            watchword playground --document api_key")
    typer.echo(f"Revoke a credential:                 curl -X POST {url}/_control/revoke/api_key")
    typer.echo("Ctrl-C stops it.")
