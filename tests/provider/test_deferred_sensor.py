"""`CredentialSensor` in the triggerer: the outcomes of poke mode, without a worker."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowNotFoundException,
    AirflowRescheduleException,
    AirflowSensorTimeout,
    AirflowSkipException,
    TaskDeferred,
)

from airflow_provider_watchword import CredentialSensor, documents, verdicts
from airflow_provider_watchword.configuration import token_store
from airflow_provider_watchword.gate import next_pause
from airflow_provider_watchword.triggers import CredentialTrigger
from tests.provider.test_outages import answering
from tests.support import deferral
from watchword.findings.codes import finding
from watchword.findings.report import Report
from watchword.methods import METHODS
from watchword.methods.fields import secret_names
from watchword.stores.contracts import Store
from watchword.validation.history import history
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
SAMPLE = ("api_key", "oauth2_client_credentials", "digest", "custom")
"""A method with a header alone, one with a token, one with a challenge, and one with nested secrets."""


def sensor(**arguments: Any) -> CredentialSensor:
    return CredentialSensor(
        task_id="gate", http_conn_id="acme", **{"deferrable": True, "poke_interval": 0.01, **arguments}
    )


def trigger_of(gate: CredentialSensor) -> CredentialTrigger:
    with pytest.raises(TaskDeferred) as deferred:
        gate.execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, CredentialTrigger)
    return trigger


@pytest.mark.parametrize("method", SAMPLE)
def test_a_good_credential_opens_the_gate(connect: Connect, playground: Playground, method: str) -> None:
    """The report of the triggerer is the XCom, in the form that poke mode gives it."""
    connect(method)
    url = f"{playground.url}/{method}/v1/me"
    report = deferral.run(sensor(test_url=url))
    poked = sensor(test_url=url, deferrable=False, mode="poke").execute({})
    assert report["verdict"] == "valid"
    assert report.keys() == poked.keys()
    assert [each["code"] for each in report["findings"]] == [each["code"] for each in poked["findings"]]


@pytest.mark.parametrize("method", SAMPLE)
def test_the_trigger_carries_no_secret(connect: Connect, playground: Playground, method: str) -> None:
    """Airflow stores the connection's id and the arguments of the call, and an event without secrets."""
    connect(method)
    playground.revoke(method)
    trigger = trigger_of(sensor(test_url=f"{playground.url}/{method}/v1/me"))
    event = deferral.event_of(deferral.revived(trigger))
    fields = dict(CREDENTIALS[method])
    nested = fields.pop("secret_parameters", {})
    names = secret_names(METHODS[method])
    secrets = [*nested.values(), *(str(fields[name]) for name in names if name in fields)]
    stored = json.dumps([trigger.serialize(), event])
    assert secrets
    assert [secret for secret in secrets if secret in stored] == []
    assert set(trigger.serialize()[1]) == {
        "http_conn_id",
        "test_url",
        "http_method",
        "expected_status",
        "on_inconclusive",
        "poke_interval",
        "longest_interval",
        "ends_at",
    }


def test_a_revoked_credential_fails_at_once(
    connect: Connect, playground: Playground, capsys: pytest.CaptureFixture[str]
) -> None:
    """The task fails without retries, its exception has the reason, and its log says what to do."""
    connect()
    playground.revoke("bearer")
    with pytest.raises(AirflowFailException, match=r"^invalid: unauthorized_401: "):
        deferral.run(sensor(test_url=f"{playground.url}/bearer/v1/me"))
    assert "What to do: " in capsys.readouterr().out


WAITS = [
    (None, 30.0, 900.0, 30.0),
    (10.0, 30.0, 900.0, 30.0),
    (200.0, 30.0, 900.0, 200.0),
    (7200.0, 30.0, 900.0, 900.0),
    (7200.0, 30.0, -1.0, 0.0),
    (0.0, 30.0, 4.0, 4.0),
]


@pytest.mark.parametrize(("asked", "interval", "remaining", "pause"), WAITS)
def test_the_api_s_own_pause_counts(
    asked: float | None, interval: float, remaining: float, pause: float
) -> None:
    """The pause is the interval, or the API's Retry-After if that is longer, within the time that remains."""
    limited = finding("rate_limited_429", "Too many calls.", retry_after=asked)
    assert next_pause(Report(limited, (limited,)), interval, remaining) == pause


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("exponential_backoff", [True, False])
def test_a_sensor_waits_as_long_as_the_api_asks(
    connect: Connect, capsys: pytest.CaptureFixture[str], *, deferrable: bool, exponential_backoff: bool
) -> None:
    """Both forms make their second attempt at Retry-After, or at the timeout if that is sooner."""
    gate = sensor(timeout=2, mode="poke", deferrable=deferrable, exponential_backoff=exponential_backoff)
    with answering(429, {"Retry-After": "7200"}) as url:
        connect(base_url=url, test_url=f"{url}/v1/me")
        with pytest.raises(AirflowSensorTimeout, match=r"rate_limited_429: .* to wait 7200 seconds\."):
            deferral.run(gate)
    assert capsys.readouterr().out.count("trying again in ") <= 1  # none if the first took longer


