"""`LookupBackend`: the methods that Airflow calls, on its server and in tasks, over three lookups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from airflow.secrets.base_secrets import BaseSecretsBackend

from airflow_provider_watchword.secrets.arguments import BackendArguments
from airflow_provider_watchword.secrets.lookup import Kind, Lookup, connection_text, plain_text
from watchword.findings.codes import finding
from watchword.secrets.secret_store import SecretStore

StoreFactory = Callable[[], SecretStore]
"""Returns the process's store; called at each lookup, so that nothing is opened before the first one."""

_NEXT_BACKEND = "its next secrets backend"


class LookupBackend(BaseSecretsBackend):
    """A secrets backend that has one lookup each for connections, variables and options.

    Args:
        arguments: the checked arguments.
        store: gives the store of connections and variables.
        config_store: gives the store of options, if that is another one.
    """

    title = "secrets backend"
    """What pages call the place."""

    def __init__(
        self, arguments: BackendArguments, store: StoreFactory, config_store: StoreFactory | None = None
    ) -> None:
        def lookup(kind: Kind, store: StoreFactory) -> Lookup:
            return Lookup(type(self).__name__, kind, store, fail_closed=arguments.fail_closed)

        connection = Kind(
            "connection",
            arguments.with_separator(arguments.connections_prefix),
            arguments.connections_lookup_pattern,
            connection_text,
            _NEXT_BACKEND,
        )
        variable = Kind(
            "variable",
            arguments.with_separator(arguments.variables_prefix),
            arguments.variables_lookup_pattern,
            plain_text,
            _NEXT_BACKEND,
        )
        option = Kind(
            "option",
            arguments.with_separator(arguments.config_prefix),
            arguments.config_lookup_pattern,
            plain_text,
            "the option's default",
            has_teams=False,
        )
        self._connections = lookup(connection, store)
        self._variables = lookup(variable, store)
        self._config = lookup(option, config_store or store)

    @property
    def connections_prefix(self) -> str | None:
        """The beginning of the names of secrets that hold connections, None if there are none."""
        return self._connections.prefix

    def connection_store(self) -> SecretStore:
        """Return the store of the connections; raises SecretError if it can't be used."""
        return self._connections.store()

    def looks_up(self, conn_id: str) -> bool:
        """Return whether a connection of this id would be looked up."""
        return self._connections.takes(conn_id)

    def get_conn_value(self, conn_id: str, team_name: str | None = None) -> str | None:
        """Return a connection as text, the team's own if it has one; None if there is none."""
        return self._connections.get(conn_id, team_name)

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """Return a variable, the team's own if it has one; None if there is none."""
        return self._variables.get(key, team_name)

    def get_config(self, key: str) -> str | None:
        """Return the value of an option of airflow.cfg that names its secret: `fernet_key_secret = KEY`.

        On None, Airflow uses the option's default, such as a SQLite database for `sql_alchemy_conn`. With
        `fail_closed`, a failure keeps Airflow from starting instead, and the error says why.
        """
        return self._config.get(key)

    async def aget_connection(self, conn_id: str, team_name: str | None = None) -> Any:  # noqa: ANN401 - Airflow's
        """Return a connection without blocking the event loop, for triggers."""
        return await asyncio.to_thread(self.get_connection, conn_id, team_name)

    def deserialize_connection(self, conn_id: str, value: str) -> Any:  # noqa: ANN401 - of one of two classes
        """Return the connection that a text describes, None if Airflow's class refuses the text."""
        try:
            connection = super().deserialize_connection(conn_id, value)
            connection.get_uri()  # Airflow calls this next, and hides its errors
        except Exception as error:  # noqa: BLE001 - Airflow would hide it, and say "isn't defined"
            reason = type(error).__name__
        else:
            return connection
        # Outside of the `except` block: the error quotes the text, so it must not become a context.
        message = f"Airflow can't make a connection from its content ({reason})."
        problem = finding("secret_unreadable", message)
        self._connections.fail(conn_id, str(problem), secret=self._connections.secret_of(value))
        return None
