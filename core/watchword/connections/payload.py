"""Read a stored secret: a connection document, Airflow's JSON of a connection, or an Airflow URI.

No error shows any of the content, nor has a cause that holds it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from watchword.connections.airflow_format import (
    AIRFLOW_KEYS,
    CONN_TYPE,
    AirflowConnection,
    airflow_json,
    document_of,
    is_own_type,
    parse_connection,
)
from watchword.errors import DocumentError, SecretError
from watchword.findings.codes import finding
from watchword.http.bodies import stored_text
from watchword.secrets.secret_store import check_size

# RFC 3986 allows no underscore in a scheme, but Airflow takes google_cloud_platform://.
_URI = re.compile(r"([a-z][a-z0-9+._-]*:)?//", re.IGNORECASE)

_KINDS = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def document_in(payload: bytes, secret: str) -> dict[str, Any]:
    """Return the connection document that a stored secret holds in one of the three forms.

    Args:
        payload: the secret's content.
        secret: its name, for messages.

    Raises:
        SecretError: it holds no connection, or an Airflow connection of another type.
        DocumentError: the document is in an Airflow connection that contradicts itself or is unprotected.
    """
    text = _text(payload, secret)
    entries = _entries(text, secret)
    if entries is not None and _is_document(entries):
        return entries
    connection = _airflow_connection(text, entries, secret)
    if not is_own_type(connection.conn_type):
        kind = f"an Airflow connection {connection.type_in_words}"
        message = f"The secret {secret} holds {kind} instead of one of type {CONN_TYPE}."
        advice = "To convert a connection of type http: watchword connections import."
        raise _unreadable(message, advice)
    return document_of(connection)


def airflow_value(payload: bytes, secret: str) -> str:
    """Return a stored secret for Airflow: its own connections unchanged, a document in Airflow's JSON.

    Args:
        payload: the secret's content.
        secret: its name, for messages.

    Raises:
        SecretError: it holds neither; Airflow's own error would quote the content.
        DocumentError: it holds a document of another schema version.
    """
    text = _text(payload, secret)
    entries = _entries(text, secret)
    if entries is None or not _is_document(entries):
        _airflow_connection(text, entries, secret)
        return text
    try:
        return airflow_json(entries)
    except RecursionError:
        pass
    raise _unreadable(f"The secret {secret} is nested too deeply.")


def _text(payload: bytes, secret: str) -> str:
    check_size(secret, payload)
    text, position = _decoded(payload)
    if text is None:
        message = f"The secret {secret} is not UTF-8 text from byte {position} on."
        raise _unreadable(message, "Store it as UTF-8 text.")
    if not text:
        raise _unreadable(f"The secret {secret} is empty.")
    return text


def _decoded(payload: bytes) -> tuple[str | None, int]:
    """Return the text without byte order mark and surrounding blanks, or None and the first wrong byte."""
    try:
        return stored_text(payload).strip(), 0
    except UnicodeDecodeError as error:
        return None, error.start


def _entries(text: str, secret: str) -> dict[str, Any] | None:
    """Return the JSON object in a text, None for a URI."""
    if _URI.match(text):
        return None
    problem = ""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (line {error.lineno}, column {error.colno})"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError:
        problem = "it has a number of too many digits"
    if problem and not text.startswith(("{", "[", '"')):
        raise _unreadable(f"The secret {secret} is neither JSON nor the URI of a connection.")
    if problem:
        raise _unreadable(f"The secret {secret} is not valid JSON: {problem}.")
    if not isinstance(content, dict):
        kind = _KINDS.get(type(content), "a number")
        raise _unreadable(f"The secret {secret} is JSON, but {kind} instead of an object.")
    return content


def _is_document(entries: dict[str, Any]) -> bool:
    return "method" in entries and "conn_type" not in entries


def _airflow_connection(text: str, entries: dict[str, Any] | None, secret: str) -> AirflowConnection:
    if entries is not None and not _is_airflow_connection(entries):
        missing = "neither a method, as documents have, nor a conn_type, as Airflow connections have"
        raise _unreadable(f"The secret {secret} has {missing}.")
    try:
        return parse_connection(text, secret)
    except DocumentError as error:
        message = error.findings[0].message
    raise _unreadable(message)


def _is_airflow_connection(entries: dict[str, Any]) -> bool:
    return "conn_type" in entries or "uri" in entries or (bool(entries) and entries.keys() <= AIRFLOW_KEYS)


def _unreadable(message: str, advice: str = "") -> SecretError:
    return SecretError([finding("secret_unreadable", message, advice=advice)])
