"""What a backend says and does where a secret can't be read."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from airflow_provider_watchword.secrets import GoogleSecretManagerBackend, log_once
from watchword_playground.secret_manager import SecretManagerServer

SECRET = "s3cret-0123456789"
URI = f"http://joe:{SECRET}@api.example.com"

FAULTS = {
    "denied": "secrets_denied",
    "throttled": "secrets_throttled",
    "hang": "secrets_timeout",
    "reset": "secrets_unreachable",
    "corrupt": "secret_corrupt",
}
UNREADABLE = {
    "no text": b"\xff" + SECRET.encode(),
    "neither JSON nor URI": SECRET.encode(),
    "broken JSON": f'{{"method": "bearer", "token": "{SECRET}"'.encode(),
    "another version": json.dumps({"schema_version": 7, "method": "bearer", "token": SECRET}).encode(),
    "not for Airflow": json.dumps({"conn_type": "http", "port": SECRET}).encode(),
}

Make = Callable[..., GoogleSecretManagerBackend]
Put = Callable[[str, bytes | str], int]
Said = Callable[[], list[str]]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_failure_has_its_own_words(
    server: SecretManagerServer, put: Put, make: Make, said: Said, fault: str
) -> None:
    """Its code, what was asked for and what to do; then Airflow goes on to its next backend."""
    put("airflow-connections-shop", URI)
    server.fault(fault, None)
    assert make().get_conn_value("shop") is None
    [text] = said()
    assert text.startswith(f"The connection 'shop' can't be had: {FAULTS[fault]}: Google Secret Manager of ")
    assert " airflow-connections-shop" in text


@pytest.mark.parametrize("fault", FAULTS)
def test_fail_closed_stops_the_search_with_the_same_words(
    server: SecretManagerServer, put: Put, make: Make, said: Said, fault: str
) -> None:
    """For all three kinds."""
    for kind in ("connections", "variables", "config"):
        put(f"airflow-{kind}-shop", URI)
    server.fault(fault, None)
    backend = make(fail_closed=True, deadline=0.3)
    for ask in (backend.get_connection, backend.get_variable, backend.get_config):
        with pytest.raises(AirflowSecretsBackendAccessDenied, match=FAULTS[fault]) as caught:
            ask("shop")
        assert said()[-1] == str(caught.value)
        assert caught.value.__context__ is None


def test_fail_closed_lets_a_miss_pass(make: Make) -> None:
    """What is not here may be elsewhere."""
    assert make(fail_closed=True).get_connection("nobody") is None


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_without_its_content(
    put: Put, make: Make, said: Said, caplog: pytest.LogCaptureFixture, payload: bytes
) -> None:
    """Airflow would say that the connection isn't defined."""
    put("airflow-connections-shop", payload)
    assert make().get_connection("shop") is None
    [text] = said()
    assert text.startswith("The connection 'shop' can't be had: ")
    with pytest.raises(AirflowSecretsBackendAccessDenied) as caught:
        make(fail_closed=True).get_connection("shop")
    assert str(caught.value) == text
    assert SECRET not in caplog.text


def test_what_airflow_makes_no_connection_of_is_said_too(
    put: Put, make: Make, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    """A password in digits alone is a number in JSON, which Airflow's server can't encrypt."""
    put("airflow-connections-shop", json.dumps({"conn_type": "http", "password": 9876543210}))
    assert make().get_connection("shop") is None
    [text] = said()
    assert text.endswith(
        "'shop' can't be had: secret_unreadable: Airflow makes no connection of it (TypeError)."
    )
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="secret_unreadable") as caught:
        make(fail_closed=True).get_connection("shop")
    assert caught.value.__context__ is None
    assert "9876543210" not in caplog.text


@pytest.mark.parametrize("place", [0, 1], ids=["server", "task"])
@pytest.mark.parametrize(
    "payload",
    [
        r'{"conn_type": "http", "host": "\ud800"}',
        r'{"conn_type": "http", "host": "h", "extra": {"a": "\ud800"}}',
    ],
)
def test_what_airflow_makes_no_uri_of_is_said_too(
    put: Put, make: Make, classes: list[type], place: int, payload: str
) -> None:
    """Airflow asks a connection for its URI next, and would swallow what fails there and search on."""
    put("airflow-connections-shop", payload)
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="secret_unreadable"):
        make(classes[place], fail_closed=True).get_connection("shop")


@pytest.mark.parametrize("teams", ["True", "maybe"])
def test_fail_closed_holds_where_teams_can_t_be_told(
    make: Make, monkeypatch: pytest.MonkeyPatch, teams: str
) -> None:
    """An id that might name a team, and an option that is none of Airflow's words, end the search too."""
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", teams)
    backend = make(fail_closed=True)
    with pytest.raises(AirflowSecretsBackendAccessDenied):
        backend.get_connection("a--b")
    with pytest.raises(AirflowSecretsBackendAccessDenied):
        backend.get_variable("a--b")


def test_variables_that_are_no_text_are_said(put: Put, make: Make, said: Said) -> None:
    """Where, but not what."""
    put("airflow-variables-a", b"abc\xff")
    assert make().get_variable("a") is None
    [text] = said()
    assert "secret_unreadable: The secret airflow-variables-a is no UTF-8 text from byte 3 on." in text


def test_what_nobody_expected_is_said_too(make: Make, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its kind and place; its text may be content."""
    backend = make()

    def broken() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(backend._variables, "_store", broken)
    assert backend.get_variable("a") is None
    [text] = said()
    assert text.startswith("The variable 'a' can't be had: RuntimeError in test_failures.py, line ")
    assert SECRET not in text


def test_a_failure_is_said_once_a_minute(
    server: SecretManagerServer, make: Make, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each id and each kind of failure."""
    server.fault("denied", None)
    backend = make()
    for _ in range(100):
        backend.get_variable("a")
    backend.get_variable("b")
    assert len(said()) == 2
    monkeypatch.setattr(log_once, "REPEAT", 0.0)
    backend.get_variable("a")
    assert len(said()) == 3


def test_a_child_says_it_again() -> None:
    """Each task has a log of its own, and is a fork of a process that may have met the same."""
    program = (
        "import logging, os; from airflow_provider_watchword.secrets import notices as n;"
        "[n.say(logging.ERROR, 'not-had', 'a') for _ in range(9)]; child = os.fork();"
        "child and os.waitpid(child, 0); n.say(logging.ERROR, 'not-had', 'a')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout + done.stderr).count("not-had") == 2


def test_old_content_is_used_while_google_cannot_be_asked(
    server: SecretManagerServer, put: Put, make: Make, said: Said
) -> None:
    """Within the grace, and not a moment after."""
    put("airflow-connections-shop", URI)
    backend, strict = make(cache_ttl="0"), make(cache_ttl="0", grace="0")
    assert backend.get_conn_value("shop") == strict.get_conn_value("shop") == URI
    server.fault("denied", None)
    assert backend.get_conn_value("shop") == URI
    assert said() == []
    assert strict.get_conn_value("shop") is None
    assert len(said()) == 1


def test_no_log_has_a_secret(put: Put, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG, of whichever logger."""
    caplog.set_level(logging.DEBUG)
    key = json.dumps({"type": "service_account", "private_key": SECRET})
    for kind in ("connections", "variables", "config"):
        put(f"airflow-{kind}-shop", URI)
    backend = make(gcp_keyfile_dict=key)
    assert backend.get_connection("shop").password == SECRET
    assert SECRET in backend.get_variable("shop")
    assert SECRET in backend.get_config("shop")
    assert SECRET not in caplog.text
    assert SECRET not in repr([backend, vars(backend), backend._variables._store])
