"""From a connection that Airflow keeps to one that authenticates, with this deployment's token store."""

from __future__ import annotations

from typing import Any

import watchword
from airflow_provider_watchword.configuration import refuse_unshared, token_store
from watchword.connections.airflow_format import StoredConnection, document_of

__all__ = ["StoredConnection", "connection", "connection_of", "copy_of", "document_of", "loaded"]


def connection_of(stored: StoredConnection) -> watchword.Connection:
    """Return the connection that Airflow keeps, under the name that Airflow knows it by.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    return loaded(document_of(stored), stored.conn_id)


def loaded(document: dict[str, Any], name: str) -> watchword.Connection:
    """Return the connection that a document of Airflow's describes, with this deployment's token store.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    connection = watchword.load(document, name=name, store=token_store(), stored=True)
    refuse_unshared(connection)
    return connection


def copy_of(stored: StoredConnection) -> watchword.Connection:
    """Return a connection that keeps its token to itself: that of Airflow's Test button, under a random name.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    return watchword.load(document_of(stored), name=stored.conn_id, store="memory://", stored=True)


def connection(name: str) -> watchword.Connection:
    """Return the connection of that id: what `airflow:NAME` means to the command `watchword`.

    Raises:
        DocumentError: with a finding for each thing that is wrong.
    """
    # Outside of a task the SDK sees no connections of the database; this asks secrets backends too.
    from airflow.models.connection import Connection  # noqa: PLC0415 - import time

    return connection_of(Connection.get_connection_from_secrets(name))
