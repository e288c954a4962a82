"""The fleets: an Airflow for each executor, and what both share: a database server and an API."""

from __future__ import annotations

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from watchword.playground import CREDENTIALS, Playground, document

from .airflow_fleet import Fleet, connection, migrate, running, settings
from .servers import REDIS, Postgres, postgres, redis_server

KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()


@pytest.fixture(scope="session")
def playground() -> Iterator[Playground]:
    with Playground() as running_playground:
        yield running_playground


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder with a short name, for PostgreSQL's socket lies in it."""
    path = Path(tempfile.mkdtemp(prefix="watchword-fleet-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def databases(folder: Path) -> Iterator[Postgres]:
    """PostgreSQL, with a database that Airflow's tables are copied from."""
    home = folder / "migrate"
    home.mkdir()
    with postgres(folder) as server:
        migrate(settings(home, server.create("airflow")))
        yield server


def connections(playground: Playground) -> dict[str, str]:
    """Return a connection for each method, under its name, with a refresh token that was just issued."""
    methods = ("oauth2_client_credentials", "oauth2_authorization_code")
    documents = {method: document(playground.url, method) for method in methods if method in CREDENTIALS}
    if "oauth2_authorization_code" in documents:
        signed_in = requests.post(f"{playground.url}/_control/sign_in", timeout=10)
        documents["oauth2_authorization_code"]["refresh_token"] = signed_in.json()["refresh_token"]
    return {method: connection(fields) for method, fields in documents.items()}


@pytest.fixture(scope="session", params=["LocalExecutor", "CeleryExecutor"])
def fleet(
    request: pytest.FixtureRequest, folder: Path, databases: Postgres, playground: Playground
) -> Iterator[Fleet]:
    """An Airflow under each executor in turn, with a token store of its own."""
    celery = request.param == "CeleryExecutor"
    if celery and REDIS is None:
        pytest.skip("redis-server is missing; on Debian and Ubuntu: apt install redis-server")
    name = "celery" if celery else "local"
    home = folder / name
    home.mkdir()
    environment = {
        **settings(home, databases.create(f"airflow_{name}", template="airflow")),
        # What its users choose: on one host the embedded store, on several the shared one.
        "WATCHWORD_STORE": databases.create("tokens") if celery else f"sqlite:///{home / 'tokens.db'}",
        "WATCHWORD_KEY": KEY,
        **{f"AIRFLOW_CONN_{method.upper()}": text for method, text in connections(playground).items()},
    }
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server(home)) if celery else None
        yield stack.enter_context(running(home, environment, broker=broker))
