"""What the commands share in what they print and how they end; never a secret."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from watchword.errors import WatchwordError
from watchword.findings.finding import Finding, Permanence, Severity, printable
from watchword.findings.report import Report

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "green"}

_WIDE = 250
"""Width of a table in characters where no terminal limits it."""

_GRAVITY = (2, 3, 5, 4, 0)
"""The exit statuses from the worst on: what stays wrong weighs more than what may pass."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0


def say(text: str, *, err: bool = False) -> None:
    """Print one line: whoever chose a name in it commands no terminal, and forges no further line."""
    typer.echo(printable(text), err=err)


def fail(message: str) -> NoReturn:
    """End the command with a reason that its user can mend."""
    say(f"watchword: {message}", err=True)
    raise typer.Exit(Permanence.CONFIGURATION.exit_code)


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """End the command with what an error of watchword says, and the exit status of its kind."""
    try:
        yield
    except WatchwordError as error:
        say_error("watchword", error)
        raise typer.Exit(status_of(error)) from None


def say_error(who: str, error: WatchwordError) -> None:
    """Print an error, a line for each finding."""
    first, *more = error.findings
    say(f"{who}: {first}", err=True)
    for found in more:
        say(str(found), err=True)


def status_of(error: WatchwordError) -> int:
    """Return the exit status that an error comes to."""
    return error.findings[0].code.permanence.exit_code


def worst(statuses: Sequence[int]) -> int:
    """Return the exit status that matters most; 0 where there is none."""
    return min(statuses, key=_GRAVITY.index, default=0)


def remark(findings: Sequence[Finding]) -> None:
    """Print what is no error, beside the command's result."""
    for found in findings:
        say(f"{found.code.severity}: {found}", err=True)


def console() -> Console:
    """Return where tables go: as wide as the terminal, or wide enough where there is none."""
    made = Console()
    return made if made.is_terminal else Console(width=_WIDE)


def show(report: Report) -> None:
    """Print the verdict, then a paragraph for each finding; whole lines where no terminal wraps them."""
    out = Console()
    whole = not out.is_terminal
    style = "green" if report.ok else "red"
    out.print(Text(report.verdict.value, style=f"bold {style}"))
    for found in (report.deciding, *report.notes):
        name = Text(f"{found.code.name}: ", style=_COLOURS[found.code.severity])
        out.print(name.append(found.message, style="default"), soft_wrap=whole)
        if found.code.severity is not Severity.INFO:
            out.print(Text(f"  {found.advice}"), soft_wrap=whole)
        for label, text in found.evidence.items():
            out.print(Text(f"  {label}: {text}", style="dim"), soft_wrap=whole)


def span(seconds: float) -> str:
    """Return a time in the unit that a person would use, rounded down: `3 days`, `50 minutes`."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
