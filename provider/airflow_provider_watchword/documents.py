"""From an Airflow connection to a connection document: host, login, password and extra in one object."""

from __future__ import annotations

import json
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import watchword
from airflow_provider_watchword.configuration import refuse_unshared, token_store
from watchword.codes import finding
from watchword.errors import DocumentError

SCHEMA_VERSION = 1


class StoredConnection(Protocol):
    """What Airflow's connections have in common, those of the Task SDK and those of the database."""

    conn_id: str
    host: str | None
    schema: str | None
    port: int | None
    login: str | None
    password: str | None
    extra: str | None


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


def document_of(stored: StoredConnection) -> dict[str, Any]:
    """Return the document that an Airflow connection holds.

    Raises:
        DocumentError: the extra is no JSON object, does not begin with the schema version, or
            says something else than host, login or password do.
    """
    extra = _extra(stored)
    own = {"base_url": _base_url(stored), "username": stored.login, "password": stored.password}
    given = {name: value for name, value in own.items() if value}
    for name, value in given.items():
        if extra.get(name) not in (None, "", value):
            message = f"{name} is given twice, in the connection's own field and, differently, in its extra."
            raise DocumentError([finding("given_twice", message, advice=f"Remove {name} from the extra.")])
    return {**extra, **given}


def _extra(stored: StoredConnection) -> dict[str, Any]:
    """Return the extra, read here since Airflow's own reading turns what it can't read into nothing."""
    try:
        extra = json.loads(stored.extra or "{}")
    except (ValueError, RecursionError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        message = f"The extra of the connection {stored.conn_id!r} is no readable JSON{where}."
        raise DocumentError([finding("document_unreadable", message)]) from None
    if not isinstance(extra, dict):
        message = f"The extra of the connection {stored.conn_id!r} is no JSON object."
        raise DocumentError([finding("document_unreadable", message)])
    version = extra.get("schema_version")
    # `True` and 1.0 equal 1, but only a real integer has requests refuse the header.
    if type(version) is not int or version != SCHEMA_VERSION or next(iter(extra)) != "schema_version":
        where = f"The extra of the connection {stored.conn_id!r}"
        message = f'{where} does not begin with "schema_version": 1.'
        if version == str(SCHEMA_VERSION):
            text = f'{where} has "schema_version" as text; only the number 1 protects the connection.'
            message = f"{text} Plain parameters of a URI are text: put the extra as JSON into __extra__."
        raise DocumentError([finding("schema_version_missing", message)])
    return extra


def _base_url(stored: StoredConnection) -> str | None:
    """Return the host as an absolute URL: the connection's scheme or https where it has none, its port."""
    if not stored.host:
        return None
    url = stored.host if "://" in stored.host else f"{stored.schema or 'https'}://{stored.host}"
    if not stored.port:
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url  # no URL at all, which lint says in better words
    if port is None:
        return urlunsplit(parts._replace(netloc=f"{parts.netloc}:{stored.port}"))
    if port != stored.port:
        message = f"The base URL has the port {port}, the connection's own field {stored.port}."
        raise DocumentError([finding("given_twice", message)])
    return url
