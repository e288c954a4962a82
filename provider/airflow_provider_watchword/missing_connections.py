"""A connection that Airflow doesn't find, named with what to do."""

from __future__ import annotations

import os
from difflib import get_close_matches

from watchword.errors import SecretError
from watchword.findings.codes import finding

_VARIABLE = "AIRFLOW_CONN_"

_LONGEST_ID = 80


def missing(http_conn_id: str) -> SecretError:
    """Return the error that Airflow has no connection with this id."""
    shown = http_conn_id[:_LONGEST_ID]
    similar = get_close_matches(http_conn_id.lower(), _in_environment(), n=3)
    hint = f" Similar ids are {', '.join(map(repr, similar))}." if similar else ""
    advice = (
        "Correct the id, or create the connection: under Admin > Connections, or by airflow connections "
        "import FILE.json. If it is in a secrets backend, check whether Airflow can read that backend."
    )
    message = f"There is no connection {shown!r} in Airflow.{hint}"
    return SecretError([finding("connection_missing", message, advice=advice)])


def _in_environment() -> list[str]:
    """Return the ids in the environment; a task can't list those of the database and of secrets backends."""
    return [name.removeprefix(_VARIABLE).lower() for name in os.environ if name.startswith(_VARIABLE)]
