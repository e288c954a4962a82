"""A real api-server: saving as the form does, the Test button, and the log of a real task."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_watchword.forms import complete
from tests.support.open_airflow import Server
from watchword_playground import CREDENTIALS, Playground

SECRET = str(CREDENTIALS["oauth2_client_credentials"]["client_secret"])


def saved_by_the_form(playground: Playground, **changes: Any) -> dict[str, Any]:
    """Return the values that the form sends: every declared field in order, untouched ones as null."""
    fields = dict(CREDENTIALS["oauth2_client_credentials"])
    fields["grant_url"] = f"{playground.url}{fields.pop('token_url')}"
    extra: dict[str, Any] = dict.fromkeys(complete.conn_fields())
    extra.update({"schema_version": 1, **fields, **changes})
    return {
        "connection_id": "acme",
        "conn_type": "watchword",
        "host": f"{playground.url}/oauth2_client_credentials",
        "login": "",
        "password": "",
        "schema": "",
        "port": None,
        "extra": json.dumps(extra),
    }


@pytest.fixture
def saved(server: Server, playground: Playground) -> Iterator[dict[str, Any]]:
    body = saved_by_the_form(playground)
    server.api.post(f"{server.url}/api/v2/connections", json=body, timeout=30).raise_for_status()
    yield body
    server.api.delete(f"{server.url}/api/v2/connections/acme", timeout=30).raise_for_status()


def test_the_form_is_served(server: Server) -> None:
    """The server's form has all fields, schema_version first."""
    metas = server.api.get(f"{server.url}/ui/connections/hook_meta", timeout=60).json()
    [meta] = [meta for meta in metas if meta["connection_type"] == "watchword"]
    assert list(meta["extra_fields"]) == list(complete.conn_fields())


def test_no_response_shows_a_secret(server: Server, saved: dict[str, Any]) -> None:
    """A connection that is read back has asterisks for secrets and clear text for other fields."""
    response = server.api.get(f"{server.url}/api/v2/connections/acme", timeout=30)
    extra = json.loads(response.json()["extra"])
    assert SECRET not in response.text
    assert extra["client_secret"] == "***"
    assert extra["client_id"] == "playground-client"
    assert extra["grant_url"].endswith("/oauth/token")
    assert next(iter(extra)) == "schema_version"


def test_editing_keeps_secrets_and_order(server: Server, saved: dict[str, Any]) -> None:
    """Secrets that are sent back as asterisks, and the order of the fields, are kept."""
    url = f"{server.url}/api/v2/connections/acme"
    read_back = json.loads(server.api.get(url, timeout=30).json()["extra"])
    changed = {**saved, "extra": json.dumps({**read_back, "scope": "airports:read"})}
    server.api.patch(url, json=changed, timeout=30).raise_for_status()
    test = server.api.post(f"{server.url}/api/v2/connections/test", json=changed, timeout=60)
    assert test.json()["status"] is True, test.text
    assert next(iter(json.loads(server.api.get(url, timeout=30).json()["extra"]))) == "schema_version"


@pytest.mark.parametrize(("secret", "ok"), [(SECRET, True), ("canary-wrong-5e21", False)])
def test_the_test_button(server: Server, playground: Playground, secret: str, *, ok: bool) -> None:
    """The button is green if a token was issued, else red with the reason; neither shows a secret."""
    body = saved_by_the_form(playground, client_secret=secret)
    body["connection_id"] = "unsaved"
    response = server.api.post(f"{server.url}/api/v2/connections/test", json=body, timeout=60)
    response.raise_for_status()
    assert response.json()["status"] is ok, response.text
    assert secret not in response.text
    assert ("token_obtained" if ok else "invalid_client") in response.json()["message"]


@pytest.mark.parametrize("conn_type", ["watchword", "watchword_oauth2_client_credentials"])
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "token_obtained"),
        ({"client_secret": "canary-wrong-5e21"}, "invalid_client"),
        ({"grant_url": None}, "missing_field"),
    ],
    ids=["good", "wrong", "incomplete"],
)
def test_the_test_button_of_a_saved_connection(
    server: Server, playground: Playground, conn_type: str, changes: dict[str, Any], word: str
) -> None:
    """The page sends the port 0 for an empty one: the button works all the same, and says what is wrong."""
    body = {**saved_by_the_form(playground, **changes), "conn_type": conn_type}
    connections = f"{server.url}/api/v2/connections"
    server.api.post(connections, json=body, timeout=30).raise_for_status()
    try:
        read_back = server.api.get(f"{connections}/acme", timeout=30).json()
        page = {**body, "extra": read_back["extra"], "port": 0}
        response = server.api.post(f"{connections}/test", json=page, timeout=60)
        assert response.status_code == 200, response.text
        assert response.json()["status"] is (word == "token_obtained")
        assert word in response.json()["message"]
    finally:
        server.api.delete(f"{connections}/acme", timeout=30).raise_for_status()


def test_another_port_is_still_refused(server: Server, playground: Playground, saved: dict[str, Any]) -> None:
    """The stored secret isn't tested against another port, and no other type's port is touched.

    Airflow 3.2 itself tests a stored secret against any host and port, with connections of every type.
    """
    url = f"{server.url}/api/v2/connections/test"
    masked = {**saved, "extra": json.dumps({**json.loads(saved["extra"]), "client_secret": "***"})}
    elsewhere = server.api.post(url, json={**masked, "port": 8443}, timeout=30)
    assert elsewhere.status_code == (200 if metadata.version("apache-airflow-core") < "3.3" else 400)
    other = {"connection_id": "other", "conn_type": "http", "host": "127.0.0.1", "port": 0}
    assert server.api.post(url, json=other, timeout=30).status_code == 200


def _logs(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.rglob("attempt=*.log")}


def test_a_real_task_shows_no_secret(
    server: Server,
    playground: Playground,
    saved: dict[str, Any],
    airflow: Callable[..., subprocess.CompletedProcess[str]],
    database: Path,
) -> None:
    """The log has no secret, no form of it and no token, although the task logs and raises them.

    Before that, a transient fault reschedules the sensor once.
    """
    test_url = f"{playground.url}/oauth2_client_credentials/v1/me"
    body = saved_by_the_form(playground, client_secret="env:WATCHWORD_SECRET_ACME", test_url=test_url)
    server.api.patch(f"{server.url}/api/v2/connections/acme", json=body, timeout=30).raise_for_status()
    playground.fault(status=503, path="/oauth2_client_credentials")
    for _ in range(3):
        done = airflow(
            *("dags", "test", "careless", "--use-executor"),
            **{**server.environment, "WATCHWORD_SECRET_ACME": SECRET},
        )
        logs = _logs(database / "logs")
        if "failed with" in "".join(logs.values()):
            break  # otherwise the executor ended with the run before it wrote the last task's log
    task_log = "".join(text for path, text in logs.items() if "task_id=tell" in str(path))
    gate_log = "".join(text for path, text in logs.items() if "task_id=gate" in str(path))
    assert "trying again" in gate_log, done.stdout
    assert "authenticated: " in gate_log
    for label in ("secret", "base64", "token"):
        assert f"{label}: <***>" in task_log, task_log or done.stdout
    assert "failed with <***>" in task_log
    # The output of `airflow dags test` isn't checked: it repeats the messages, and Airflow doesn't mask it.
    assert SECRET not in "".join(logs.values())
