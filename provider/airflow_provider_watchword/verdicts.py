"""Verdicts on Airflow's connections are noted in their history, with the task that has validated."""

from __future__ import annotations

from airflow.sdk import get_current_context

from airflow_provider_watchword.configuration import token_store
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.validation import history


def note(name: str, report: Report, kind: str) -> Report:
    """Note the verdict in the history of the connection with this id; return the report with its place."""
    placed = report.at(Where(kind, _task()))
    history.note(token_store, name, placed, placed.where)
    return placed


def _task() -> str:
    """Return DAG, task and run of the task that runs, "" outside of tasks."""
    try:
        context = get_current_context()
    except RuntimeError:
        return ""
    task = context["ti"]
    return f"{task.dag_id}.{task.task_id}, run {task.run_id}"
