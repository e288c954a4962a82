"""Airports in SQLite, extracted only once the credentials of their API are proven.

The resource is built from the connection document that Airflow uses too:

    export WATCHWORD_EXAMPLE_DOCUMENT=connection.json
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

from dagster_watchword import ApiResource, build_credentials_check, resource_from_document

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


def acme_resource() -> ApiResource:
    """Return the resource that the connection document describes."""
    path = os.environ.get("WATCHWORD_EXAMPLE_DOCUMENT")
    if path is None:
        raise RuntimeError("Set WATCHWORD_EXAMPLE_DOCUMENT to the JSON file with the connection document.")
    return resource_from_document(Path(path).read_bytes(), "acme")


defs = dg.Definitions(
    assets=[acme_credentials, airports],
    resources={"acme": acme_resource()},
    executor=dg.in_process_executor,  # two small steps: a process for each would take longer than both
)
