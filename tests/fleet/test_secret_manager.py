"""Tasks in separate processes look up one connection, which is in Secret Manager only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Postgres
from watchword_playground import Playground
from watchword_playground.secret_manager import SecretManagerServer

from .airflow_fleet import Fleet
from .secret_manager_fleet import CONNECTION, LOOKUPS, METHOD, TASKS, emulated, looked_up

pytestmark = pytest.mark.timeout(480)  # with the start of a fleet


@pytest.fixture(scope="module")
def emulated_fleet(
    folder: Path, databases: Postgres, playground: Playground
) -> Iterator[tuple[Fleet, SecretManagerServer]]:
    home = folder / "secrets"
    home.mkdir()
    database = databases.url(databases.create("airflow_secrets", template="airflow"))
    with emulated(home, database, playground.url) as both:
        yield both


def test_a_process_asks_secret_manager_once(
    emulated_fleet: tuple[Fleet, SecretManagerServer], playground: Playground
) -> None:
    """A process calls Secret Manager once at most, however often its task looks the connection up."""
    fleet, server = emulated_fleet
    assert fleet._get(f"/api/v2/connections/{CONNECTION}") is None
    path = f"/{METHOD}/v1/me"
    before = playground.counts().get(path, 0)
    lookups = looked_up(fleet, server)
    assert lookups.states == ["success"] * TASKS, fleet.errors()
    assert playground.counts()[path] - before == TASKS * LOOKUPS
    assert lookups.processes == TASKS
    assert 1 <= lookups.calls <= lookups.processes
    assert 1 <= lookups.connections <= lookups.processes
