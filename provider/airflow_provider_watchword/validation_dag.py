"""The DAG `watchword_validation`, which validates a connection on a worker.

The command `watchword validate airflow:NAME --on worker` runs it.

A deployment enables it with one line in a file of its DAGs folder:

    from airflow_provider_watchword.validation_dag import dag
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task

DAG_ID, TASK_ID = "watchword_validation", "validate"

__all__ = ["DAG_ID", "TASK_ID", "dag"]

_PARAMS = {
    "conn_id": Param("watchword_default", type="string"),
    "test_url": Param(None, type=["null", "string"]),
    "http_method": Param("GET", type="string"),
    "expected_status": Param([], type="array", items={"type": "integer"}),
    "timeout": Param(None, type=["null", "number"]),
}


@task(task_id=TASK_ID, retries=0)
def validate() -> dict[str, object]:
    """Return the report of a validation on this worker; a refused credential is a report too."""
    from airflow_provider_watchword.hooks import ApiHook  # noqa: PLC0415 - the DAG is read often
    from watchword.validation.plan import ValidationPlan  # noqa: PLC0415 - the DAG is read often

    params: Any = get_current_context()["params"]
    plan = ValidationPlan(
        params["test_url"],
        params["http_method"],
        frozenset(params["expected_status"]),
        timeout=params["timeout"],
    )
    return ApiHook(params["conn_id"]).run_validation(plan, "worker").as_dict()


with DAG(
    DAG_ID,
    description="Validates a connection where tasks run: watchword validate airflow:NAME --on worker",
    schedule=None,
    params=_PARAMS,
    is_paused_upon_creation=False,
    tags=["watchword"],
) as dag:
    validate()