def test_a_rescheduled_sensor_comes_back_when_the_api_asks(connect: Connect) -> None:
    """In the mode `reschedule`, the next attempt is at the end of Retry-After."""
    context: Any = {"ti": SimpleNamespace(get_first_reschedule_date=lambda _: None)}
    begin = datetime.now(timezone.utc)
    with answering(429, {"Retry-After": "600"}) as url:
        connect(base_url=url, test_url=f"{url}/v1/me")
        with pytest.raises(AirflowRescheduleException) as caught:
            sensor(deferrable=False, timeout=3600).execute(context)
    assert caught.value.reschedule_date >= begin + timedelta(seconds=600)


def test_the_trigger_waits_for_the_end_of_a_fault(connect: Connect, playground: Playground) -> None:
    """During a transient fault one trigger validates again and again, and notes each verdict."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=1)
    assert deferral.run(sensor())["verdict"] == "valid"
    verdicts = [past.verdict.value for past in history(token_store(), "acme")]
    assert verdicts[0] == "valid"
    assert "unreachable" in verdicts[1:] or playground.counts()["/bearer/v1/me"] > 2


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_timeout_names_the_reason(connect: Connect, playground: Playground, *, deferrable: bool) -> None:
    """A fault that lasts longer than the timeout is named in the exception, in both modes."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=1000)
    gate = sensor(timeout=0.1, mode="poke", deferrable=deferrable)
    with pytest.raises(AirflowSensorTimeout, match=r"The last validation: unreachable: server_error_5xx: "):
        deferral.run(gate)


@pytest.mark.parametrize("deferrable", [True, False])
@pytest.mark.parametrize("waits", [True, False])
def test_a_skipped_task_names_the_reason(
    connect: Connect, playground: Playground, *, deferrable: bool, waits: bool
) -> None:
    """With soft_fail, a task is skipped after a timeout and after a refusal, with the reason."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    if waits:
        playground.fault(status=503, times=1000)
    else:
        playground.revoke("bearer")
    gate = sensor(timeout=0.1, mode="poke", deferrable=deferrable, soft_fail=True)
    code = "server_error_5xx" if waits else "unauthorized_401"
    with pytest.raises(AirflowSkipException, match=code):
        deferral.run(gate)


def test_a_triggerer_that_is_gone_is_named() -> None:
    """If no validation has ended in time, the exception names the triggerer."""
    with pytest.raises(AirflowSensorTimeout, match="check that Airflow's triggerer runs"):
        sensor().resume_execution("__fail__", {"error": "Trigger timeout"}, {})


@pytest.mark.parametrize("on_inconclusive", ["fail", "pass", "wait"])
def test_on_inconclusive_means_the_same(connect: Connect, on_inconclusive: Any) -> None:
    """An inconclusive validation fails, passes or waits as in poke mode."""
    connect()
    gate = sensor(on_inconclusive=on_inconclusive, timeout=0.1)
    if on_inconclusive == "pass":
        assert deferral.run(gate)["verdict"] == "inconclusive"
        return
    expected = AirflowFailException if on_inconclusive == "fail" else AirflowSensorTimeout
    with pytest.raises(expected, match="not_proven"):
        deferral.run(gate)


def test_a_bad_document_fails_at_once(connect: Connect, playground: Playground) -> None:
    """A connection that can't be used fails the task with its finding, before any request."""
    connect(bearer_tokn="x")
    with pytest.raises(AirflowFailException, match="unknown_field"):
        deferral.run(sensor(test_url=f"{playground.url}/bearer/v1/me"))
    assert playground.counts() == {}


@pytest.mark.parametrize("deferrable", [True, False])
def test_an_unknown_connection_is_retried(monkeypatch: pytest.MonkeyPatch, *, deferrable: bool) -> None:
    """An id that Airflow doesn't know raises Airflow's own kind of error, with advice and similar ids."""
    monkeypatch.setenv("AIRFLOW_CONN_NOBODI", "http://")
    gate = CredentialSensor(task_id="gate", http_conn_id="nobody", deferrable=deferrable, mode="poke")
    text = r"There is no connection 'nobody' in Airflow\. Similar ids are 'nobodi'\. Correct the id, or "
    with pytest.raises(AirflowNotFoundException, match=rf"^invalid: connection_missing: {text}"):
        deferral.run(gate)


