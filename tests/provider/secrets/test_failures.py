"""What a backend logs and does if a secret can't be read."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from airflow_provider_watchword.secrets import GoogleSecretManagerBackend, google, log_once
from watchword_playground.secret_manager import SecretManagerServer

SECRET = "s3cret-0123456789"
URI = f"http://joe:{SECRET}@api.example.com"

UNREAD_CONNECTION = (
    "GoogleSecretManagerBackend can't read the connection 'shop' from the secret airflow-connections-shop"
)
SEARCH_GOES_ON = "Airflow now uses its next secrets backend."
SEARCH_STOPS = "Airflow doesn't use its next secrets backend, because fail_closed is on."

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

DEADLINE = 2.0
"""How long a fault is tried again, in seconds: its first response comes within that on a slow machine too."""

Make = Callable[..., GoogleSecretManagerBackend]
Put = Callable[[str, bytes | str], int]
Logged = Callable[[], list[str]]


@pytest.fixture
def _one_fault_all_the_time(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    """Let an attempt take as long as all of them, on a connection that is open already.

    Otherwise an attempt that is slow for once would be another fault.
    """
    monkeypatch.setattr(google, "_ATTEMPT", 1.0)
    make().get_conn_value("nobody")


@pytest.mark.usefixtures("_one_fault_all_the_time")
@pytest.mark.parametrize("fault", FAULTS)
def test_each_failure_has_its_own_message(
    server: SecretManagerServer, put: Put, make: Make, logged: Logged, fault: str
) -> None:
    """The message names backend, id, secret, code and advice; then Airflow asks its next backend."""
    put("airflow-connections-shop", URI)
    server.fault(fault, None)
    assert make(deadline=DEADLINE).get_conn_value("shop") is None
    [text] = logged()
    assert text.startswith(f"{UNREAD_CONNECTION}: {FAULTS[fault]}: Google Secret Manager of ")
    assert text.endswith(f" {SEARCH_GOES_ON}")


@pytest.fixture
def _one_fault_all_the_time(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    """Let an attempt take as long as all of them, on a connection that is open already.

    Otherwise an attempt that is slow for once would be another fault.
    """
    monkeypatch.setattr(google, "_ATTEMPT", 1.0)
    make().get_conn_value("nobody")


@pytest.mark.usefixtures("_one_fault_all_the_time")
@pytest.mark.parametrize("fault", FAULTS)
def test_fail_closed_stops_the_search_with_the_same_message(
    server: SecretManagerServer, put: Put, make: Make, logged: Logged, fault: str
) -> None:
    """The error of a connection, a variable or an option names backend, secret, code and fail_closed."""
    for kind in ("connections", "variables", "config"):
        put(f"airflow-{kind}-shop", URI)
    server.fault(fault, None)
    backend = make(fail_closed=True, deadline=DEADLINE)
    for look_up in (backend.get_connection, backend.get_variable, backend.get_config):
        with pytest.raises(AirflowSecretsBackendAccessDenied, match=FAULTS[fault]) as caught:
            look_up("shop")
        assert logged()[-1] == str(caught.value)
        assert re.match(
            r"GoogleSecretManagerBackend can't read .* from the secret airflow-", str(caught.value)
        )
        assert str(caught.value).endswith(", because fail_closed is on.")
        assert caught.value.__context__ is None


def test_fail_closed_does_not_stop_at_a_missing_secret(make: Make) -> None:
    """Another backend may have a connection that this one doesn't have."""
    assert make(fail_closed=True).get_connection("nobody") is None


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_secret_is_logged_without_its_content(
    put: Put, make: Make, logged: Logged, caplog: pytest.LogCaptureFixture, payload: bytes
) -> None:
    """Airflow by itself would only say that the connection isn't defined."""
    put("airflow-connections-shop", payload)
    assert make().get_connection("shop") is None
    [text] = logged()
    assert text.startswith(f"{UNREAD_CONNECTION}: ")
    with pytest.raises(AirflowSecretsBackendAccessDenied) as caught:
        make(fail_closed=True).get_connection("shop")
    assert str(caught.value) == text.replace(SEARCH_GOES_ON, SEARCH_STOPS)
    assert SECRET not in caplog.text


