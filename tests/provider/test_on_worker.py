"""`watchword validate --on worker` where no worker can answer: each cause has its own code."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.api.common.delete_dag import delete_dag
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

from airflow_provider_watchword import on_worker
from airflow_provider_watchword.validation_dag import DAG_ID, TASK_ID, dag
from watchword.errors import WatchwordError
from watchword.validation.plan import ValidationPlan

PLAN = ValidationPlan("https://api.test/v1/me")


@pytest.fixture(scope="module")
def enabled(database: Path, airflow):
    """Give the DAG as the dag-processor stores it; it is removed at the end."""
    folder = database / "dags"
    folder.mkdir(exist_ok=True)
    file = folder / "validation.py"
    file.write_text("from airflow_provider_watchword.validation_dag import dag\n")
    done = airflow("dags", "reserialize")
    assert done.returncode == 0, done.stdout + done.stderr
    yield dag
    file.unlink()
    delete_dag(DAG_ID)


def pause(*, is_paused: bool) -> None:
    """Change the DAG as `airflow dags pause` does, which takes seconds to start."""
    with create_session() as session:
        session.get(DagModel, DAG_ID).is_paused = is_paused


def failure(**changes):
    with pytest.raises(WatchwordError) as error:
        on_worker.validate("acme", PLAN, changes.get("wait", 2.0))
    return error.value


def test_a_missing_dag_is_named(database: Path):
    """Without the DAG the error shows the line that enables it."""
    error = failure()
    assert error.code == "worker_dag_missing"
    assert "from airflow_provider_watchword.validation_dag import dag" in error.findings[0].advice


def test_a_paused_dag_and_a_missing_scheduler_are_told_apart(enabled):
    """A paused DAG is refused before a run begins; without a scheduler the run's state is named."""
    pause(is_paused=True)
    assert failure().code == "worker_dag_paused"
    pause(is_paused=False)
    error = failure()
    assert (error.code, error.retryable) == ("worker_run_unfinished", True)
    message = error.findings[0].message
    assert "it is queued" in message
    assert "No scheduler has ever run." in message


def test_a_run_without_a_readable_report_is_named(enabled):
    """A run that left no report, and one that left something else, have codes of their own."""
    pause(is_paused=False)
    failure()  # the run stays, since no scheduler takes it
    with create_session() as session:
        run_id = session.scalars(select(DagRun.run_id).where(DagRun.dag_id == DAG_ID)).first()
    with pytest.raises(WatchwordError) as none:
        on_worker._report(run_id, "failed")
    assert none.value.code == "worker_run_failed"
    with create_session() as session:
        place = {"dag_id": DAG_ID, "task_id": TASK_ID, "run_id": run_id, "session": session}
        XComModel.set(key="return_value", value={"no": "report"}, **place)
    with pytest.raises(WatchwordError) as other:
        on_worker._report(run_id, "success")
    assert other.value.code == "worker_report_unreadable"
