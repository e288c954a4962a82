"""Which connection tasks get under a name, as Airflow looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from airflow_provider_watchword.console import internals, rows
from airflow_provider_watchword.console.places import places
from airflow_provider_watchword.console.rows import Row
from watchword.connections.airflow_format import AirflowConnection, is_own_type
from watchword.console.host import Home, Stored
from watchword.redact import NeverPickled

DATABASE = Home("database", "Airflow's database")


@dataclass(frozen=True)
class StoredConnection(Stored):
    """A connection as it is kept; `row` is that of Airflow's database as it was read, None elsewhere."""

    row: Row | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Found(NeverPickled):
    """A connection of whatever type; `connection` decrypts it. `is_hidden` says that another one is used."""

    name: str
    home: Home
    conn_type: str | None
    connection: Callable[[], AirflowConnection] = field(repr=False)
    row: Row | None = field(default=None, repr=False)
    is_hidden: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it holds a document."""
        return is_own_type(self.conn_type)


def find(name: str) -> Found | None:
    """Return the connection that tasks get under a name, None if there is none."""
    row = rows.find(name)
    team = row.team_name if row and internals.has_teams() else None
    for place in places():
        content = place.find(name, team)
        if content is not None:
            return _found(name, place.home, content)
    return Found(name, DATABASE, row.conn_type, row.decrypted, row) if row else None


def elsewhere(teams: Mapping[str, str | None]) -> tuple[Sequence[Found], set[str]]:
    """Return the connections with a document outside of the database, and the names of all that are there.

    `teams` maps the names in the database to their teams.
    """
    found: list[Found] = []
    names: set[str] = set()
    for place in places():
        for name in place.names({*teams, *names}):
            content = place.find(name, teams.get(name))
            if content is None:
                continue
            if is_own_type(content.conn_type):
                found.append(_found(name, place.home, content, is_hidden=name in names))
            names.add(name)
    return found, names


def team_of(name: str) -> str | None:
    """Return the team of a connection; None for all teams, or if Airflow has none."""
    row = rows.find(name) if name and internals.has_teams() else None
    return row.team_name if row else None


def teams_of(found: Iterable[Row]) -> Mapping[str, str | None]:
    """Return the teams of rows by name, as `team_of` does for one."""
    has_teams = internals.has_teams()
    return {row.conn_id: row.team_name if has_teams else None for row in found}


def _found(name: str, home: Home, content: AirflowConnection, *, is_hidden: bool = False) -> Found:
    return Found(name, home, content.conn_type, lambda: content, is_hidden=is_hidden)
