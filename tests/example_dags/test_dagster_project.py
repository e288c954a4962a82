"""The Dagster project of the examples, run by Dagster's command."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from watchword_playground import Playground, document

PROJECT = Path(__file__).parents[2] / "example_dags" / "dagster_project" / "definitions.py"
METHOD = "api_key"

Materialize = Callable[[], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def materialize(tmp_path: Path, playground: Playground) -> Materialize:
    """Store the connection, and return a function that materializes all assets, as a user would."""
    fields = {**document(playground.url, METHOD), "test_url": f"{playground.url}/{METHOD}/v1/me"}
    tmp_path.joinpath("dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(tmp_path),
        "WATCHWORD_HOME": str(tmp_path / "watchword"),
        "WATCHWORD_STORE": "",
        "WATCHWORD_KEY": "",
        "WATCHWORD_SECRETS": "local",
        "WATCHWORD_EXAMPLE_DATABASE": str(tmp_path / "airports.sqlite"),
    }
    add = [sys.executable, "-m", "watchword", "connections", "add", "acme", "--from", "-"]
    subprocess.run(add, env=environment, check=True, input=json.dumps(fields), text=True, capture_output=True)
    command = [sys.executable, "-m", "dagster", "asset", "materialize", "-f", str(PROJECT), "--select", "*"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)

    return run


def test_the_example_extracts_every_airport(materialize: Materialize, tmp_path: Path) -> None:
    """With good credentials the check passes, and the table has every row once."""
    done = materialize()
    assert done.returncode == 0, done.stderr
    assert "'credentials_are_valid' on 'acme_credentials' passed" in done.stderr
    with closing(sqlite3.connect(tmp_path / "airports.sqlite")) as connection:
        rows = "SELECT count(*), count(DISTINCT iata) FROM airports_by_dagster"
        assert connection.execute(rows).fetchone() == (3376, 3376)


def test_the_example_extracts_nothing_with_a_revoked_key(
    materialize: Materialize, playground: Playground, tmp_path: Path
) -> None:
    """With bad credentials the command fails with the reason, after one call of the API."""
    playground.revoke(METHOD)
    done = materialize()
    assert done.returncode == 1
    assert "invalid: unauthorized_401" in done.stderr
    assert "Dependencies for step airports failed: ['acme_credentials']. Not executing." in done.stderr
    assert document(playground.url, METHOD)["api_key"] not in done.stdout + done.stderr
    assert playground.counts() == {f"/{METHOD}/v1/me": 1}
    assert not tmp_path.joinpath("airports.sqlite").exists()
