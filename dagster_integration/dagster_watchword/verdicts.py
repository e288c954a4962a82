"""Verdicts on Dagster's resources are noted in the history of their connections."""

from __future__ import annotations

import watchword
from dagster_watchword.variables import environment_variables
from watchword.findings.report import Report
from watchword.stores import open_store
from watchword.validation import history
from watchword.validation.verdict_entry import Where


def note(connection: watchword.Connection, report: Report, job: str) -> None:
    """Note the verdict on a connection; one without a name has no history."""
    history.note(lambda: connection.store, connection.name, report, Where("dagster", job))


def note_failed(name: str | None, error: watchword.WatchwordError, job: str) -> None:
    """Note that a connection can't be used; one that doesn't exist, or has no name yet, has no history."""
    is_named = name and not any(environment_variables(name))
    if is_named and error.code != "connection_missing":
        history.note(open_store, name, error.report, Where("dagster", job))
