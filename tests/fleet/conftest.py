"""An Airflow for each executor. All of them share a database server and an API."""

from __future__ import annotations

import base64
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.postgres import Postgres, running_postgres
from watchword_playground import Playground, document
from watchword_playground.secret_manager import SecretManagerServer

from .airflow_fleet import EXECUTORS, TASKS_PER_WAY, Fleet, connection, migrate, running, settings
from .secret_manager_fleet import backend, secret_manager
from .servers import REDIS, redis_server

KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()


@pytest.fixture(scope="session")
def playground() -> Iterator[Playground]:
    with Playground() as running_playground:
        yield running_playground


@pytest.fixture(scope="session", autouse=True)
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM act like Ctrl-C, so that the fleets are stopped first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Give a temporary folder for the homes of the fleets."""
    path = Path(tempfile.mkdtemp(prefix="watchword-fleet-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def databases(folder: Path) -> Iterator[Postgres]:
    """Give a PostgreSQL server with the database `airflow`, whose tables each fleet copies."""
    home = folder / "migrate"
    home.mkdir()
    with running_postgres() as server:
        migrate(settings(home, server.url(server.create("airflow"))))
        yield server


def connections(playground: Playground) -> dict[str, str]:
    """Return a connection for client credentials and one for a new sign-in, by method."""
    machine = document(playground.url, "oauth2_client_credentials")
    signed_in = playground.document("oauth2_authorization_code")
    return {fields["method"]: connection(fields) for fields in (machine, signed_in)}


def ending_connections(playground: Playground) -> dict[str, str]:
    """Return a connection for a sign-in of its own for each task that ends in the middle of a renewal."""
    # A task that times out begins its renewal early; others wait for the leases of those that are killed.
    seconds = {"cleared": 10, "timed_out": 30, "killed": 10, "ended": 10}
    return {
        f"{way}_{number}": connection(
            playground.document("oauth2_authorization_code") | {"timeout": seconds[way]}
        )
        for way in seconds
        for number in range(TASKS_PER_WAY)
    }


@pytest.fixture(scope="session")
def server(playground: Playground) -> Iterator[SecretManagerServer]:
    """Give the Secret Manager of the Airflow under LocalExecutor."""
    with secret_manager(playground.url) as running_server:
        yield running_server


@pytest.fixture(scope="session", params=EXECUTORS)
def fleet(
    request: pytest.FixtureRequest,
    folder: Path,
    databases: Postgres,
    playground: Playground,
    server: SecretManagerServer,
) -> Iterator[Fleet]:
    """Give an Airflow under each executor in turn, with its own token store.

    The one under LocalExecutor asks Secret Manager first, which saves a third Airflow.
    """
    celery = request.param == "CeleryExecutor"
    if celery and REDIS is None:
        pytest.skip("redis-server is missing; on Debian and Ubuntu: apt install redis-server")
    name = "celery" if celery else "local"
    home = folder / name
    home.mkdir()
    # The recommended stores: the embedded one on one host, the shared one on several.
    store = databases.url(databases.create("tokens")) if celery else f"sqlite:///{home / 'tokens.db'}"
    documents = connections(playground) | ending_connections(playground)
    environment = {
        **settings(home, databases.url(databases.create(f"airflow_{name}", template="airflow"))),
        "WATCHWORD_STORE": store,
        "WATCHWORD_KEY": KEY,
        **({} if celery else backend(server)),
        **{f"AIRFLOW_CONN_{name.upper()}": text for name, text in documents.items()},
    }
    with ExitStack() as stack:
        broker = stack.enter_context(redis_server(home)) if celery else None
        yield stack.enter_context(running(home, environment, broker=broker))
