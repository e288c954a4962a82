"""Where Airflow finds connections beside its database: the environment and secrets backends.

Airflow asks them in order, and the first connection of a name is used, whatever its type is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from airflow.sdk.exceptions import AirflowSecretsBackendAccessDenied

from airflow_provider_watchword.console import internals
from airflow_provider_watchword.console.internals import BaseSecretsBackend
from airflow_provider_watchword.secrets.backend import LookupBackend
from airflow_provider_watchword.secrets.lookup import TEAM
from watchword.connections import by_name
from watchword.connections.airflow_format import AirflowConnection, parse_connection
from watchword.connections.payload import document_in
from watchword.connections.storable import normalized
from watchword.console.host import Home, Stored
from watchword.errors import DocumentError, SecretError
from watchword.findings.codes import finding

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Place(Protocol):
    """A place for connections."""

    @property
    def home(self) -> Home:
        """How pages name it."""

    def find(self, name: str, team: str | None) -> AirflowConnection | None:
        """Return the connection of a name, of whatever type; None if there is none.

        Raises:
            WatchwordError: it can't be read.
        """

    def names(self, known: Iterable[str]) -> Sequence[str]:
        """Return the names that are here; a place that can't list them returns none.

        `known` are names of other places, for one that doesn't keep how its names are spelt.
        """


class Environment:
    """The connections in variables, such as AIRFLOW_CONN_ACME."""

    home = Home("environment", "environment", is_writable=False)

    def __init__(self, backend: BaseSecretsBackend) -> None:
        self._backend = backend

    def find(self, name: str, team: str | None) -> AirflowConnection | None:
        """Return the connection in a name's variable."""
        return _parsed(self._backend.get_conn_value(name, team), name)

    def names(self, known: Iterable[str]) -> Sequence[str]:
        """Return the names as they are known from elsewhere, else in lower case."""
        lead = internals.CONN_ENV_PREFIX
        spelt = {name.upper(): name for name in known}
        found = [name.removeprefix(lead) for name in os.environ if name.startswith(lead)]
        alone = [name for name in found if not (internals.has_teams() and internals.TEAM_SEP in f"_{name}")]
        return [spelt.get(name, name.lower()) for name in alone]


class OwnBackend:
    """A secrets backend of watchword's, whose connections are stored under the names of `by_name`."""

    def __init__(self, backend: LookupBackend) -> None:
        self.home = Home("backend", backend.title)
        self._backend = backend

    def find(self, name: str, team: str | None) -> AirflowConnection | None:
        """Return the connection that Airflow gets from the backend."""
        return _parsed(_asked(lambda: self._backend.get_conn_value(name, team)), name)

    def names(self, known: Iterable[str]) -> Sequence[str]:  # noqa: ARG002 - the contract's parameter
        """Return the names that the account may list; none, with a line in the log, if it may not."""
        try:
            names = by_name.names(self._backend.connection_store())
        except SecretError as error:
            _log.warning("The connections in %s can't be listed: %s", self.home.title, error)
            return []
        taken = [name for name in names if self._backend.looks_up(name)]
        return [name for name in taken if not (internals.has_teams() and TEAM in name)]

    def keep(self, name: str, document: Mapping[str, Any], former: Stored | None) -> None:
        """Store a document; raises SecretError if what is stored isn't the former one any more."""
        self._demand_unchanged(name, former)
        by_name.keep(self._backend.connection_store(), name, document)

    def remove(self, stored: Stored) -> None:
        """Remove a connection; raises SecretError if another one is stored now."""
        self._demand_unchanged(stored.name, stored)
        by_name.remove(self._backend.connection_store(), stored.name)

    def _demand_unchanged(self, name: str, former: Stored | None) -> None:
        secret = by_name.secret_name(name)
        payload = self._backend.connection_store().current(secret)
        current = None if payload is None else normalized(document_in(payload, secret))
        expected = None if former is None or former.document is None else normalized(former.document)
        if current != expected:
            message = f"Somebody changed the connection {name!r} in {self.home.title} meanwhile."
            raise SecretError([finding("secret_changed_meanwhile", message)])


class ForeignBackend:
    """Another secrets backend: Airflow can ask it for one connection, and can't list them."""

    def __init__(self, backend: BaseSecretsBackend) -> None:
        self.home = Home("foreign", type(backend).__name__, is_writable=False)
        self._backend = backend

    def find(self, name: str, team: str | None) -> AirflowConnection | None:
        """Return the connection that the backend has."""
        found = _asked(lambda: self._backend.get_connection(name, *([team] if team else [])))
        if found is None:
            return None
        return AirflowConnection(
            name,
            conn_type=found.conn_type,
            host=found.host,
            schema=found.schema,
            port=found.port,
            login=found.login,
            password=found.password,
            extra=found.extra,
        )

    def names(self, known: Iterable[str]) -> Sequence[str]:  # noqa: ARG002 - the contract's parameter
        """Return none: they aren't known."""
        return []


def places() -> Iterator[Place]:
    """Yield the places that Airflow asks before its database, in order."""
    for backend in internals.secrets_backends():
        if isinstance(backend, internals.MetastoreBackend):
            return
        if isinstance(backend, internals.EnvironmentVariablesBackend):
            yield Environment(backend)
        elif isinstance(backend, LookupBackend) and backend.connections_prefix == by_name.PREFIX:
            yield OwnBackend(backend)
        else:
            yield ForeignBackend(backend)


def _parsed(text: str | None, name: str) -> AirflowConnection | None:
    """Return the connection that a text describes; None if Airflow couldn't read it and would go on."""
    if not text:
        return None
    try:
        return parse_connection(text, name)
    except DocumentError as error:
        _log.warning("Airflow doesn't use a connection that can't be read: %s", error)
        return None


def _asked(ask: Callable[[], T | None]) -> T | None:
    """Return what a backend says; None if it fails, since Airflow goes on to the next place.

    Raises:
        SecretError: the backend forbids to go on.
    """
    try:
        return ask()
    except AirflowSecretsBackendAccessDenied as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - Airflow goes on after any error, whose text may hold a secret
        _log.warning("Airflow goes on after a failure of a secrets backend: %s", type(error).__name__)
        return None
    raise SecretError([finding("secrets_refused", problem, advice="Repair the secrets backend.")])
