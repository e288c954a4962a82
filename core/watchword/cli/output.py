"""What the commands print and how they end; they never print a secret."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn, TextIO

import typer
from rich.console import Console
from rich.text import Text

from watchword.errors import WatchwordError
from watchword.findings.finding import Finding, Permanence, Severity, printable
from watchword.findings.report import Report

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "green"}

_WIDE = 250
"""The width of a table in characters if there is no terminal to limit it."""

_WORST_FIRST = (2, 3, 5, 4, 0)
"""The exit statuses, the worst first: a lasting failure counts more than one that may pass."""

_FULL = frozenset(
    {errno.ENOSPC, errno.EFBIG, errno.EIO, *((errno.EDQUOT,) if hasattr(errno, "EDQUOT") else ())}
)
"""The error numbers of an output that takes no more; a closed pipe ends a command silently."""


def escape_unencodable(*streams: TextIO) -> None:
    """Let each stream print a character that its encoding lacks as an escape, such as that of an ellipsis."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def cannot_write(error: OSError) -> bool:
    """Return whether an error says that the output takes no more; the error of a named file doesn't."""
    return error.errno in _FULL and error.filename is None


def discard_rest() -> None:
    """Let the rest of the output go nowhere: Python would try to write it at its end, and fail with 120."""
    with contextlib.suppress(OSError):  # a program's own stream may have no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(text: str, *, err: bool = False) -> None:
    """Print one line of printable text: a name in it can't control the terminal or add a line."""
    typer.echo(printable(text), err=err)


def fail(message: str) -> NoReturn:
    """End the command with a reason that its user can correct; the exit status is 3."""
    say(f"watchword: {message}", err=True)
    raise typer.Exit(Permanence.CONFIGURATION.exit_code)


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """End the command with the findings and the exit status of a WatchwordError."""
    try:
        yield
    except WatchwordError as error:
        say_error("watchword", error)
        raise typer.Exit(exit_status(error)) from None


def say_error(prefix: str, error: WatchwordError) -> None:
    """Print an error, one line for each finding; the prefix says what it is about."""
    first, *more = error.findings
    say(f"{prefix}: {first}", err=True)
    for finding in more:
        say(str(finding), err=True)


def exit_status(error: WatchwordError) -> int:
    """Return the exit status of an error: that of its first finding."""
    return error.findings[0].code.permanence.exit_code


def worst_status(statuses: Sequence[int]) -> int:
    """Return the worst of the exit statuses, or 0 if there are none."""
    return min(statuses, key=_WORST_FIRST.index, default=0)


def say_findings(findings: Sequence[Finding]) -> None:
    """Print findings that don't stop the command, one line each, on stderr."""
    for finding in findings:
        say(f"{finding.code.severity}: {finding}", err=True)


def table_console() -> Console:
    """Return the console for tables: as wide as the terminal, or wide enough if there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDE)


def print_report(report: Report) -> None:
    """Print the verdict, then a paragraph for each finding; without a terminal, lines are not wrapped."""
    console = Console()
    no_wrap = not console.is_terminal
    style = "green" if report.ok else "red"
    console.print(Text(report.verdict.value, style=f"bold {style}"))
    for finding in (report.deciding, *report.notes):
        name = Text(f"{finding.code.name}: ", style=_COLOURS[finding.code.severity])
        console.print(name.append(finding.message, style="default"), soft_wrap=no_wrap)
        if finding.code.severity is not Severity.INFO:
            console.print(Text(f"  {finding.advice}"), soft_wrap=no_wrap)
            console.print(Text(f"  See {finding.code.help}", style="dim"), soft_wrap=no_wrap)
        for label, text in finding.evidence.items():
            console.print(Text(f"  {label}: {text}", style="dim"), soft_wrap=no_wrap)
    console.print(Text(f"Validated by {printable(str(report.where))}", style="dim"), soft_wrap=no_wrap)
