"""Verdicts on Airflow's connections are noted in their history, with the task that has validated."""

from __future__ import annotations

from typing import Protocol

from airflow.sdk import get_current_context

from airflow_provider_watchword.configuration import token_store
from airflow_provider_watchword.missing_connections import missing
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.validation import history


class TaskInstance(Protocol):
    """A task of a run, as tasks and triggers see it."""

    dag_id: str
    task_id: str
    run_id: str


def note(name: str, report: Report, kind: str, task: TaskInstance | None = None) -> Report:
    """Note the verdict in the history of the connection with this id; return the report with its place.

    Args:
        name: the connection's id.
        report: of its validation.
        kind: what has validated: `hook` or `sensor`.
        task: the task that a trigger validates for; the task that runs here if left out.
    """
    placed = report.at(Where(kind, _described(task or _running())))
    history.note(token_store, name, placed, placed.where)
    return placed


def of_missing(name: str, kind: str, task: TaskInstance | None = None) -> Report:
    """Return the report for an id that Airflow doesn't know; such an id has no history."""
    return missing(name).report.at(Where(kind, _described(task or _running())))


def _running() -> TaskInstance | None:
    """Return the task that runs here, None outside of tasks."""
    try:
        return get_current_context()["ti"]
    except RuntimeError:
        return None


def _described(task: TaskInstance | None) -> str:
    return f"{task.dag_id}.{task.task_id}, run {task.run_id}" if task else ""
