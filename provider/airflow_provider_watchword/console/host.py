"""`AirflowHost`: the console for the people of an Airflow, and for its connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

import watchword
from airflow_provider_watchword.configuration import token_store
from airflow_provider_watchword.console import addresses, internals, people, rows, used
from airflow_provider_watchword.console.columns import columns_of, stored_document
from airflow_provider_watchword.console.overview import Overview, Overviews, overview_of
from airflow_provider_watchword.console.places import OwnBackend, places
from airflow_provider_watchword.console.used import DATABASE, Found, StoredConnection
from airflow_provider_watchword.documents import load_document
from watchword.console.host import Home, Right, Stored, Summary, User
from watchword.errors import DocumentError, SecretError
from watchword.findings.codes import finding
from watchword.stores.contracts import Store


class AirflowHost:
    """Serves the console to the people of an Airflow, as its auth manager lets them.

    A name stands for the connection that tasks get: that of a secrets backend, else the environment's,
    else the database's.
    """

    title = "Airflow"

    def __init__(self) -> None:
        self._overviews = Overviews()

    @property
    def signing_key(self) -> str:
        """A secret derived from `[api] secret_key`, so that all replicas of the API server have it."""
        return internals.derived_key("watchword console")

    @property
    def store(self) -> Store:
        """The token store of the deployment."""
        return token_store()

    def accepts(self, request: Request) -> bool:
        """Return whether a request may go on under the host name that it gives."""
        return addresses.is_accepted(request)

    async def user_of(self, request: Request) -> User | None:
        """Return who is asking, as the auth manager says."""
        return await people.person_of(request)

    def sign_in_url(self, request: Request) -> str | None:
        """Return the path of Airflow's sign-in."""
        return addresses.sign_in_url(request)

    def root_url(self, request: Request) -> str:
        """Return the console's URL below `[api] base_url`, else below the address that the browser used."""
        return addresses.root_url(request)

    def rights(self, user: User, name: str) -> frozenset[Right]:
        """Return what the auth manager lets a person do with a connection of its team."""
        return people.rights(user, name, used.team_of(name))

    def summaries(self, user: User) -> Sequence[Summary]:
        """Return the connections that a person may read, from every place that can list them."""
        in_database = rows.all_of_ours()
        teams = used.teams_of(in_database)
        elsewhere, hidden = used.elsewhere(teams)
        found = [_summary(each, overview_of(each.connection())) for each in elsewhere]
        for row in in_database:
            overview = self._overviews.of(row)
            summary = Summary(row.conn_id, overview.api, overview.method, DATABASE, row.conn_id in hidden)
            found.append(summary)
        readable = people.readable(user, {each.name: teams.get(each.name) for each in found})
        shown = [each for each in found if each.name in readable]
        return sorted(shown, key=lambda each: (each.name, each.is_shadowed))

    def homes(self) -> Sequence[Home]:
        """Return the database, and a secrets backend of watchword's."""
        return [DATABASE, *(place.home for place in places() if isinstance(place, OwnBackend))]

    def read(self, name: str) -> Stored | None:
        """Return the connection that tasks get under a name; None if there is none with a document."""
        found = used.find(name)
        if found is None or not found.is_ours:
            return None
        try:
            document = stored_document(found.connection())
        except DocumentError as error:
            return StoredConnection(name, found.home, problem=error.findings[0], row=found.row)
        return StoredConnection(name, found.home, document, row=found.row)

    def write(
        self, user: User, name: str, document: Mapping[str, Any], home: Home, former: Stored | None
    ) -> None:
        """Keep a document in the database or in a secrets backend of watchword's."""
        account = people.account_of(user)
        if former is None:
            _demand_free(name)
        if home.key == DATABASE.key:
            columns = columns_of(document)
            if former is None:
                rows.add(name, columns, account)
            else:
                rows.change(_row_of(former), columns, account)
            return
        _own_backend(home, name).keep(name, document, former)
        rows.note("patch_connection" if former else "post_connection", account, name)

    def remove(self, user: User, stored: Stored) -> None:
        """Remove a connection from the database or from a secrets backend of watchword's."""
        account = people.account_of(user)
        if stored.home.key == DATABASE.key:
            rows.remove(_row_of(stored), account)
            return
        _own_backend(stored.home, stored.name).remove(stored)
        rows.note("delete_connection", account, stored.name)

    def open(self, name: str, document: Mapping[str, Any], *, private: bool) -> watchword.Connection:
        """Return the connection of a document, as tasks open a stored one."""
        if private:
            return watchword.load(dict(document), name=name, store="memory://", stored=True)
        return load_document(dict(document), name)


def _summary(found: Found, overview: Overview) -> Summary:
    return Summary(found.name, overview.api, overview.method, found.home, found.is_hidden)


def _demand_free(name: str) -> None:
    """Refuse a name that can't be one, and one that any connection has: the new one could replace it."""
    if not internals.can_be_named(name) or "/" in name:
        message = f"{name[:40]!r} can't be the name of a connection."
        raise SecretError([finding("secret_name_illegal", message)])
    if used.find(name) is not None:
        raise rows.exists(name)


def _row_of(stored: Stored) -> rows.Row:
    if not isinstance(stored, StoredConnection) or stored.row is None:
        raise TypeError("This connection wasn't read from Airflow's database.")
    return stored.row


def _own_backend(home: Home, name: str) -> OwnBackend:
    for place in places():
        if isinstance(place, OwnBackend) and place.home == home:
            return place
    message = f"The connection {name!r} is kept in {home.title}."
    raise SecretError([finding("connection_read_only", message)])
