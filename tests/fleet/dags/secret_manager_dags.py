"""Tasks that look up one connection many times, for the fleet that has it in Secret Manager."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.sdk import dag, get_current_context, task

from airflow_provider_watchword import ApiHook


@dag(schedule=None, params={"connection": "", "folder": "", "at_once": 1})
def many_lookups() -> None:
    """Look up one connection in several processes, and call the API after each lookup."""

    @task
    def extract(i: int) -> int:
        params = get_current_context()["params"]
        Path(params["folder"], str(os.getpid())).touch()  # the test counts the processes by these files
        for _ in range(50):
            with ApiHook(params["connection"]).get_conn() as api:
                api.get("/v1/me").raise_for_status()
        return 50

    extract.expand(i=list(range(4)))


many_lookups()