def test_a_connection_that_airflow_refuses_is_logged(
    put: Put, make: Make, logged: Logged, caplog: pytest.LogCaptureFixture
) -> None:
    """A JSON number as password is refused by Airflow's server, because it can't encrypt it."""
    put("airflow-connections-shop", json.dumps({"conn_type": "http", "password": 9876543210}))
    assert make().get_connection("shop") is None
    [text] = logged()
    reason = "Airflow can't make a connection from its content (TypeError)"
    assert text.startswith(f"{UNREAD_CONNECTION}: secret_unreadable: {reason}. ")
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
def test_a_connection_without_a_uri_is_a_failure(
    put: Put, make: Make, classes: list[type], place: int, payload: str
) -> None:
    """Airflow asks a connection for its URI next; it would hide an error there and search on."""
    put("airflow-connections-shop", payload)
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="secret_unreadable"):
        make(classes[place], fail_closed=True).get_connection("shop")


@pytest.mark.parametrize("teams", ["True", "maybe"])
def test_fail_closed_stops_at_an_ambiguous_team(
    make: Make, monkeypatch: pytest.MonkeyPatch, teams: str
) -> None:
    """An id that could name a team stops the search, and so does a multi_team option that isn't a boolean."""
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", teams)
    backend = make(fail_closed=True)
    with pytest.raises(AirflowSecretsBackendAccessDenied):
        backend.get_connection("a--b")
    with pytest.raises(AirflowSecretsBackendAccessDenied):
        backend.get_variable("a--b")


def test_a_variable_that_is_not_text_is_logged(put: Put, make: Make, logged: Logged) -> None:
    """The message has the position of the first wrong byte, but no content."""
    put("airflow-variables-a", b"abc\xff")
    assert make().get_variable("a") is None
    [text] = logged()
    assert "secret_unreadable: The secret airflow-variables-a is not UTF-8 text from byte 3 on." in text


def test_an_unexpected_error_is_logged(make: Make, logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the error's type and place, but not its text, which may hold content."""
    backend = make()

    def broken() -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(backend._variables, "_store", broken)
    assert backend.get_variable("a") is None
    [text] = logged()
    prefix = "GoogleSecretManagerBackend can't read the variable 'a' from the secret airflow-variables-a: "
    assert text.startswith(f"{prefix}unexpected error: RuntimeError in test_failures.py, line ")
    assert SECRET not in text


def test_a_failure_is_logged_once_a_minute(
    server: SecretManagerServer, make: Make, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each id and each kind of failure is logged on its own."""
    server.fault("denied", None)
    backend = make()
    for _ in range(100):
        backend.get_variable("a")
    backend.get_variable("b")
    assert len(logged()) == 2
    monkeypatch.setattr(log_once, "REPEAT_AFTER", 0.0)
    backend.get_variable("a")
    assert len(logged()) == 3


def test_a_forked_child_logs_it_again() -> None:
    """A task has its own log, and is forked from a process that may have logged the same failure."""
    program = (
        "import os; from airflow_provider_watchword.secrets.log_once import log_error;"
        "[log_error('not-read', 'a') for _ in range(9)]; child = os.fork();"
        "child and os.waitpid(child, 0); log_error('not-read', 'a')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout + done.stderr).count("not-read") == 2


def test_old_content_is_used_while_google_cannot_be_reached(
    server: SecretManagerServer, put: Put, make: Make, logged: Logged
) -> None:
    """Old content is used within the grace, and not after it."""
    put("airflow-connections-shop", URI)
    backend, strict = make(cache_ttl="0"), make(cache_ttl="0", grace="0")
    assert backend.get_conn_value("shop") == strict.get_conn_value("shop") == URI
    server.fault("denied", None)
    assert backend.get_conn_value("shop") == URI
    assert logged() == []
    assert strict.get_conn_value("shop") is None
    assert len(logged()) == 1


def test_no_log_has_a_secret(put: Put, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """No logger writes a secret, not even at DEBUG."""
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
