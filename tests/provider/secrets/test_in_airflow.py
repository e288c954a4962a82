"""Backends as Airflow itself makes and calls them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.models.connection import Connection
from airflow.models.variable import Variable
from airflow.sdk.bases.hook import BaseHook
from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from airflow_provider_watchword import ApiHook
from watchword.secrets.vault import open_vault
from watchword_playground import Playground
from watchword_playground.secret_manager import SecretManagerServer

BACKENDS = "airflow_provider_watchword.secrets"
GOOGLE = f"{BACKENDS}.GoogleSecretManagerBackend"
ACCESS = "AccessSecretVersion"
DOCUMENT = {"method": "bearer", "base_url": "https://api.example.com", "token": "tok-0123456789"}

Configure = Callable[..., None]
Put = Callable[[str, bytes | str], int]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, server: SecretManagerServer, project: str) -> Configure:
    """Return a function that makes Airflow use Google Secret Manager before its environment."""

    def configured(**arguments: Any) -> None:
        given = {"project_id": project, "deadline": 20, **arguments}
        monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", GOOGLE)
        monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", json.dumps(given))
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", "http://environment")
        monkeypatch.setenv("AIRFLOW_VAR_A", "environment")

    return configured


def in_server(conn_id: str) -> Any:
    return Connection.get_connection_from_secrets(conn_id)


def in_trigger(conn_id: str) -> Any:
    return asyncio.run(BaseHook.aget_connection(conn_id))


WAYS = pytest.mark.parametrize("ask", [in_server, BaseHook.get_connection, in_trigger])


@WAYS
def test_airflow_finds_a_connection(put: Put, configure: Configure, ask: Callable[[str], Any]) -> None:
    """The server, tasks and triggers find the stored connection before that of the environment."""
    configure()
    put("airflow-connections-shop", json.dumps(DOCUMENT))
    assert ask("shop").host == "https://api.example.com"


@WAYS
def test_a_failure_leads_to_the_next_backend(
    server: SecretManagerServer, put: Put, configure: Configure, ask: Callable[[str], Any]
) -> None:
    """Without fail_closed, Airflow uses the connection of its environment after a failure."""
    configure()
    put("airflow-connections-shop", json.dumps(DOCUMENT))
    server.fault("denied", None)
    assert ask("shop").host == "environment"


@WAYS
def test_fail_closed_ends_the_search_at_a_failure(
    server: SecretManagerServer, put: Put, configure: Configure, ask: Callable[[str], Any]
) -> None:
    """With fail_closed, Airflow fails rather than use another connection of the same name."""
    configure(fail_closed=True)
    put("airflow-connections-shop", json.dumps(DOCUMENT))
    server.fault("denied", None)
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="secrets_denied: Google Secret Manager"):
        ask("shop")


def test_fail_closed_also_applies_to_variables(server: SecretManagerServer, configure: Configure) -> None:
    """With fail_closed, Airflow fails rather than use another variable of the same name."""
    configure(fail_closed=True, deadline=3)
    server.fault("throttled", None)
    with pytest.raises(AirflowSecretsBackendAccessDenied, match="secrets_throttled"):
        Variable.get_variable_from_secrets("a")


def test_a_stored_document_serves_the_hook(put: Put, configure: Configure, playground: Playground) -> None:
    """A document stored at Google authenticates the hook's requests."""
    configure()
    put("airflow-connections-shop", json.dumps(playground.document("bearer")))
    assert ApiHook("shop").run("/v1/me").json()["method"] == "bearer"


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new process, which imports Airflow anew."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def last(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line that was printed; Airflow logs to the same stream."""
    return (done.stdout.splitlines() or [done.stderr])[-1].strip()


