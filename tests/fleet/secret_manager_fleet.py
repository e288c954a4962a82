"""A connection that is in Secret Manager only, and a count of the calls that tasks make there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watchword_playground import document
from watchword_playground.secret_manager import SecretManagerServer

from .airflow_fleet import MEETINGS, Fleet, running, settings

PROJECT = "acme-fleet"
CONNECTION = "acme"
WORKERS = 2
TASKS = 4
LOOKUPS = 50
SECRET = f"airflow-connections-{CONNECTION}"
METHOD = "api_key"
BACKEND = "airflow_provider_watchword.secrets.GoogleSecretManagerBackend"


@dataclass(frozen=True)
class Lookups:
    """The states of a run's tasks, the number of their processes, and their calls to Secret Manager."""

    states: list[str]
    processes: int
    calls: int
    connections: int


@contextmanager
def secret_manager(playground: str) -> Iterator[SecretManagerServer]:
    """Run a Secret Manager that has the connection to the playground."""
    with SecretManagerServer() as server:
        server.put(PROJECT, SECRET, json.dumps(document(playground, METHOD)))
        yield server


def backend(server: SecretManagerServer) -> dict[str, str]:
    """Return the settings of an Airflow that asks Secret Manager first, and then its own environment."""
    return {
        "AIRFLOW__SECRETS__BACKEND": BACKEND,
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"project_id": PROJECT}),
        "SECRET_MANAGER_EMULATOR_HOST": server.address,
    }


@contextmanager
def emulated(home: Path, database: str, playground: str) -> Iterator[tuple[Fleet, SecretManagerServer]]:
    """Run an Airflow whose connection to the playground is in its own Secret Manager only."""
    with secret_manager(playground) as server:
        # With few workers, LocalExecutor.end() seldom forgets one while the others end.
        few = {"AIRFLOW__CORE__PARALLELISM": str(WORKERS)}
        with running(home, settings(home, database) | few | backend(server)) as fleet:
            yield fleet, server


def looked_up(fleet: Fleet, server: SecretManagerServer) -> Lookups:
    """Run the tasks that look the connection up, and return how they did it."""
    server.reset()
    before = _meetings(fleet)
    states = fleet.run("many_lookups", CONNECTION)
    calls = [call for call in server.log if f"/secrets/{SECRET}/" in call.name]
    assert {call.method for call in calls} <= {"AccessSecretVersion"}, calls
    processes = len(_meetings(fleet) - before)
    return Lookups(states, processes, len(calls), len({call.peer for call in calls}))


def _meetings(fleet: Fleet) -> set[Path]:
    """Return the files that tasks left, one for each process."""
    return set((fleet.home / MEETINGS).glob("*/*"))
