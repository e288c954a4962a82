"""Airflow's example DAGs, run by `airflow dags test` against the playground."""

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

import watchword
from tests.support.airflow_database import create_database
from watchword_playground import CREDENTIALS, Playground, document

EXAMPLES = Path(__file__).parents[2] / "example_dags"
NAMES = ["validate_then_extract", "validate_then_extract_http_operator"]
AIRPORTS = 3376
SECRET = str(CREDENTIALS["bearer"]["bearer_token"])

Run = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an Airflow home with a database."""
    folder = tmp_path_factory.mktemp("airflow")
    create_database(folder / "airflow.db")
    return folder


def airflow(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "AIRFLOW_HOME": str(home),
        "WATCHWORD_HOME": str(home / "watchword"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(EXAMPLES),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        # Secrets must not be logged at this level either.
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
    }
    return subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env={**os.environ, **settings, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def run(home: Path, playground: Playground, tmp_path: Path) -> Run:
    """Run an example with `acme` as its connection, whose secret is a reference."""
    fields = document(playground.url, "bearer")
    extra = {
        "schema_version": 1,
        "method": "bearer",
        "bearer_token": "env:WATCHWORD_SECRET_ACME",
        "test_url": f"{fields['base_url']}/v1/me",
    }
    connection = {"conn_type": "watchword", "host": fields["base_url"], "extra": extra}

    def test(name: str) -> subprocess.CompletedProcess[str]:
        return airflow(
            *(home, "dags", "test", name),
            AIRFLOW_CONN_ACME=json.dumps(connection),
            WATCHWORD_SECRET_ACME=SECRET,
            WATCHWORD_EXAMPLE_DATABASE=str(tmp_path / "airports.sqlite"),
        )

    return test


@pytest.mark.parametrize("name", NAMES)
def test_a_good_credential_loads_every_airport(
    run: Run, playground: Playground, tmp_path: Path, name: str
) -> None:
    """All pages are read over one network connection, and no line of the output has a secret."""
    done = run(name)
    assert done.returncode == 0, done.stdout
    assert SECRET not in f"{done.stdout}{done.stderr}"
    with closing(sqlite3.connect(tmp_path / "airports.sqlite")) as database:
        rows = database.execute("SELECT iata, name, latitude FROM airports_by_airflow").fetchall()
    assert len(rows) == len(set(rows)) == AIRPORTS
    assert playground.counts() == {"/bearer/v1/me": 3, "/bearer/v1/airports": 34}
    # Three are for the sensor's calls, with the credential, a decoy and none; one is for all pages.
    assert playground.connections == 4


def test_a_revoked_credential_stops_the_run_at_the_sensor(
    run: Run, playground: Playground, tmp_path: Path
) -> None:
    """The sensor's log has the reason, the extraction doesn't start, and no table is written."""
    playground.revoke("bearer")
    done = run(NAMES[0])
    assert done.returncode != 0
    assert "unauthorized_401: The API refused the credential" in done.stdout
    assert "What to do: " in done.stdout
    assert SECRET not in f"{done.stdout}{done.stderr}"
    assert playground.counts() == {"/bearer/v1/me": 1}
    assert not (tmp_path / "airports.sqlite").exists()


@pytest.mark.parametrize(("days", "refreshes"), [(3, 1), pytest.param(90, 0, marks=pytest.mark.nightly)])
def test_sign_ins_are_refreshed_in_time_and_their_end_fails_the_run(
    home: Path, playground: Playground, monkeypatch: pytest.MonkeyPatch, days: int, refreshes: int
) -> None:
    """A sign-in that would lapse is refreshed; one that still ends soon is named in a failed run."""
    playground.oauth_settings.refresh_token_lifetime = days * 86400
    monkeypatch.setenv("WATCHWORD_HOME", str(home / "watchword" / str(days)))
    fields = playground.document("oauth2_authorization_code")
    document = {"schema_version": 1, **{name: fields[name] for name in fields if name != "base_url"}}
    document["refresh_token"] = "env:WATCHWORD_SECRET_ACME"
    watchword.load(fields, "acme").renew_token()
    done = airflow(
        *(home, "dags", "test", "watch_credentials"),
        AIRFLOW_CONN_ACME=json.dumps(
            {"conn_type": "watchword", "host": fields["base_url"], "extra": document}
        ),
        WATCHWORD_HOME=os.environ["WATCHWORD_HOME"],
        WATCHWORD_SECRET_ACME=fields["refresh_token"],
    )
    assert playground.token_requests == 1 + refreshes
    assert (done.returncode == 0) is (days > 14)
    assert ("acme: ends in 3 days" in done.stdout) is (days == 3)
    assert fields["refresh_token"] not in f"{done.stdout}{done.stderr}"


def test_airflow_finds_only_its_examples(home: Path) -> None:
    """Airflow loads its examples without errors and ignores the other files of the folder."""
    program = (
        "import json, sys; from airflow.dag_processing.dagbag import DagBag;"
        "bag = DagBag(sys.argv[1], collect_dags=True);"
        "print(json.dumps([sorted(bag.dags), sorted(bag.import_errors), bag.dagbag_stats and"
        " sorted(stat.file.lstrip('/') for stat in bag.dagbag_stats)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(EXAMPLES)],
        env={**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=True,
    )
    found, failed, files = json.loads(done.stdout)
    assert found == [*NAMES, "watch_credentials"]
    assert failed == []
    assert files == [f"{name}.py" for name in found]
