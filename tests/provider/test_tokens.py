"""Where Airflow keeps tokens: as airflow.cfg says, as the environment says, and never where they get lost."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_provider_watchword import ApiHook, configuration, documents, sign_ins
from watchword.errors import DocumentError
from watchword.stores import open_store
from watchword.tokens.token import Token
from watchword_playground import Playground, SignInOptions

Connect = Callable[..., str]

SIGN_IN = "oauth2_authorization_code"
MACHINE = "oauth2_client_credentials"
KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()
SHARED = "postgresql+psycopg://watchword:s3cret@db.example.com/tokens"


def test_the_store_is_the_one_of_airflow_cfg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its URL and the key, of which a command's last line break is no part."""
    path = tmp_path / "tokens.db"
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", f"sqlite:///{path}")
    monkeypatch.setenv("AIRFLOW__WATCHWORD__KEY_CMD", f"echo {KEY}")
    store = configuration.token_store()
    store.claim("imported", "key")
    assert path.exists()
    assert not path.with_name("tokens.db.key").exists()
    assert store is open_store(f"sqlite:///{path}", KEY)


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that the command line and Airflow can be told the same thing once."""
    monkeypatch.setenv("AIRFLOW__WATCHWORD__STORE", SHARED)
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'mine.db'}")
    assert configuration.token_store().display_url.endswith("mine.db")


def test_what_is_said_nowhere_is_a_file_of_the_user_s(tmp_path: Path) -> None:
    """The same file that the command line uses."""
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
    """Before any refresh, in the hook's session and in its validation, with the advice to share the store."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    hook = ApiHook(connect(SIGN_IN))
    with pytest.raises(DocumentError) as error:
        hook.get_conn()
    assert error.value.code == "store_not_shared"
    assert hook.validate().deciding.code.name == "store_not_shared"
    assert "PostgreSQL" in str(error.value)
    assert playground.token_requests == 0


def test_what_leaves_no_sign_in_behind_may_run_anywhere(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that each machine can fetch for itself needs no shared store."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    assert ApiHook(connect(MACHINE)).run("/v1/me").status_code == 200


def test_a_shared_store_may_be_used_from_anywhere(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that other machines reach is what the advice asks for."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("WATCHWORD_STORE", SHARED)
    monkeypatch.setenv("WATCHWORD_KEY", KEY)
    assert ApiHook(connect(SIGN_IN)).connection.signs_in


def test_a_sign_in_is_used_by_every_hook(connect: Connect, playground: Playground) -> None:
    """The refresh token of the document is used once; then the store has its successors."""
    name = connect(SIGN_IN)
    for _ in range(3):
        assert ApiHook(name).run("/v1/me").json()["user"] == "ada"
    assert playground.token_requests == 1
    assert playground.families_revoked == 0


def test_the_test_button_leaves_a_sign_in_alone(connect: Connect, playground: Playground) -> None:
    """Under a random name it would use the refresh token up; it says what proves the sign-in instead."""
    ok, reason = ApiHook(connect(SIGN_IN)).test_connection()
    assert not ok
    assert reason.partition(":")[0] == "sign_in_not_tested"
    assert playground.token_requests == 0


def test_the_test_button_keeps_nothing(connect: Connect, playground: Playground) -> None:
    """A token that was fetched to see whether that works is kept under no random name."""
    ok, reason = ApiHook(connect(MACHINE)).test_connection()
    assert ok, reason
    assert playground.token_requests == 1
    assert configuration.token_store().records() == []


def test_the_command_line_finds_airflow_s_connections(connect: Connect) -> None:
    """`airflow:acme` is the connection of that id, its tokens where the hook has them."""
    found = documents.connection(connect(SIGN_IN))
    assert found.name == "acme"
    assert found.store is configuration.token_store()


def test_the_command_line_finds_the_connections_of_the_database(
    database: Path, airflow: Callable[..., subprocess.CompletedProcess[str]], playground: Playground
) -> None:
    """What was saved in Airflow's form is validated by its id, and nothing secret is shown."""
    assert database.exists()
    fields = playground.document(MACHINE)
    extra = {"schema_version": 1, **{name: value for name, value in fields.items() if name != "base_url"}}
    stored = [
        "--conn-type",
        "watchword",
        "--conn-host",
        fields["base_url"],
        "--conn-extra",
        json.dumps(extra),
    ]
    airflow("connections", "add", "of_database", *stored).check_returncode()
    command = [sys.executable, "-W", "ignore", "-m", "watchword", "validate", "airflow:of_database"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert "token_obtained" in done.stdout
    assert fields["client_secret"] not in f"{done.stdout}{done.stderr}"


def test_sign_ins_are_watched_by_name(connect: Connect, playground: Playground) -> None:
    """Those of people, with what is known of their end; a machine's token is nobody's concern."""
    ApiHook(connect(MACHINE)).run("/v1/me")
    connection = ApiHook(connect(SIGN_IN)).connection
    issued = playground.sign_in(SignInOptions(user="grace"))
    connection.accept_sign_in(
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
