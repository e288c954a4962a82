"""Verdicts on Airflow's connections are noted in their history, with the task that has validated."""

from __future__ import annotations

from airflow.sdk import get_current_context

from airflow_provider_watchword.configuration import token_store
from watchword.findings.report import Report
from watchword.validation import history
from watchword.validation.verdict_entry import Where


def note(name: str, report: Report, kind: str) -> None:
    """Note the verdict of a report in the history of the connection with this id."""
    history.note(token_store, name, report, Where(kind, _task()))


def _task() -> str:
    """Return DAG, task and run of the task that runs, "" outside of tasks."""
    try:
        context = get_current_context()
    except RuntimeError:
        return ""
    task = context["ti"]
    return f"{task.dag_id}.{task.task_id}, run {task.run_id}"
