"""Tasks in processes of their own, and one connection that is in Secret Manager alone."""

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
    """However often its task looks the connection up, which Airflow's own database does not have."""
    fleet, server = emulated_fleet
    assert fleet._get(f"/api/v2/connections/{CONNECTION}") is None
    path = f"/{METHOD}/v1/me"
    before = playground.counts().get(path, 0)
    found = looked_up(fleet, server)
    assert found.states == ["success"] * TASKS, fleet.errors()
    assert playground.counts()[path] - before == TASKS * LOOKUPS
    assert found.processes == TASKS
    assert 1 <= found.calls <= found.processes
    assert 1 <= found.connections <= found.processes
