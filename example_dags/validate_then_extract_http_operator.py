"""The same pipeline with Airflow's own HttpOperator and the same connection.

The connection gives HttpOperator its hook, watchword's `ApiHook`, which brings authentication, token
renewal and one shared network connection. Run it with:

    airflow dags test validate_then_extract_http_operator
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.providers.http.operators.http import HttpOperator
from airflow.sdk import dag

from airflow_provider_watchword import CredentialSensor

if TYPE_CHECKING:
    from requests import Response

COLUMNS = ("iata", "name", "city", "state", "country", "latitude", "longitude")


def next_page(response: Response) -> dict[str, str] | None:
    """Return the parameters of the next call, its URL; None after the last page."""
    url = response.json()["next"]
    return {"endpoint": url} if url else None


def save(responses: list[Response]) -> int:
    """Write the rows of all pages to the table, and return their number as the task's XCom."""
    airports = [airport for response in responses for airport in response.json()["items"]]
    default = Path(tempfile.gettempdir()) / "airports.sqlite"
    names, marks = ", ".join(COLUMNS), ", ".join(f":{column}" for column in COLUMNS)
    with (
        closing(sqlite3.connect(os.environ.get("WATCHWORD_EXAMPLE_DATABASE", default))) as connection,
        connection,
    ):
        connection.execute(f"CREATE TABLE IF NOT EXISTS airports_by_airflow ({names})")
        connection.execute("DELETE FROM airports_by_airflow")
        connection.executemany(f"INSERT INTO airports_by_airflow VALUES ({marks})", airports)  # noqa: S608
    return len(airports)


@dag(schedule=None, tags=["watchword", "example"], doc_md=__doc__)
def validate_then_extract_http_operator() -> None:
    """Gate `extract` by `credential_works`."""
    credential_works = CredentialSensor(task_id="credential_works", http_conn_id="acme")

    extract = HttpOperator(
        task_id="extract",
        http_conn_id="acme",
        method="GET",
        endpoint="/v1/airports",
        pagination_function=next_page,
        response_filter=save,
        # A deferred HttpOperator would bypass the connection's hook.
        deferrable=False,
    )

    credential_works >> extract


validate_then_extract_http_operator()
