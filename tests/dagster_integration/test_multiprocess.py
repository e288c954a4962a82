from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from dagster_shared.serdes import serialize_value

from watchword.connections.airflow_format import airflow_json
from watchword.secrets.vault import Vault
from watchword_playground import Playground, document
from watchword_playground.secret_manager import SecretManagerServer

DESCRIBED = Path(__file__).with_name("gated_project.py")

STORED = Path(__file__).with_name("stored_project.py")

METHOD = "oauth2_client_credentials"

PASSWORD = "canary-of-the-warehouse-77b1"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a Dagster home."""
    path = tmp_path / "dagster"
    path.mkdir()
    path.joinpath("dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    monkeypatch.setenv("DAGSTER_HOME", str(path))
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "watchword"))
    return path


def materialized(project: Path, home: Path, *secrets: str) -> list[dg.DagsterEvent]:
    """Materialize all of a project by Dagster's own command, and return the events of the run.

    None of the secrets may be in what was printed, nor in what Dagster keeps.
    """
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-f", str(project), "--select", "*"]
    done = subprocess.run(command, env=os.environ.copy(), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
        entries = instance.all_logs(run.run_id)
        assert run.job_snapshot_id is not None
        job = serialize_value(instance.get_job_snapshot(run.job_snapshot_id))
    kept = job + serialize_value(run) + "".join(serialize_value(entry) for entry in entries)
    assert "PLAYGROUND_" in kept  # the names of the variables, which are resolved in the steps
    assert not [secret for secret in secrets if secret in kept + done.stdout + done.stderr]
    events = [entry.dagster_event for entry in entries if entry.dagster_event]
    started = {event.step_key for event in events if event.event_type_value == "STEP_WORKER_STARTED"}
    assert started == {"playground_credentials", "airports"}
    return events


def reported(events: list[dg.DagsterEvent]) -> dict[str, object]:
    """Return the metadata that the extraction reported."""
    (made,) = [
        event.step_materialization_data.materialization
        for event in events
        if event.is_step_materialization and event.step_key == "airports"
    ]
    return {name: entry.value for name, entry in made.metadata.items()}


def test_each_step_in_a_process_of_its_own_authenticates(
    home: Path, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process makes the resource anew, and its requests are authenticated."""
    fields = document(playground.url, METHOD)
    monkeypatch.setenv("PLAYGROUND_URL", fields["base_url"])
    monkeypatch.setenv("PLAYGROUND_TOKEN_URL", fields["token_url"])
    monkeypatch.setenv("PLAYGROUND_SECRET", fields["client_secret"])
    monkeypatch.setenv("PLAYGROUND_TEST_URL", f"{playground.url}/{METHOD}/v1/me")
    events = materialized(DESCRIBED, home, fields["client_secret"])
    assert reported(events)["total"] == 3376
    # The check fetches a new token, and the extraction's process finds it in the store.
    assert playground.token_requests == 2  # one of them as a client that doesn't exist


def test_each_step_reads_what_is_stored_in_its_own_process(
    home: Path,
    playground: Playground,
    vault: Vault,
    server: SecretManagerServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step reads vault and Secret Manager itself; Dagster's files hold none of their secrets."""
    fields = document(playground.url, METHOD)
    vault.put("airflow-connections-shop", airflow_json(fields).encode())
    server.put("acme-prod", "warehouse-password", PASSWORD)
    monkeypatch.setenv("PLAYGROUND_NAME", "shop")
    monkeypatch.setenv("PLAYGROUND_SOURCE", "local")
    events = materialized(STORED, home, fields["client_secret"], PASSWORD)
    assert reported(events)["total"] == 3376
    assert reported(events)["length"] == len(PASSWORD)
    assert reported(events)["process"] != os.getpid()
    assert playground.token_requests == 2  # one of them as a client that doesn't exist
    assert server.calls == {"AccessSecretVersion": 1}
