"""watchword's connections from the connections that Airflow stores, with this deployment's token store."""

from __future__ import annotations

from typing import Any

import watchword
from airflow_provider_watchword.configuration import refuse_unshared_sign_in, token_store
from watchword.connections.airflow_format import StoredConnection, document_of

__all__ = [
    "StoredConnection",
    "connection",
    "connection_of",
    "document_of",
    "load_document",
    "private_connection_of",
]


def connection_of(stored: StoredConnection) -> watchword.Connection:
    """Return the connection that Airflow stores, named by its connection id.

    Raises:
        DocumentError: with a finding for each error.
    """
    return load_document(document_of(stored), stored.conn_id)


def load_document(document: dict[str, Any], name: str) -> watchword.Connection:
    """Return the connection that a document from Airflow describes, with this deployment's token store.

    Raises:
        DocumentError: with a finding for each error.
    """
    connection = watchword.load(
        document, name=name, store=token_store(), stored=True, arguments=f"airflow:{name}"
    )
    refuse_unshared_sign_in(connection)
    return connection


def private_connection_of(stored: StoredConnection) -> watchword.Connection:
    """Return a connection that keeps its token in memory, for Airflow's Test button with its random name.

    Raises:
        DocumentError: with a finding for each error.
    """
    return watchword.load(document_of(stored), name=stored.conn_id, store="memory://", stored=True)


def connection(name: str) -> watchword.Connection:
    """Return the connection of an id; the command `watchword` calls this for `airflow:NAME`.

    Raises:
        SecretError: there is no such connection (`connection_missing`).
        DocumentError: with a finding for each error.
    """
    # Outside of a task, the SDK doesn't find the connections of the database. This lookup does, and it
    # includes the secrets backends.
    from airflow.models.connection import Connection  # noqa: PLC0415 - import time
    from airflow.sdk.exceptions import AirflowNotFoundException  # noqa: PLC0415 - import time

    from airflow_provider_watchword.missing_connections import missing  # noqa: PLC0415 - import time

    try:
        stored = Connection.get_connection_from_secrets(name)
    except AirflowNotFoundException:
        raise missing(name) from None
    return connection_of(stored)
