"""Tasks in separate processes look up one connection, which is in Secret Manager only."""

from __future__ import annotations

import pytest

from watchword_playground import Playground
from watchword_playground.secret_manager import SecretManagerServer

from .airflow_fleet import Fleet
from .secret_manager_fleet import CONNECTION, LOOKUPS, METHOD, TASKS, looked_up

pytestmark = pytest.mark.timeout(480)  # with the start of a fleet


@pytest.mark.parametrize("fleet", ["LocalExecutor"], indirect=True)
def test_a_process_asks_secret_manager_once(
    fleet: Fleet, server: SecretManagerServer, playground: Playground
) -> None:
    """A process calls Secret Manager once at most, however often its task looks the connection up."""
    assert fleet._get(f"/api/v2/connections/{CONNECTION}") is None
    path = f"/{METHOD}/v1/me"
    before = playground.counts().get(path, 0)
    lookups = looked_up(fleet, server)
    assert lookups.states == ["success"] * TASKS, fleet.errors()
    assert playground.counts()[path] - before == TASKS * LOOKUPS
    assert lookups.processes == TASKS
    assert 1 <= lookups.calls <= lookups.processes
    assert 1 <= lookups.connections <= lookups.processes
