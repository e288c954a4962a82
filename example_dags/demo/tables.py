"""The demo's tables: the rows that each host extracted, and why a host stopped."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from example_dags.demo.hosts import Outcome


def extracted(database: Path) -> dict[str, int]:
    """Return the number of rows in each host's table, by the host's name."""
    if not database.exists():
        return {}
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT name FROM sqlite_master WHERE name LIKE 'airports_by_%' ORDER BY name"
        names = [name for (name,) in connection.execute(query)]
        return {
            name.removeprefix("airports_by_").title(): connection.execute(
                f"SELECT count(*) FROM {name}"  # noqa: S608 - a name from the catalogue
            ).fetchone()[0]
            for name in names
        }


def show_extracted(console: Console, database: Path, outcomes: list[Outcome]) -> None:
    """Print a row for each host: number of rows, the first row, seconds."""
    counts = extracted(database)
    table = Table("extracted by", "table", "rows", "first row", "seconds")
    for outcome in outcomes:
        name = f"airports_by_{outcome.host.lower()}"
        rows = f"{counts.get(outcome.host, 0):,}"
        table.add_row(outcome.host, name, rows, _first(database, name), f"{outcome.seconds:.0f}")
    console.print(table)


def show_stopped(console: Console, outcomes: list[Outcome]) -> None:
    """Print a row for each host: how it ended, and its reason."""
    table = Table("host", "ended", "reason and advice")
    for outcome in outcomes:
        ended = "finished" if outcome.finished else "stopped at validation"
        table.add_row(outcome.host, ended, Text(outcome.reason or "-"))
    console.print(table)


NEXT = (
    ("watchword playground", "the same local API, for your own tries; open its page in a browser"),
    ("watchword methods", "the ways in which an API can authenticate, to find yours"),
    ("watchword connections add acme", "store your first connection: it asks, checks, and validates"),
    ("watchword validate local:acme", "prove it again, at any time"),
)
"""What to try after the demo, as commands of the virtual environment."""


def show_next(console: Console) -> None:
    """Print the commands to try next, and the pages for Airflow and Dagster."""
    console.print("\n[bold]What to try next[/] (first: . .venv/bin/activate)")
    table = Table.grid(padding=(0, 2))
    for command, purpose in NEXT:
        table.add_row(f"  {command}", purpose)
    console.print(table)
    console.print("Airflow's and Dagster's own pages in ten minutes: docs/airflow.md, docs/dagster.md")


def _first(database: Path, name: str) -> str:
    try:
        with closing(sqlite3.connect(database)) as connection:
            row = connection.execute(f"SELECT iata, name, city, state FROM {name} LIMIT 1").fetchone()  # noqa: S608
    except sqlite3.OperationalError:
        return "no such table"
    return ", ".join(map(str, row)) if row else "empty"
