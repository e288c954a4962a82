"""What the fleets run: one call, and thirty-two of which as many as can be start at the same moment."""

from __future__ import annotations

import time
from pathlib import Path

from airflow.sdk import dag, get_current_context, task

from airflow_provider_watchword import ApiHook

PARAMS = {"connection": "", "folder": "", "at_once": 1}
"""The connection to call through, a folder of the run's own, and how many tasks meet there."""


@dag(schedule=None, params=PARAMS)
def one_call() -> None:
    """Leave a token in the store."""

    @task
    def extract() -> int:
        return call()

    extract()


@dag(schedule=None, params=PARAMS)
def many_calls() -> None:
    """Want a token in many processes at once."""

    @task
    def extract(i: int) -> int:
        return call(as_number=i)

    extract.expand(i=list(range(32)))


def call(as_number: int | None = None) -> int:
    """Make one authenticated call, as one of many at the same moment if it has a number."""
    params = get_current_context()["params"]
    with ApiHook(params["connection"]).get_conn() as api:
        if as_number is not None:
            meet(Path(params["folder"]), as_number, params["at_once"])
        api.get("/v1/me").raise_for_status()
    return 1


def meet(folder: Path, number: int, at_once: int) -> None:
    """Wait until so many tasks have come this far, for starting one takes longer than a token request."""
    (folder / str(number)).touch()
    deadline = time.monotonic() + 90
    while len(list(folder.iterdir())) < at_once:
        if time.monotonic() > deadline:
            raise TimeoutError(f"fewer than {at_once} tasks ran at once")
        time.sleep(0.01)


one_call()
many_calls()
