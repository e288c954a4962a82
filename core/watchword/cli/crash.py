"""The end of a command on an unexpected error, of which nothing secret is shown."""

from __future__ import annotations

import os
import traceback

import typer

from watchword import redact
from watchword.findings.finding import printable

EXIT_STATUS = 70
"""The exit status for an error in the program itself (EX_SOFTWARE)."""


def report_crash(error: Exception) -> int:
    """Print the error's type and its masked message, and return the exit status.

    With WATCHWORD_DEBUG=1 the traceback is printed too, masked and without the values of variables.
    """
    message = printable(redact.text(str(error)))
    if os.environ.get("WATCHWORD_DEBUG") == "1":
        lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
        typer.echo(redact.text("".join(lines)), err=True)
    typer.echo(f"watchword: this should not happen: {type(error).__name__}: {message}", err=True)
    return EXIT_STATUS
