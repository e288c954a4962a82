"""Airflow for the tests of the provider: its own home, connections in the environment, real servers."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.airflow_database import create_database
from tests.support.open_airflow import Server, running
from watchword_playground import Playground

HERE = Path(__file__).parent

# Airflow reads its home when it is imported, by the first test module.
HOME = Path(tempfile.mkdtemp(prefix="watchword-airflow-"))
os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "WATCHWORD_HOME": str(HOME / "watchword"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",  # secrets must not be logged at this level either
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    }
)

# Airflow and its dependencies emit warnings on import that don't concern this project.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import airflow.models
    import airflow.providers.http.operators.http
    import airflow.providers.http.sensors.http
    from sqlalchemy.orm import configure_mappers

    from tests.support.airflow_secrets import give_own_secrets

    # Otherwise the first query does it: Airflow 3.2 uses an option that SQLAlchemy 2.1 warns about.
    airflow.models.import_all_models()
    configure_mappers()

Connect = Callable[..., str]


def pytest_unconfigure() -> None:
    logging.raiseExceptions = False  # at its exit, Airflow logs to a stream that pytest has closed
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore the warnings about deprecated modules of Airflow that its own HTTP provider imports."""
    old_place = "ignore:The `airflow.utils.operator_helpers.determine_kwargs` attribute is deprecated"
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings(old_place))


def airflow_json(fields: dict[str, Any]) -> str:
    """Return a document as Airflow stores it: columns for some fields, the extra for the others."""
    rest = dict(fields)
    stored = {
        "conn_type": "watchword",
        "host": rest.pop("base_url", None),
        "login": rest.pop("username", None),
        "password": rest.pop("password", None),
    }
    return json.dumps({**stored, "extra": {"schema_version": 1, **rest}})


@pytest.fixture(autouse=True)
def _own_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give each test its own token store."""
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "watchword"))


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    give_own_secrets(monkeypatch)


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, playground: Playground) -> Connect:
    """Return a function that stores a playground document, with changes, as the connection `acme`."""

    def store(method: str = "bearer", *, drop: tuple[str, ...] = (), **changes: Any) -> str:
        fields = {**playground.document(method), **changes}
        monkeypatch.setenv(
            "AIRFLOW_CONN_ACME", airflow_json({k: v for k, v in fields.items() if k not in drop})
        )
        return "acme"

    return store


@pytest.fixture(scope="session")
def database() -> Path:
    """Return the home of an Airflow with a database."""
    create_database(HOME / "airflow.db")
    return HOME


@pytest.fixture(scope="session")
def server(database: Path) -> Iterator[Server]:
    """Give an api-server that lets everybody in as administrator. It starts when a test first asks for it."""
    with running(database) as found:
        yield found


def airflow_cli(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Airflow's command line in the tests' home; the test handles a failing command."""
    return subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture(scope="session")
def airflow() -> Callable[..., subprocess.CompletedProcess[str]]:
    return airflow_cli
