"""What Airflow calls, on its server and in its tasks: three lookups behind the methods of a backend."""

from __future__ import annotations

import asyncio
import re
from typing import Any, TypeAlias

from airflow.secrets.base_secrets import BaseSecretsBackend

from airflow_provider_watchword.secrets import arguments
from airflow_provider_watchword.secrets.lookup import Kind, Lookup, connection_text, plain_text

Three: TypeAlias = tuple[object, object, object]
"""What is given for connections, for variables and for options."""


def kinds(sep: object, *, prefixes: Three, patterns: Three) -> tuple[Kind, Kind, Kind]:
    """Return the kinds of content that a backend is asked for: connections, variables and options.

    Raises ValueError for a prefix or a pattern that can't be used.
    """

    def kind(place: int, word: str, given: str) -> tuple[str, str | None, re.Pattern[str] | None]:
        prefix = arguments.prefix(f"{given}_prefix", prefixes[place], sep)
        return word, prefix, arguments.pattern(f"{given}_lookup_pattern", patterns[place])

    return (
        Kind(*kind(0, "connection", "connections"), connection_text),
        Kind(*kind(1, "variable", "variables"), plain_text),
        Kind(*kind(2, "option", "config"), plain_text, has_teams=False),
    )


class LookupBackend(BaseSecretsBackend):
    """A secrets backend whose connections, variables and options are each found by a lookup."""

    def __init__(self, connections: Lookup, variables: Lookup, config: Lookup) -> None:
        self._connections = connections
        self._variables = variables
        self._config = config

    def get_conn_value(self, conn_id: str, team_name: str | None = None) -> str | None:
        """Return a connection as text, the team's own first; None where there is none."""
        return self._connections.get(conn_id, team_name)

    def get_variable(self, key: str, team_name: str | None = None) -> str | None:
        """Return a variable, the team's own first; None where there is none."""
        return self._variables.get(key, team_name)

    def get_config(self, key: str) -> str | None:
        """Return the value of an option of airflow.cfg that names its secret: `fernet_key_secret = KEY`.

        None lets Airflow go on with the option's default, such as a database of its own in a file.
        With `fail_closed` it does not start instead, and says why.
        """
        return self._config.get(key)

    async def aget_connection(self, conn_id: str, team_name: str | None = None) -> Any:  # noqa: ANN401 - Airflow's
        """Return a connection without keeping the event loop, as triggers ask for one."""
        return await asyncio.to_thread(self.get_connection, conn_id, team_name)

    def deserialize_connection(self, conn_id: str, value: str) -> Any:  # noqa: ANN401 - of one of two classes
        """Return a connection made of its text, None where Airflow's class refuses that."""
        try:
            connection = super().deserialize_connection(conn_id, value)
            connection.get_uri()  # which Airflow asks for next, and swallows what fails there
        except Exception as error:  # noqa: BLE001 - Airflow would swallow it, and say "isn't defined"
            problem = f"secret_unreadable: Airflow makes no connection of it ({type(error).__name__})."
        else:
            return connection
        self._connections.fail(conn_id, problem)  # out here: the error, which quotes it, is no context
        return None
