"""Validate a connection on a worker: a run of `validation_dag` is triggered and awaited.

The command `watchword` calls this for `airflow:NAME --on worker`, on a machine that reaches Airflow's
metadata database, as `airflow dags trigger` does. It uses Airflow's models, as no other module does.
"""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from airflow.api.common.trigger_dag import trigger_dag
from airflow.jobs.job import most_recent_job
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType

from airflow_provider_watchword.validation_dag import DAG_ID, TASK_ID
from watchword.errors import WatchwordError
from watchword.findings.codes import finding
from watchword.findings.report import Report
from watchword.findings.report_data import report_of
from watchword.http.durations import in_words
from watchword.validation.plan import ValidationPlan

_POLL = 1.0
"""The pause between two looks at the run, in seconds."""

_FINAL = frozenset({"success", "failed"})


def validate(name: str, plan: ValidationPlan, wait: float) -> Report:
    """Return the report of a validation of a connection that a worker has made within so many seconds.

    Raises:
        WatchwordError: there is no report; the codes begin with `worker_`.
    """
    _demand_dag()
    run_id = f"watchword__{datetime.now(timezone.utc).isoformat()}"
    conf = {
        "conn_id": name,
        "test_url": plan.test_url,
        "http_method": plan.http_method,
        "expected_status": sorted(plan.expected_status),
        "timeout": plan.timeout,
    }
    trigger_dag(DAG_ID, triggered_by=DagRunTriggeredByType.CLI, run_id=run_id, conf=conf)
    deadline = time.monotonic() + wait
    while (state := _state(run_id)) not in _FINAL:
        if time.monotonic() > deadline:
            raise _problem("worker_run_unfinished", _unfinished(run_id, state, wait))
        time.sleep(_POLL)
    return _report(run_id, state)


def _demand_dag() -> None:
    """Raise WatchwordError if the DAG is not there, or would not run."""
    with create_session() as session:
        found = session.get(DagModel, DAG_ID)
        if found is None or found.is_stale:
            raise _problem("worker_dag_missing", f"This Airflow has no DAG {DAG_ID}.")
        if found.is_paused:
            raise _problem("worker_dag_paused", f"The DAG {DAG_ID} is paused, so its runs would wait.")


def _state(run_id: str) -> str:
    """Return the state of the run."""
    with create_session() as session:
        state = session.query(DagRun.state).filter_by(dag_id=DAG_ID, run_id=run_id).scalar()
        return str(getattr(state, "value", state))


def _unfinished(run_id: str, state: str, wait: float) -> str:
    """Return in words where a run stands that has not ended in time."""
    with create_session() as session:
        of_run = session.query(TaskInstance).filter_by(dag_id=DAG_ID, run_id=run_id)
        tasks = [f"{task.state or 'not scheduled yet'}{_on(task.hostname)}" for task in of_run]
        job = most_recent_job("SchedulerJob", session=session)
        scheduler = "No scheduler has ever run." if job is None else _scheduler(job)
    task = f", its task {tasks[0]}" if tasks else ""
    return f"The run {run_id} of {DAG_ID} has not ended within {wait:.0f} s: it is {state}{task}. {scheduler}"


def _scheduler(job: Any) -> str:  # noqa: ANN401 - of one of Airflow's classes
    if job.is_alive():
        return "A scheduler is running."
    ago = (datetime.now(timezone.utc) - job.latest_heartbeat).total_seconds()
    return f"No scheduler is running: the last one was seen {in_words(ago)} ago."


def _report(run_id: str, state: str) -> Report:
    """Return the report that the task has left; raises WatchwordError if there is none."""
    with create_session() as session:
        query = XComModel.get_many(run_id=run_id, key="return_value", task_ids=TASK_ID, dag_ids=DAG_ID)
        left = session.execute(query).scalars().first()
        data = None if left is None else XComModel.deserialize_value(left)
        of_run = session.query(TaskInstance).filter_by(dag_id=DAG_ID, run_id=run_id)
        where = "".join(_on(task.hostname) for task in of_run)
    if data is None:
        message = f"The run {run_id} of {DAG_ID}{where} is {state}, and left no report."
        raise _problem("worker_run_failed", message)
    try:
        return report_of(data)
    except ValueError as error:
        unreadable = str(error)
    raise _problem("worker_report_unreadable", f"The report{where} can't be used: {unreadable}.")


def _on(host: str | None) -> str:
    return f" on {host}" if host else ""


def _problem(code: str, message: str) -> WatchwordError:
    return WatchwordError([finding(code, message)])
