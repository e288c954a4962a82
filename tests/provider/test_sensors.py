"""`CredentialSensor` against the playground."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import PokeReturnValue
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

import watchword
from airflow_provider_watchword import CredentialSensor
from watchword.methods.fields import secret_names
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
METHODS = [method for method in CREDENTIALS if method != "none"]


def sensor(**arguments: Any) -> CredentialSensor:
    return CredentialSensor(task_id="gate", http_conn_id="acme", **arguments)


@pytest.mark.parametrize("method", METHODS)
def test_a_good_credential_opens_the_gate(connect: Connect, playground: Playground, method: str) -> None:
    """A valid credential ends the sensor, and the XCom is the report as plain JSON."""
    connect(method)
    result = sensor(test_url=f"{playground.url}/{method}/v1/me").poke({})
    assert isinstance(result, PokeReturnValue)
    assert result.is_done
    assert json.loads(json.dumps(result.xcom_value))["verdict"] == "valid"


def test_the_test_url_of_the_connection_is_the_default(connect: Connect, playground: Playground) -> None:
    """The sensor calls the connection's test URL, so a DAG needs no URL."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    assert sensor().poke({})
    assert playground.counts() == {"/bearer/v1/me": 3}


@pytest.mark.parametrize("method", METHODS)
def test_a_revoked_credential_fails_at_once(
    connect: Connect, playground: Playground, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    """A revoked credential fails the task without retries, and the log has the reason."""
    connect(method)
    playground.revoke(method)
    with pytest.raises(AirflowFailException, match=r"^invalid: ") as caught:
        sensor(test_url=f"{playground.url}/{method}/v1/me").poke({})
    logged = capsys.readouterr().out
    assert "What to do: " in logged
    fields = dict(CREDENTIALS[method])
    nested = fields.pop("secret_parameters", {})
    secrets = [
        *nested.values(),
        *(fields[name] for name in secret_names(watchword.METHODS[method]) if name in fields),
    ]
    assert secrets
    assert [secret for secret in secrets if secret in f"{logged}{caught.value}"] == []


def test_the_log_reads_as_headline_cause_action_and_evidence(
    connect: Connect, playground: Playground, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headline, cause, action and each piece of evidence are logged on one line each."""
    connect()
    playground.revoke("bearer")
    with pytest.raises(AirflowFailException):
        sensor(test_url=f"{playground.url}/bearer/v1/me").poke({})
    shape = re.compile(
        r"^\S+ \[\w+ *\] (.*?) *\[airflow\.task\.operators\..*CredentialSensor\]", re.MULTILINE
    )
    lines = shape.findall(capsys.readouterr().out)
    assert lines[0] == "Credential of the connection 'acme': invalid"
    assert lines[1].startswith("unauthorized_401: ")
    assert lines[2].startswith("  What to do: ")
    assert "  status: 401" in lines[3:]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_the_sensor_waits_for_a_transient_fault(
    connect: Connect, playground: Playground, status: int
) -> None:
    """During a transient fault `poke` returns False, so Airflow pokes again."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=status)
    assert sensor().poke({}) is False
    assert sensor().poke({})


def test_poke_mode_goes_on_until_the_fault_is_over(connect: Connect, playground: Playground) -> None:
    """In poke mode, one task waits until the fault has passed."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=2)
    report = sensor(mode="poke", poke_interval=0.01).execute({})
    assert report["verdict"] == "valid"
    assert playground.counts()["/bearer/v1/me"] == 5


def test_waiting_ends_with_the_timeout(connect: Connect, playground: Playground) -> None:
    """A fault that lasts longer than the timeout fails the task."""
    connect(test_url=f"{playground.url}/bearer/v1/me")
    playground.fault(status=503, times=1000)
    with pytest.raises(AirflowSensorTimeout):
        sensor(mode="poke", poke_interval=0.01, timeout=0.1).execute({})


def test_a_transient_fault_of_the_token_endpoint_is_waited_for(
    connect: Connect, playground: Playground
) -> None:
    """The sensor waits if the token endpoint has a transient fault."""
    connect("oauth2_client_credentials")
    playground.fault(status=503, path="/oauth")
    assert sensor().poke({}) is False


def test_inconclusive_fails_by_default(connect: Connect) -> None:
    """An inconclusive validation fails the task by default."""
    connect()
    with pytest.raises(AirflowFailException, match=r"not_proven: No call was made\. Give a test URL"):
        sensor().poke({})


def test_inconclusive_can_pass(connect: Connect) -> None:
    """With `pass` an inconclusive validation succeeds, and its report is the XCom."""
    connect()
    result = sensor(on_inconclusive="pass").poke({})
    assert isinstance(result, PokeReturnValue)
    assert result.is_done
    assert result.xcom_value["verdict"] == "inconclusive"


def test_inconclusive_can_wait(connect: Connect) -> None:
    """With `wait` the sensor pokes again after an inconclusive validation."""
    connect()
    assert sensor(on_inconclusive="wait").poke({}) is False


def test_a_wrong_value_of_on_inconclusive_is_refused() -> None:
    """A wrong value of on_inconclusive is an error when the DAG is loaded."""
    with pytest.raises(ValueError, match="fail, pass or wait"):
        sensor(on_inconclusive="ignore")


@pytest.mark.parametrize("expected", [403, [403], (401, 403)])
def test_an_expected_status_is_success(connect: Connect, playground: Playground, expected: Any) -> None:
    """One expected status or several mean success, even 403: a wrong credential gets another one."""
    connect("api_key")
    gate = sensor(test_url=f"{playground.url}/api_key/v1/admin", expected_status=expected)
    assert gate.poke({})


def test_a_limited_credential_opens_the_gate(connect: Connect, playground: Playground) -> None:
    """A credential that is accepted but not allowed at the test URL ends the sensor."""
    connect()
    result = sensor(test_url=f"{playground.url}/bearer/v1/admin").poke({})
    assert isinstance(result, PokeReturnValue)
    assert result.xcom_value["verdict"] == "valid_but_limited"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"bearer_token": "***"}, "placeholder_secret"), ({"bearer_tokn": "x"}, "unknown_field")],
)
def test_a_bad_document_fails_at_once(
    connect: Connect,
    playground: Playground,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    code: str,
) -> None:
    """A bad document fails the task before any request, and the log says what to do."""
    connect(**changes)
    with pytest.raises(AirflowFailException, match=code):
        sensor(test_url=f"{playground.url}/bearer/v1/me").poke({})
    assert "What to do: " in capsys.readouterr().out
    assert playground.counts() == {}


def test_a_foreign_test_url_gets_no_credential(connect: Connect, playground: Playground) -> None:
    """A test URL outside of the connection's origins gets no credential."""
    connect()
    with pytest.raises(AirflowFailException, match="origin_not_allowed"):
        sensor(test_url="https://api.example.com/v1/me").poke({})


def test_the_defaults_wait_shortly_and_free_the_worker() -> None:
    """The sensor waits 15 minutes in reschedule mode; Airflow's default is seven days in poke mode."""
    gate = sensor()
    assert (gate.timeout, gate.poke_interval, gate.mode) == (900, 30, "reschedule")
    assert gate.template_fields == ("http_conn_id", "test_url")
    assert gate.http_method == "GET"


def test_arguments_of_every_operator_pass() -> None:
    """The sensor takes the arguments of every Airflow operator."""
    assert sensor(retries=3, doc="why", soft_fail=True).retries == 3


def test_soft_fail_skips(connect: Connect) -> None:
    """With soft_fail a failure skips the task, as in Airflow's own sensors."""
    connect()
    with pytest.raises(AirflowSkipException):
        sensor(soft_fail=True, mode="poke").execute({})
