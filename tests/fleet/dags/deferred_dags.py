"""A sensor and calls that wait in the triggerer, as `[operators] default_deferrable` has it."""

from __future__ import annotations

from typing import Any

from airflow.sdk import dag, task
from requests import Response

from airflow_provider_watchword import ApiOperator, CredentialSensor

CONNECTION = "{{ params.connection }}"


@dag(schedule=None, params={"connection": "", "folder": "", "at_once": 1})
def deferred() -> None:
    """Prove a credential, and read the last three pages of a list."""

    def next_page(response: Response) -> dict[str, Any] | None:
        following = response.json()["next"]
        return {"endpoint": following} if following else None

    @task
    def rows_are_complete(rows: list[int]) -> None:
        if rows != [1000, 1000, 376]:
            raise ValueError(f"the pages have {rows} rows")

    gate = CredentialSensor(task_id="gate", http_conn_id=CONNECTION, poke_interval=1)
    pages = ApiOperator(
        task_id="pages",
        http_conn_id=CONNECTION,
        method="GET",
        endpoint="/v1/airports?page=2&per_page=1000",
        pagination_function=next_page,
        response_filter=lambda responses: [len(response.json()["items"]) for response in responses],
    )
    gate >> pages
    rows_are_complete(pages.output)


deferred()
