"""Airflow stores tokens where airflow.cfg or the environment says, and refuses unsuitable stores."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from airflow.models.connection import Connection
from airflow.utils.session import create_session

import airflow_provider_watchword
from airflow_provider_watchword import ApiHook, configuration, documents, sign_ins
from watchword.errors import DocumentError
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import open_store
from watchword.tokens.token import Token
from watchword_playground import Playground, SignInOptions

Connect = Callable[..., str]

SIGN_IN = "oauth2_authorization_code"
MACHINE = "oauth2_client_credentials"
KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()
SHARED = "postgresql+psycopg://watchword:s3cret@db.example.com/tokens"


def test_the_store_is_the_one_of_airflow_cfg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The store's URL and key come from airflow.cfg, without the final line break of a command's output."""
    path = tmp_path / "tokens.db"
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", f"sqlite:///{path}")
    monkeypatch.setenv("AIRFLOW__WATCHWORD__KEY_CMD", f"echo {KEY}")
    store = configuration.token_store()
    store.claim("imported", "key")
    assert path.exists()
    assert not path.with_name("tokens.db.key").exists()
    assert store is open_store(f"sqlite:///{path}", KEY)


def test_the_environment_overrides_airflow_cfg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment's store overrides airflow.cfg, so one setting serves Airflow and the command line."""
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", SHARED)
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'mine.db'}")
    assert configuration.token_store().display_url.endswith("mine.db")


def test_the_default_store_is_a_file_of_the_user(tmp_path: Path) -> None:
    """Without any setting, tokens are stored in the same file that the command line uses."""
    assert configuration.token_store().display_url == f"sqlite:///{tmp_path / 'watchword' / 'tokens.db'}"


@pytest.mark.parametrize(
    "executor",
    [
        "CeleryExecutor",
        "LocalExecutor,CeleryExecutor",
        "airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor",
        "team_a:my.own.FleetExecutor",
    ],
)
def test_a_sign_in_on_one_machine_is_refused_where_tasks_run_on_several(
    connect: Connect, playground: Playground, monkeypatch: pytest.MonkeyPatch, executor: str
) -> None:
    """Session and validation refuse the sign-in before any refresh, and advise a shared store."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    hook = ApiHook(connect(SIGN_IN))
    with pytest.raises(DocumentError) as error:
        hook.get_conn()
    assert error.value.code == "store_not_shared"
    assert hook.validate().deciding.code.name == "store_not_shared"
    assert "PostgreSQL" in str(error.value)
    assert playground.token_requests == 0


def test_a_machine_s_token_may_be_used_on_any_host(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that each machine can fetch for itself doesn't need a shared store."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    assert ApiHook(connect(MACHINE)).run("/v1/me").status_code == 200


def test_a_shared_store_may_be_used_from_anywhere(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-in in a database that other machines reach is accepted."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("WATCHWORD_STORE", SHARED)
    monkeypatch.setenv("WATCHWORD_KEY", KEY)
    assert ApiHook(connect(SIGN_IN)).connection.document.method.signs_in


def test_a_sign_in_is_used_by_every_hook(connect: Connect, playground: Playground) -> None:
    """The document's refresh token is used once; after that, hooks use the tokens in the store."""
    name = connect(SIGN_IN)
    for _ in range(3):
        assert ApiHook(name).run("/v1/me").json()["user"] == "ada"
    assert playground.token_requests == 1
    assert playground.families_revoked == 0


def test_the_test_button_leaves_a_sign_in_alone(connect: Connect, playground: Playground) -> None:
    """The button would use up the refresh token under a random name, so it says how to validate instead."""
    ok, reason = ApiHook(connect(SIGN_IN)).test_connection()
    assert not ok
    assert reason.partition(":")[0] == "sign_in_not_tested"
    assert playground.token_requests == 0


def test_the_test_button_stores_nothing(connect: Connect, playground: Playground) -> None:
    """The token that the button fetches is not stored under the button's random name."""
    ok, reason = ApiHook(connect(MACHINE)).test_connection()
    assert ok, reason
    assert playground.token_requests == 2  # one of them as a client that doesn't exist
    assert configuration.token_store().records() == []


def test_the_command_line_finds_airflow_s_connections(connect: Connect) -> None:
    """`airflow:acme` is the connection of that id, and its tokens are in the hook's store."""
    found = documents.connection(connect(SIGN_IN))
    assert found.name == "acme"
    assert found.store is configuration.token_store()


def test_the_command_line_finds_the_connections_of_the_database(
    database: Path, playground: Playground
) -> None:
    """A connection saved in Airflow's form is validated by its id, and no secret is shown."""
    assert database.exists()
    fields = playground.document(MACHINE)
    extra = {"schema_version": 1, **{name: value for name, value in fields.items() if name != "base_url"}}
    stored = Connection("of_database", "watchword", host=fields["base_url"], extra=json.dumps(extra))
    with create_session() as session:
        session.add(stored)
    command = [sys.executable, "-W", "ignore", "-m", "watchword", "validate", "airflow:of_database"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "token_obtained" in done.stdout
    assert fields["client_secret"] not in f"{done.stdout}{done.stderr}"


def test_sign_ins_stays_a_function_after_its_import() -> None:
    """`sign_ins` is the function however often it is imported: no module of the package has its name."""
    assert importlib.util.find_spec("airflow_provider_watchword.sign_ins") is None
    assert airflow_provider_watchword.sign_ins() == sign_ins() == []


def test_sign_ins_are_watched_by_name(connect: Connect, playground: Playground) -> None:
    """`sign_ins` lists the sign-ins of people with the time of their end, and leaves out machines' tokens."""
    ApiHook(connect(MACHINE)).run("/v1/me")
    connection = ApiHook(connect(SIGN_IN)).connection
    issued = playground.sign_in(SignInOptions(user="grace"))
    stored_sign_in(connection).accept(
        Token(
            issued["access_token"],
            lifetime=3600,
            refresh_token=issued["refresh_token"],
            refresh_lifetime=3 * 86400,
        )
    )
    (found,) = sign_ins()
    assert found.name == "acme"
    assert found.days_left is not None
    assert 2 < found.days_left <= 3
    assert ApiHook("acme").run("/v1/me").json()["user"] == "grace"
