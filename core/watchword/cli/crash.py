"""The end of a command that nobody foresaw: what may be shown of it, in which no secret is."""

from __future__ import annotations

import os
import traceback

import typer

from watchword import redact
from watchword.findings.finding import printable

STATUS = 70
"""The exit status of a fault of the program itself (EX_SOFTWARE)."""


def crashed(error: Exception) -> int:
    """Print the error's type and masked message, and return the exit status.

    With WATCHWORD_DEBUG=1 the lines that led to it are printed too, never what the variables held.
    """
    message = printable(redact.text(str(error)))
    if os.environ.get("WATCHWORD_DEBUG") == "1":
        lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
        typer.echo(redact.text("".join(lines)), err=True)
    typer.echo(f"watchword: this should not happen: {type(error).__name__}: {message}", err=True)
    return STATUS
