"""An Airflow that has its connections from Secret Manager alone, and what its tasks ask of that."""

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
    """How the tasks of a run ended, how many processes ran them, and what Secret Manager was asked."""

    states: list[str]
    processes: int
    calls: int
    connections: int


@contextmanager
def emulated(home: Path, database: str, playground: str) -> Iterator[tuple[Fleet, SecretManagerServer]]:
    """Run an Airflow whose connection to the playground is in a Secret Manager of its own alone."""
    with SecretManagerServer() as server:
        server.put(PROJECT, SECRET, json.dumps(document(playground, METHOD)))
        environment = {
            **settings(home, database),
            # LocalExecutor.end() may forget a worker while others end, the rarer the fewer there are.
            "AIRFLOW__CORE__PARALLELISM": str(WORKERS),
            "AIRFLOW__SECRETS__BACKEND": BACKEND,
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"project_id": PROJECT}),
            "SECRET_MANAGER_EMULATOR_HOST": server.address,
        }
        with running(home, environment) as fleet:
            yield fleet, server


def looked_up(fleet: Fleet, server: SecretManagerServer) -> Lookups:
    """Run the tasks that look the connection up, and return what they asked for it."""
    server.reset()
    before = _meetings(fleet)
    states = fleet.run("many_lookups", CONNECTION)
    asked = [call for call in server.log if f"/secrets/{SECRET}/" in call.name]
    assert {call.method for call in asked} <= {"AccessSecretVersion"}, asked
    processes = len(_meetings(fleet) - before)
    return Lookups(states, processes, len(asked), len({call.peer for call in asked}))


def _meetings(fleet: Fleet) -> set[Path]:
    """Return a file for each process that has run a task of a run."""
    return set((fleet.home / MEETINGS).glob("*/*"))
