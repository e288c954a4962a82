"""Airports in SQLite, extracted only once the credentials of their API are proven.

Where the API is and how it authenticates says the connection that is stored as `acme`, for Airflow too:

    watchword connections add acme
    dagster asset materialize -f definitions.py --select '*'
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dagster as dg
from requests import Session

from dagster_watchword import ApiResource, StoredConnectionResource, build_credentials_check

COLUMNS = ("iata", "name", "city", "state", "country", "latitude", "longitude")

acme_credentials = build_credentials_check("acme")


@dg.asset(deps=[acme_credentials])
def airports(acme: ApiResource) -> dg.MaterializeResult[None]:
    """Every airport that the API knows, page by page, in the table `airports_by_dagster`."""
    with acme.session() as api:
        rows = [row for page in pages(api) for row in page]
    store(database(), rows)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows)})


def pages(api: Session) -> Iterator[list[dict[str, Any]]]:
    """Yield the airports of each page, from the first to the one without a next."""
    url: str | None = "/v1/airports"
    while url:
        response = api.get(url)
        response.raise_for_status()
        page = response.json()
        yield page["items"]
        url = page["next"]


def store(path: Path, rows: list[dict[str, Any]]) -> None:
    """Replace the table's rows, all or none."""
    places = ", ".join(f":{column}" for column in COLUMNS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")  # sqlite3 itself begins no transaction before a DROP
        connection.execute("DROP TABLE IF EXISTS airports_by_dagster")
        connection.execute(f"CREATE TABLE airports_by_dagster ({', '.join(COLUMNS)})")
        connection.executemany(f"INSERT INTO airports_by_dagster VALUES ({places})", rows)  # noqa: S608 - constants


def database() -> Path:
    """Return the file that the demo reads afterwards."""
    default = Path(tempfile.gettempdir(), "airports.sqlite")
    return Path(os.environ.get("WATCHWORD_EXAMPLE_DATABASE", default))


defs = dg.Definitions(
    assets=[acme_credentials, airports],
    resources={"acme": StoredConnectionResource(name="acme")},
    executor=dg.in_process_executor,  # two small steps: a process for each would take longer than both
)
