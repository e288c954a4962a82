"""Extract airports into SQLite, but only after the credentials of their API have been validated.

The connection that is stored as `acme` holds the API's URL and credentials, for Airflow too:

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
    """Every airport of the API, read page by page into the table `airports_by_dagster`."""
    with acme.session() as api:
        rows = [row for page in pages(api) for row in page]
    store(database(), rows)
    return dg.MaterializeResult(metadata={"dagster/row_count": len(rows)})


def pages(api: Session) -> Iterator[list[dict[str, Any]]]:
    """Yield the airports of each page until a page has no next one."""
    url: str | None = "/v1/airports"
    while url:
        response = api.get(url)
        response.raise_for_status()
        page = response.json()
        yield page["items"]
        url = page["next"]


def store(path: Path, rows: list[dict[str, Any]]) -> None:
    """Replace the table's rows in one transaction."""
    places = ", ".join(f":{column}" for column in COLUMNS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("BEGIN")  # sqlite3 doesn't begin a transaction before a DROP by itself
        connection.execute("DROP TABLE IF EXISTS airports_by_dagster")
        connection.execute(f"CREATE TABLE airports_by_dagster ({', '.join(COLUMNS)})")
        connection.executemany(f"INSERT INTO airports_by_dagster VALUES ({places})", rows)  # noqa: S608 - constants


def database() -> Path:
    """Return the file to write; the demo reads it afterwards."""
    default = Path(tempfile.gettempdir(), "airports.sqlite")
    return Path(os.environ.get("WATCHWORD_EXAMPLE_DATABASE", default))


defs = dg.Definitions(
    assets=[acme_credentials, airports],
    resources={"acme": StoredConnectionResource(name="acme")},
    executor=dg.in_process_executor,  # for two small steps, starting a process takes longer than the step
)
