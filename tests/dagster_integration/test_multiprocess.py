from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from watchword.playground import Playground, document

PROJECT = Path(__file__).with_name("gated_project.py")

METHOD = "oauth2_client_credentials"


@pytest.fixture
def home(tmp_path: Path, playground: Playground, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a Dagster home, with the environment that the project's resource reads."""
    tmp_path.joinpath("dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    fields = document(playground.url, METHOD)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "watchword"))
    monkeypatch.setenv("PLAYGROUND_URL", fields["base_url"])
    monkeypatch.setenv("PLAYGROUND_TOKEN_URL", fields["token_url"])
    monkeypatch.setenv("PLAYGROUND_SECRET", fields["client_secret"])
    monkeypatch.setenv("PLAYGROUND_TEST_URL", f"{playground.url}/{METHOD}/v1/me")
    return tmp_path


def test_each_step_in_a_process_of_its_own_authenticates(home: Path, playground: Playground) -> None:
    """The resource is built anew in each process; nothing of it has to travel there."""
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-f", str(PROJECT), "--select", "*"]
    done = subprocess.run(command, env=os.environ.copy(), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
        events = [entry.dagster_event for entry in instance.all_logs(run.run_id) if entry.dagster_event]
    started = {event.step_key for event in events if event.event_type_value == "STEP_WORKER_STARTED"}
    assert started == {"playground_credentials", "airports"}
    (made,) = [
        event.step_materialization_data.materialization
        for event in events
        if event.is_step_materialization and event.step_key == "airports"
    ]
    assert made.metadata["total"].value == 3376
    # The gate's proof is a new token, and the extraction's process finds it in the store.
    assert playground.token_requests == 1
    assert os.environ["PLAYGROUND_SECRET"] not in done.stdout + done.stderr
