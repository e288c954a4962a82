"""Verdicts on Dagster's resources are noted in the history of their connections."""

from __future__ import annotations

import watchword
from dagster_watchword.variables import environment_variables
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.stores import open_store
from watchword.validation import history


def note(connection: watchword.Connection, report: Report, job: str) -> Report:
    """Note the verdict on a connection, and return the report with its place; without a name, no history."""
    placed = report.at(Where("dagster", job))
    history.note(lambda: connection.store, connection.name, placed, placed.where)
    return placed


def note_failed(name: str | None, error: watchword.WatchwordError, job: str) -> Report:
    """Note that a connection can't be used, and return the report with its place.

    A connection that doesn't exist, or has no name yet, has no history.
    """
    placed = error.report.at(Where("dagster", job))
    is_named = name and not any(environment_variables(name))
    if is_named and error.code != "connection_missing":
        history.note(open_store, name, placed, placed.where)
    return placed
