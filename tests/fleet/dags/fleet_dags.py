"""The DAGs of the fleets: one call, and 32 calls that start together as far as possible."""

from __future__ import annotations

import time
from pathlib import Path

from airflow.sdk import dag, get_current_context, task

from airflow_provider_watchword import ApiHook

PARAMS = {"connection": "", "folder": "", "at_once": 1}
"""The connection, the run's own folder, and how many tasks meet there."""


@dag(schedule=None, params=PARAMS)
def one_call() -> None:
    """Store a token."""

    @task
    def extract() -> int:
        return call()

    extract()


@dag(schedule=None, params=PARAMS)
def many_calls() -> None:
    """Need a token in many processes at once."""

    @task
    def extract(i: int) -> int:
        return call(as_number=i)

    extract.expand(i=list(range(32)))


def call(as_number: int | None = None) -> int:
    """Make one authenticated call. With a number, wait for the others first."""
    params = get_current_context()["params"]
    with ApiHook(params["connection"]).get_conn() as api:
        if as_number is not None:
            meet(Path(params["folder"]), as_number, params["at_once"])
        api.get("/v1/me").raise_for_status()
    return 1


def meet(folder: Path, number: int, at_once: int) -> None:
    """Wait until so many tasks are here, because starting a task takes longer than a token request."""
    (folder / str(number)).touch()
    deadline = time.monotonic() + 90
    while len(list(folder.iterdir())) < at_once:
        if time.monotonic() > deadline:
            raise TimeoutError(f"fewer than {at_once} tasks ran at once")
        time.sleep(0.01)


one_call()
many_calls()
