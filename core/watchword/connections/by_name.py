"""Connections by name: they are read from the configured sources, and stored in them."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from watchword.connection import Connection, load
from watchword.connections.payload import document_in
from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets import sources
from watchword.secrets.secret_store import SecretStore, check_name

PREFIX = "airflow-connections-"
"""The beginning of the name of a connection's secret; Airflow's secrets backends look for it like this."""

VARIABLE = "WATCHWORD_CONN_"
"""The beginning of the name of a connection's variable; the connection's name follows in capitals."""


def secret_name(name: str) -> str:
    """Return the name of the secret that holds a connection; raises SecretError for an illegal name."""
    secret = f"{PREFIX}{name}"
    check_name(secret)
    return secret


def connect(name: str) -> Connection:
    """Return the connection of a name, from the first configured source that has it.

    WATCHWORD_SECRETS lists the sources: `env` for variables such as WATCHWORD_CONN_ACME, `local` for the
    vault, `gcp://PROJECT` for Google Secret Manager; `env,local` if it is not set. A stored connection may
    only use allowed references (`WATCHWORD_ALLOWED_REFERENCES`) and addresses (`WATCHWORD_ALLOWED_NETWORKS`);
    one in a variable may use any.

    Raises:
        SecretError: there is no such connection (`connection_missing`), or a source can't be read.
        DocumentError: the connection exists, and can't be used.
    """
    configured = sources.configured_sources()
    for source in configured:
        if source == sources.ENVIRONMENT:
            connection = _from_environment(name)
        else:
            connection = find_stored(sources.secret_store(source), name)
        if connection is not None:
            return connection
    raise missing(", ".join(configured) or "any source", name)


def missing(where: str, name: str) -> SecretError:
    """Return the error that there is no connection of that name."""
    message = f"There is no connection {name[:80]!r} in {where}."
    advice = f"Correct the name, or store the connection: watchword connections add {shlex.quote(name[:80])}."
    return SecretError([finding("connection_missing", message, advice=advice)])


def find_stored(store: SecretStore, name: str) -> Connection | None:
    """Return the connection that a store holds under a name, None if there is none."""
    document = document_of(store, name)
    return (
        None
        if document is None
        else load(document, name=name, stored=True, arguments=f"{store.scheme}:{name}")
    )


def stored_connection(store: SecretStore, name: str) -> Connection:
    """Return the connection that a store holds under a name; raises SecretError if there is none."""
    connection = find_stored(store, name)
    if connection is None:
        raise missing(store.display_name, name)
    return connection


def document_of(store: SecretStore, name: str) -> dict[str, Any] | None:
    """Return the document that a store holds under a connection's name, None if there is none."""
    payload = store.get(secret_name(name))
    return None if payload is None else document_in(payload, secret_name(name))


def keep(store: SecretStore, name: str, document: Mapping[str, Any]) -> None:
    """Store a document under a connection's name; it replaces an earlier one."""
    secret = secret_name(name)
    store.put(secret, json.dumps(dict(document), ensure_ascii=False, indent=2).encode())


def remove(store: SecretStore, name: str) -> bool:
    """Remove a connection and return whether there was one."""
    return store.remove(secret_name(name))


def names(store: SecretStore) -> Sequence[str]:
    """Return the names of the connections that a store holds, sorted."""
    return [name.removeprefix(PREFIX) for name in store.names(PREFIX)]


def _from_environment(name: str) -> Connection | None:
    text = os.environ.get(VARIABLE + re.sub(r"[^A-Za-z0-9]", "_", name).upper())
    if not text:
        return None
    return load(document_in(text.encode("utf-8", "surrogateescape"), f"in {VARIABLE}…"), name=name)