def test_a_changed_connection_is_used_at_the_next_validation(
    connect: Connect, playground: Playground
) -> None:
    """The connection is looked up for each validation, so a correction ends the wait."""
    connect(base_url="http://127.0.0.1:9", test_url="http://127.0.0.1:9/v1/me")
    trigger = deferral.revived(trigger_of(sensor(timeout=60)))

    async def corrected() -> Any:
        ending = asyncio.ensure_future(anext(trigger.run()))
        while not history(token_store(), "acme"):  # noqa: ASYNC110 - the store has no event
            await asyncio.sleep(0.01)
        connect(test_url=f"{playground.url}/bearer/v1/me")
        return (await ending).payload

    assert asyncio.run(corrected())["report"]["verdict"] == "valid"


def test_the_time_limit_outlives_the_triggerer(connect: Connect, playground: Playground) -> None:
    """A trigger that another triggerer takes over ends at the time that the task has set."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=1000)
    trigger = trigger_of(sensor(timeout=0.05, poke_interval=60))
    time.sleep(0.1)
    assert deferral.event_of(deferral.revived(trigger))["timed_out"]


def test_the_verdict_names_the_task(connect: Connect, playground: Playground) -> None:
    """The history names DAG, task and run that the trigger works for."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    trigger = deferral.revived(trigger_of(sensor()))
    task: Any = SimpleNamespace(dag_id="daily", task_id="gate", run_id="manual__1")
    trigger._task_instance = task
    deferral.event_of(trigger)
    [past] = history(token_store(), "acme")
    assert (past.where.kind, past.where.job) == ("sensor", "daily.gate, run manual__1")


def test_a_store_that_is_down_leaves_the_verdict(
    connect: Connect, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sensor succeeds if its history can't be written."""
    monkeypatch.setenv("WATCHWORD_STORE", "postgresql+psycopg://w:w@127.0.0.1:1/w")
    monkeypatch.setenv("WATCHWORD_KEY", "A" * 43)
    connect(test_url=f"{playground.url}/bearer/v1/me")
    assert deferral.run(sensor())["verdict"] == "valid"


def test_blocking_work_is_not_done_in_the_event_loop(
    connect: Connect, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets are resolved and verdicts are noted on other threads than that of the event loop."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    threads: list[str] = []

    def opened() -> Store:
        threads.append(threading.current_thread().name)
        return token_store()

    for module in (verdicts, documents):
        monkeypatch.setattr(module, "token_store", opened)
    deferral.run(sensor())
    assert len(threads) == 2
    assert {name.rpartition("_")[0] for name in threads} == {"watchword-trigger"}


@pytest.mark.parametrize(("maximum", "longest"), [(None, 900), (120, 120)])
def test_exponential_backoff_reaches_the_trigger(maximum: int | None, longest: float) -> None:
    """With exponential_backoff the trigger's interval grows, up to max_wait."""
    assert trigger_of(sensor()).longest_interval is None
    trigger = trigger_of(sensor(exponential_backoff=True, max_wait=maximum))
    assert trigger.longest_interval == longest


def test_the_log_of_a_waiting_trigger_has_the_reason(
    connect: Connect, playground: Playground, capsys: pytest.CaptureFixture[str]
) -> None:
    """While it waits, the trigger logs what it has found and what to do."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=5)
    assert deferral.run(sensor())["verdict"] == "valid"
    logged = capsys.readouterr().out
    assert "server_error_5xx: " in logged
    assert "trying again in" in logged


def test_a_report_of_another_version_is_understood() -> None:
    """A report whose codes this version doesn't know is logged and decides as the triggerer says."""
    event = {
        "report": {
            "verdict": "invalid",
            "permanence": "permanent",
            "code": "of_the_future",
            "where": {"kind": "sensor", "job": "", "machine": "there"},
            "summary": "",
            "findings": [
                {
                    "code": "of_the_future",
                    "phase": "answer",
                    "severity": "error",
                    "permanence": "permanent",
                    "message": "The key is gone.",
                    "advice": "Make one.",
                    "evidence": {},
                    "retry_after": None,
                }
            ],
            "duration": 0.1,
        },
        "timed_out": False,
    }
    with pytest.raises(AirflowFailException, match=r"^invalid: of_the_future: The key is gone. Make one."):
        sensor().execute_complete({}, event)
