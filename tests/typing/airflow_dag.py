"""A DAG with the gate and the hook, as a user types it."""

from __future__ import annotations

import requests
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import BaseSensorOperator, dag, task
from typing_extensions import assert_type

import watchword
from airflow_provider_watchword import ApiHook, CredentialSensor, sign_ins
from watchword.tokens.health import Health


@dag(schedule=None)
def gated() -> None:
    """The sensor gates the task."""
    gate = CredentialSensor(
        task_id="gate",
        http_conn_id="acme",
        test_url="https://api.example.com/v1/me",
        expected_status=[200, 204],
        on_inconclusive="wait",
        timeout=60,
        retries=2,
    )
    sensor: BaseSensorOperator = gate
    sensor.poke_interval = 10
    CredentialSensor(task_id="gate", expected_status=200)
    CredentialSensor(task_id="gate", on_inconclusive="ask")  # type: ignore[arg-type]
    CredentialSensor(task_id="gate", http_conn_id=7)  # type: ignore[arg-type]
    CredentialSensor("gate")  # type: ignore[call-arg]

    @task
    def extract() -> int:
        hook = ApiHook("acme")
        stock_hook: HttpHook = hook
        stock_hook.run("/v1/me")
        with hook.get_conn(headers={"Accept": "application/json"}) as api:
            session: requests.Session = api
            assert_type(session.get("/v1/orders"), requests.Response)
            return api.get("/v1/orders").status_code

    gate >> extract()


def look() -> None:
    """What a hook is asked beside calls."""
    hook = ApiHook(http_conn_id="acme", method="POST")
    assert_type(hook.connection, watchword.Connection)
    assert_type(hook.validate(expected_status=(200,)), watchword.Report)
    assert_type(hook.test_connection(), tuple[bool, str])
    assert_type(sign_ins(), list[Health])
    hook.validate(expected=200)  # type: ignore[call-arg]
    ApiHook(conn_id="acme")  # type: ignore[call-arg]
    from airflow_provider_watchword import APIHook  # type: ignore[attr-defined]  # noqa: F401, PLC0415 - as above


gated()