def test_airflow_starts_without_google(server: SecretManagerServer) -> None:
    """Making a backend makes no call and imports no library of Google."""
    program = (
        "import sys; from airflow.configuration import initialize_secrets_backends as made;"
        "backend = made()[0]; print(type(backend).__name__, backend._variables._fail_closed,"
        "backend._get_connection_class().__module__, [m for m in ('google', 'grpc') if m in sys.modules])"
    )
    done = python(
        program,
        AIRFLOW__SECRETS__BACKEND=GOOGLE,
        AIRFLOW__SECRETS__BACKEND_KWARGS='{"connections_prefix": null}',
        AIRFLOW__SECRETS__BACKEND_KWARG__FAIL_CLOSED="true",
    )
    assert last(done) == "GoogleSecretManagerBackend True airflow.models.connection []"
    assert server.calls == {}


def test_making_backends_imports_nothing_heavy() -> None:
    """Making backends imports only watchword, beyond what Airflow's own base class imports."""
    program = (
        "import sys, airflow.secrets.base_secrets; before = set(sys.modules);"
        f"from {BACKENDS} import *; GoogleSecretManagerBackend(project_id='acme'); LocalVaultBackend();"
        "print({m.split('.')[0] for m in set(sys.modules) - before} - {'watchword'})"
    )
    assert last(python(program)) == "{'airflow_provider_watchword'}"


UNREAD_OPTION = (
    "GoogleSecretManagerBackend can't read the option 'fernet' from the secret airflow-config-fernet: "
    "secrets_denied: Google Secret Manager"
)

OPTION = (
    "from airflow.configuration import conf; values = {conf.get('core', 'fernet_key') for _ in range(50)};"
    "print('read', *values)"
)


@pytest.fixture
def options(put: Put, project: str, tmp_path: Path) -> dict[str, str]:
    """An environment in which Airflow reads an option from a secret, and none from an airflow.cfg."""
    put("airflow-config-fernet", "key-0123456789")
    return {
        "AIRFLOW__SECRETS__BACKEND": GOOGLE,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"project_id": project}),
        "AIRFLOW__CORE__FERNET_KEY_SECRET": "fernet",
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
    }


def test_options_come_from_secrets(server: SecretManagerServer, options: dict[str, str]) -> None:
    """An option that is read many times, from Airflow's start on, takes one call."""
    assert last(python(OPTION, **options)) == "read key-0123456789"
    assert (server.calls, server.connections) == ({ACCESS: 1}, 1)


def test_an_option_that_cannot_be_read_has_its_default(
    server: SecretManagerServer, options: dict[str, str]
) -> None:
    """Airflow uses the default, which here means no encryption; so the failure is logged."""
    server.fault("denied", None)
    done = python(OPTION, **options)
    assert last(done) == "read"
    assert UNREAD_OPTION in done.stdout


def test_fail_closed_ends_the_start_if_an_option_cannot_be_read(
    server: SecretManagerServer, options: dict[str, str]
) -> None:
    """With fail_closed Airflow doesn't start, and its last line is the reason."""
    server.fault("denied", None)
    done = python(OPTION, **options, AIRFLOW__SECRETS__BACKEND_KWARG__FAIL_CLOSED="true")
    assert done.returncode == 1
    reason = done.stderr.strip().splitlines()[-1]
    assert reason.startswith(UNREAD_OPTION)


def test_the_vault_may_itself_be_named_by_a_secret(tmp_path: Path) -> None:
    """Options come from the environment's vault, connections from the vault that airflow.cfg names then."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    open_vault(f"sqlite:///{tmp_path / 'tokens.db'}").put("airflow-config-place", other.encode())
    open_vault(other).put("airflow-connections-shop", b"http://other")
    done = python(
        "from airflow.models import Connection; print(Connection.get_connection_from_secrets('shop').host)",
        AIRFLOW__SECRETS__BACKEND=f"{BACKENDS}.LocalVaultBackend",
        AIRFLOW__WATCHWORD__STORE_SECRET="place",
        WATCHWORD_HOME=str(tmp_path),
    )
    assert last(done) == "other", done.stderr
