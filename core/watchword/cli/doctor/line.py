"""One line of the doctor's result, and how a check becomes lines that can't crash the command."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import requests

from watchword import redact
from watchword.cli.output import exit_status
from watchword.errors import WatchwordError
from watchword.findings.finding import Finding, Permanence, Severity, Word, printable
from watchword.http.deadline import run_with_deadline

LIMIT = 8.0
"""How long one check may take, in seconds."""

LOADING = 60.0
"""How long a host may take to load, in seconds: on a busy machine Airflow's imports take many."""


class Level(Word):
    """How much a line matters; only a problem changes the exit status."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: how it is, what to do, and the exit status for it."""

    level: Level
    topic: str
    what: str
    todo: str = ""
    status: int = 0

    def __str__(self) -> str:
        todo = f" {self.todo}" if self.todo else ""
        return f"{self.level.value:8} {self.topic}: {self.what}{todo}"

    def as_dict(self) -> dict[str, object]:
        """Return the line as JSON-ready data."""
        return {**asdict(self), "level": self.level.value}


Check: TypeAlias = Callable[[], Iterable[Line]]


def ok(topic: str, what: str) -> Line:
    """Return the line of something that is as it should be."""
    return Line(Level.OK, topic, _shown(what))


def warning(topic: str, what: str, todo: str) -> Line:
    """Return the line of something that should be looked at, and doesn't stop anything."""
    return Line(Level.WARNING, topic, _shown(what), _shown(todo))


def problem(topic: str, what: str, todo: str, status: int = Permanence.CONFIGURATION.exit_code) -> Line:
    """Return the line of something that has to be repaired."""
    return Line(Level.PROBLEM, topic, _shown(what), _shown(todo), status)


def of_finding(topic: str, found: Finding) -> Line:
    """Return the line of a finding."""
    if found.code.severity is not Severity.ERROR:
        return warning(topic, found.message, found.advice)
    return problem(topic, found.message, found.advice, found.code.permanence.exit_code)


def of_error(topic: str, error: WatchwordError) -> Line:
    """Return the line of an error: that of its first finding."""
    first = error.findings[0]
    return problem(topic, first.message, first.advice, exit_status(error))


def lines_of(
    topic: str, check: Check, step: str = "this check", limit: float | None = None
) -> Sequence[Line]:
    """Return the lines of a check within a time limit; an error of any kind is a line too.

    `step` says what took too long, if it did; the limit is LIMIT if none is given.
    """
    seconds = LIMIT if limit is None else limit
    try:
        # Hosts may print while they are loaded; stdout is for the result.
        with contextlib.redirect_stdout(sys.stderr):
            return run_with_deadline(seconds, lambda: list(check()))
    except WatchwordError as error:
        return [of_error(topic, error)]
    except requests.ReadTimeout:
        todo = "Check how busy this machine is, the network and the service; then try again."
        what = f"{step} took longer than {seconds:g} seconds."
        return [problem(topic, what, todo, Permanence.TRANSIENT.exit_code)]
    except Exception as error:  # noqa: BLE001 - no check may end the others; its text may hold a secret
        todo = "Set WATCHWORD_DEBUG=1 and run the command that fails, or report this to watchword."
        return [problem(topic, f"the check failed by an unexpected {type(error).__name__}.", todo)]


def _shown(text: str) -> str:
    return printable(redact.text(text))
