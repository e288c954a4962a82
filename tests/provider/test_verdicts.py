"""The verdict history of Airflow's connections: the sensor and the hook note, the Test button doesn't."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import PokeReturnValue
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import set_current_context

from airflow_provider_watchword import ApiHook, CredentialSensor
from airflow_provider_watchword.configuration import token_store
from watchword.validation.history import PastVerdict, _warned, history
from watchword_playground import Playground

Connect = Callable[..., str]


def verdicts(name: str = "acme") -> list[PastVerdict]:
    return list(history(token_store(), name))


def test_the_sensor_notes_each_verdict(connect: Connect, playground: Playground) -> None:
    """Each poke leaves verdict, code and place, also if the sensor waits or can't use the connection."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    gate = CredentialSensor(task_id="gate", http_conn_id="acme")
    assert gate.poke({})
    playground.fault(status=503)
    assert gate.poke({}) is False
    connect(bearer_tokn="x")
    with pytest.raises(AirflowFailException):
        gate.poke({})
    found = [(past.verdict.value, past.code, past.where.kind) for past in reversed(verdicts())]
    assert found == [
        ("valid", "authenticated", "sensor"),
        ("unreachable", "server_error_5xx", "sensor"),
        ("invalid", "unknown_field", "sensor"),
    ]


def test_the_hook_notes_its_validation(connect: Connect, playground: Playground) -> None:
    """`ApiHook.validate` leaves its verdict; outside of a task there is no task to name."""
    assert ApiHook(connect(test_url=f"{playground.url}/bearer/v1/me")).validate()
    [past] = verdicts()
    assert (past.code, past.where.kind, past.where.job) == ("authenticated", "hook", "")
    assert past.where.machine


def test_a_task_is_named(connect: Connect, playground: Playground) -> None:
    """Within a task, DAG, task and run are noted."""
    hook = ApiHook(connect(test_url=f"{playground.url}/bearer/v1/me"))
    task = SimpleNamespace(dag_id="daily", task_id="extract", run_id="manual__2026-11-30T00:00:00+00:00")
    context: Any = {"ti": task}
    with set_current_context(context):
        hook.validate()
    assert verdicts()[0].where.job == "daily.extract, run manual__2026-11-30T00:00:00+00:00"


def test_the_test_button_notes_nothing(connect: Connect, playground: Playground) -> None:
    """Airflow's Test button tests what may not be saved, under a random name: it leaves no verdict."""
    ok, _ = ApiHook(connect(test_url=f"{playground.url}/bearer/v1/me")).test_connection()
    assert ok
    assert token_store().history.all() == {}


def test_a_missing_connection_has_no_history(connect: Connect) -> None:
    """An id that Airflow doesn't know leaves no verdict."""
    assert ApiHook("nobody").validate().deciding.code.name == "connection_missing"
    assert token_store().history.all() == {}


@pytest.mark.parametrize("url", ["postgresql+psycopg://w:w@127.0.0.1:1/w", "sqlite:////proc/none/tokens.db"])
def test_a_store_that_is_down_leaves_the_sensor_s_verdict(
    connect: Connect,
    playground: Playground,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    url: str,
) -> None:
    """The sensor's result stays as it is if the store can't be used; the log has one warning."""
    _warned.clear()
    monkeypatch.setenv("WATCHWORD_STORE", url)
    monkeypatch.setenv("WATCHWORD_KEY", "A" * 43)
    connect(test_url=f"{playground.url}/bearer/v1/me")
    gate = CredentialSensor(task_id="gate", http_conn_id="acme")
    with caplog.at_level(logging.WARNING):
        result = gate.poke({})
        gate.poke({})
    assert isinstance(result, PokeReturnValue)
    assert result.xcom_value["verdict"] == "valid"
    assert caplog.text.count("The verdict on 'acme' is missing from its history") == 1
    playground.revoke("bearer")
    with pytest.raises(AirflowFailException, match=r"^invalid: unauthorized_401"):
        gate.poke({})
