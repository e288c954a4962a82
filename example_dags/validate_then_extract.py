"""Validate the credential, then read every page of an API into a table.

You need a connection `acme` of a type such as "HTTP API: API key", with a test URL. Then:

    airflow dags test validate_then_extract

The sensor makes one small authenticated call. If the credential is wrong, the run ends there, with the
reason in the sensor's log; `extract` doesn't start, and the table stays as it is.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from airflow.sdk import dag, task

from airflow_provider_watchword import ApiHook, CredentialSensor

COLUMNS = ("iata", "name", "city", "state", "country", "latitude", "longitude")


@dag(schedule=None, tags=["watchword", "example"], doc_md=__doc__)
def validate_then_extract() -> None:
    """Gate `extract` by `credential_works`."""
    # Without `test_url` the sensor calls the connection's own test URL.
    credential_works = CredentialSensor(task_id="credential_works", http_conn_id="acme")

    @task
    def extract() -> int:
        """Read all airports and return how many there are."""
        airports = []
        with ApiHook("acme").get_conn() as api:
            url = "/v1/airports"  # relative paths join the connection's base URL
            while url:
                response = api.get(url)
                response.raise_for_status()
                page = response.json()
                airports += page["items"]
                url = page["next"]  # an absolute URL, or None on the last page
        return save(airports)

    credential_works >> extract()


def save(airports: list[dict[str, str | float]]) -> int:
    """Replace the table's rows in one transaction, so that readers see either all old or all new rows."""
    names, marks = ", ".join(COLUMNS), ", ".join(f":{column}" for column in COLUMNS)
    with closing(sqlite3.connect(database())) as connection, connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS airports_by_airflow ({names})")
        connection.execute("DELETE FROM airports_by_airflow")
        connection.executemany(f"INSERT INTO airports_by_airflow VALUES ({marks})", airports)  # noqa: S608
    return len(airports)


def database() -> Path:
    """Return the file to write: WATCHWORD_EXAMPLE_DATABASE, or a file in the folder for temporary files."""
    default = Path(tempfile.gettempdir()) / "airports.sqlite"
    return Path(os.environ.get("WATCHWORD_EXAMPLE_DATABASE", default))


validate_then_extract()
