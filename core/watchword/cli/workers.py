"""Validation where the work of a host runs: `watchword validate airflow:NAME --on worker`.

Hosts that can do so have an entry point in the group `watchword.workers`. Its name is the scheme of their
connections; its value is a function that takes the connection's name, the plan and the longest wait in
seconds, and returns the report or raises a WatchwordError.
"""

from __future__ import annotations

import contextlib
import sys
from importlib.metadata import entry_points

from watchword import redact
from watchword.cli.documents import is_stored
from watchword.cli.output import fail
from watchword.errors import WatchwordError
from watchword.findings.report import Report
from watchword.validation.plan import ValidationPlan

GROUP = "watchword.workers"


def validate_on_worker(document: str, plan: ValidationPlan, wait: float) -> Report:
    """Return the report of a worker; ends the command if the host has no workers or can't be asked."""
    scheme, _, name = document.partition(":") if is_stored(document) else ("", "", "")
    entry = next((each for each in entry_points(group=GROUP) if each.name == scheme), None)
    if entry is None:
        schemes = ", ".join(sorted(f"{each.name}:NAME" for each in entry_points(group=GROUP))) or "none here"
        fail(f"--on worker takes a connection of a host that has workers: {schemes}")
    try:
        # stdout is for the report: what a host prints meanwhile goes to stderr.
        with contextlib.redirect_stdout(sys.stderr):
            report = entry.load()(name, plan, wait)
    except WatchwordError as error:
        return error.report
    except Exception as error:  # noqa: BLE001 - a host may raise anything if its database can't be reached
        message = " ".join(redact.text(str(error)).split())
        fail(f"no worker can be asked: {type(error).__name__}: {message}")
    if not isinstance(report, Report):
        fail(f"{entry.value} returned no report")
    return report
