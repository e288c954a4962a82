"""Airflow's JSON and URI of a connection, and the connection document inside.

Airflow isn't needed for it: the vault, the command line, Dagster and secrets backends read such texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.methods import METHODS
from watchword.redact import NeverPickled

SCHEMA_VERSION = 1

CONN_TYPE = "watchword"
"""The type of the connections whose extra is a connection document of any method.

Each method has a type of its own too, `watchword_METHOD`, whose form shows only the method's fields."""

HTTP_TYPES = ("http", "https", "generic")
"""The types of Airflow's own connections that are plain HTTP; they can be converted."""

AIRFLOW_KEYS = frozenset(
    {"conn_type", "description", "extra", "host", "login", "password", "port", "schema", "uri"}
)
"""The entries that Airflow's JSON of a connection may have; Airflow refuses JSON with any other entry."""

_EXTRA_KEY = "__extra__"
_MOST_SCHEMES = 2
_COLUMNS = {"host": "base_url", "login": "username", "password": "password"}
_TYPE = re.compile(r"(?!(?:.*\d){3})[a-z][a-z0-9_]{0,29}")


class StoredConnection(Protocol):
    """An Airflow connection, whether it comes from the Task SDK, the database or a text."""

    @property
    def conn_id(self) -> str:
        """The connection's id in Airflow."""

    @property
    def conn_type(self) -> str | None:
        """The connection's type in Airflow."""

    @property
    def host(self) -> str | None:
        """A host, or a whole base URL."""

    @property
    def schema(self) -> str | None:
        """The URL's scheme if the host has none."""

    @property
    def port(self) -> int | None:
        """The URL's port if the host has none."""

    @property
    def login(self) -> str | None:
        """The user's name."""

    @property
    def password(self) -> str | None:
        """The user's password."""

    @property
    def extra(self) -> str | None:
        """Everything else, as JSON text."""


@dataclass(frozen=True)
class AirflowConnection(NeverPickled):
    """An Airflow connection that was read from a text; its repr shows only name and type."""

    conn_id: str
    conn_type: str | None = None
    host: str | None = field(default=None, repr=False)
    schema: str | None = field(default=None, repr=False)
    port: int | None = field(default=None, repr=False)
    login: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    extra: str | None = field(default=None, repr=False)

    @property
    def type_in_words(self) -> str:
        """The type in words."""
        return type_in_words(self.conn_type)


def type_in_words(conn_type: str | None) -> str:
    """Return a type in words; an unusual type isn't shown, since it may be a misplaced secret."""
    if not conn_type:
        return "without a type"
    return f"of type {conn_type}" if _TYPE.fullmatch(conn_type) else "of an unusual type"


class _UnusableError(ValueError):
    """A text is not a connection; the message says why, without the content."""


def parse_connection(text: str, conn_id: str) -> AirflowConnection:
    """Return the connection that a text describes, in Airflow's JSON or as a URI, as Airflow 3.3 reads it.

    Whole numbers as host, schema, login or password become text. A URI's plain parameters stay text, as in
    tasks; Airflow's server reads each as JSON.

    Raises:
        DocumentError: Airflow couldn't read it either; the message shows none of its content.
    """
    text = text.strip()
    is_json = text.startswith("{")
    try:
        return _from_json(text, conn_id) if is_json else _from_uri(text, conn_id)
    except json.JSONDecodeError as error:
        problem = f"it is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except _UnusableError as error:
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError:
        problem = "it is not valid JSON" if is_json else "it is not a valid URI"
    # Raised outside of `except`: the errors above hold the text, and would be this one's context.
    message = f"The connection {conn_id!r} can't be read: {problem}."
    raise DocumentError([finding("document_unreadable", message, advice="Write it as Airflow does.")])


def _from_json(text: str, conn_id: str) -> AirflowConnection:
    entries = json.loads(text)
    if not entries.keys() <= AIRFLOW_KEYS:
        allowed = ", ".join(sorted(AIRFLOW_KEYS))
        raise _UnusableError(f"it has an entry that Airflow doesn't know; the entries are {allowed}")
    for name in ("extra", "conn_type", "port"):  # only here Airflow takes 0 and empty text for absent
        if name in entries and not entries[name]:
            del entries[name]
    if entries.get("uri") is not None:
        if len(entries) > 1:
            raise _UnusableError("it has other entries beside its uri")
        return _from_uri(_text(entries, "uri") or "", conn_id)
    extra, conn_type = entries.get("extra"), entries.get("conn_type")
    if not isinstance(conn_type, str | None):
        raise _UnusableError("its conn_type is not text")
    return AirflowConnection(
        conn_id,
        conn_type=_normalized(conn_type) if conn_type else None,
        host=_text(entries, "host"),
        schema=_text(entries, "schema"),
        port=_port(entries.get("port")),
        login=_text(entries, "login"),
        password=_text(entries, "password"),
        extra=extra if isinstance(extra, str | None) else json.dumps(extra),
    )


def _text(entries: Mapping[str, Any], name: str) -> str | None:
    value = entries.get(name)
    if type(value) is int:
        return str(value)  # a password of digits whose quotes were forgotten
    if not isinstance(value, str | None):
        raise _UnusableError(f"its {name} is not text")
    return value


def _port(value: Any) -> int | None:  # noqa: ANN401 - any JSON value
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError, OverflowError):
        raise _UnusableError("its port is not a whole number") from None


def _from_uri(uri: str, conn_id: str) -> AirflowConnection:
    """Read a URI step by step as Airflow does, which doesn't always follow RFC 3986."""
    nested = uri.count("://") == _MOST_SCHEMES
    if uri.count("://") > _MOST_SCHEMES:
        raise _UnusableError("its URI has more than two schemes")
    conn_type = urlsplit(uri).scheme
    rest = uri.replace(f"{conn_type}://", "" if nested else "//")
    if nested and re.search("[@:]", rest.split("://", 1)[0]):
        raise _UnusableError("its URI has something between its two schemes")
    parts = urlsplit(rest)
    host = _host(parts)
    return AirflowConnection(
        conn_id,
        conn_type=_normalized(conn_type),
        host=f"{parts.scheme}://{host}" if nested and host and parts.scheme else host,
        schema=unquote(parts.path[1:]),
        port=parts.port,
        login=_unquoted(parts.username),
        password=_unquoted(parts.password),
        extra=_extra_in(parts.query),
    )


def _host(parts: SplitResult) -> str:
    """Return the host; a percent-encoded URL keeps its upper case."""
    host = unquote(parts.hostname or "")
    return unquote(parts.netloc.rpartition("@")[2].partition(":")[0]) if "/" in host else host


def _unquoted(text: str | None) -> str | None:
    return text if text is None else unquote(text)


def _extra_in(query: str) -> str | None:
    if not query:
        return None
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    return parameters[_EXTRA_KEY] if _EXTRA_KEY in parameters else json.dumps(parameters)


def _normalized(conn_type: str) -> str:
    return "postgres" if conn_type == "postgresql" else conn_type.replace("-", "_")


def airflow_json(document: Mapping[str, Any]) -> str:
    """Return a connection document as Airflow's JSON of a connection; `document_of` does the reverse.

    Raises:
        DocumentError: the document has another schema version.
    """
    rest = dict(document)
    if rest.pop("schema_version", None) not in (None, SCHEMA_VERSION):
        message = f"The field schema_version has a wrong value: it should be {SCHEMA_VERSION}."
        raise DocumentError([finding("wrong_type", message)])
    columns: dict[str, str] = {"conn_type": CONN_TYPE}
    for column, name in _COLUMNS.items():
        value = rest.get(name)
        # Empty columns mean absent, and a host without a scheme would get one.
        if isinstance(value, str) and value and (column != "host" or "://" in value):
            columns[column] = rest.pop(name)
    return json.dumps({**columns, "extra": {"schema_version": SCHEMA_VERSION, **rest}})


def short_type(method: str) -> str:
    """Return the type of the connections of one method."""
    return f"{CONN_TYPE}_{method}"


def is_own_type(conn_type: str | None) -> bool:
    """Return whether connections of this type hold a connection document."""
    return conn_type == CONN_TYPE or method_of(conn_type) is not None


def method_of(conn_type: str | None) -> str | None:
    """Return the method that a type stands for, None for the type of all methods and any other type."""
    lead, _, method = (conn_type or "").partition("_")
    return method if lead == CONN_TYPE and method in METHODS else None


def document_of(stored: StoredConnection) -> dict[str, Any]:
    """Return the document that an Airflow connection holds.

    If the document names no method, the connection's type does.

    Raises:
        DocumentError: the connection is one of another type, its extra isn't a JSON object or doesn't begin
            with the schema version, or the extra contradicts host, login or password.
    """
    _check_type(stored)
    extra = extra_of(stored)
    _check_version(extra, stored.conn_id)
    columns = {"base_url": base_url_of(stored), "username": stored.login, "password": stored.password}
    filled = {name: value for name, value in columns.items() if value}
    if stored.login == "" and stored.password:  # some APIs take a key as the password without a user
        filled.setdefault("username", extra.get("username") or "")
    for name, value in filled.items():
        if extra.get(name) not in (None, "", value):
            message = f"{name} is given twice: the connection's own field and its extra differ."
            raise DocumentError([finding("given_twice", message, advice=f"Remove {name} from the extra.")])
    method = method_of(stored.conn_type)
    if method and not extra.get("method"):
        filled["method"] = method
    return {**extra, **filled}


def _check_type(stored: StoredConnection) -> None:
    """Name a connection of another type as such, unless it holds a document all the same."""
    if is_own_type(stored.conn_type) or not stored.conn_type or '"schema_version"' in (stored.extra or ""):
        return
    name = stored.conn_id
    message = f"The connection {name!r} is {type_in_words(stored.conn_type)}, which watchword can't use."
    advice = "Choose one whose type begins with HTTP API."
    if stored.conn_type in HTTP_TYPES:
        advice = (
            f"Convert it: airflow connections export FILE.json; watchword connections import {name} "
            "--from FILE.json. Or create one whose type begins with HTTP API."
        )
    raise DocumentError([finding("other_connection_type", message, advice=advice)])


def extra_of(stored: StoredConnection) -> dict[str, Any]:
    """Return the extra; Airflow's own reading would return nothing for what it can't read.

    Raises:
        DocumentError: the extra isn't a JSON object.
    """
    problem = "is not a JSON object"
    try:
        extra = json.loads(stored.extra or "{}")
        if isinstance(extra, dict):
            return extra
    except (ValueError, RecursionError) as error:
        where = (
            f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        )
        problem = f"is not valid JSON{where}"
    message = f"The extra of the connection {stored.conn_id!r} {problem}."
    raise DocumentError([finding("document_unreadable", message)])


def _check_version(extra: Mapping[str, Any], conn_id: str) -> None:
    version = extra.get("schema_version")
    # `True` and 1.0 equal 1, but only for a real integer does requests refuse the header.
    if type(version) is int and version == SCHEMA_VERSION and next(iter(extra)) == "schema_version":
        return
    where = f"The extra of the connection {conn_id!r}"
    message = f'{where} does not begin with "schema_version": 1.'
    if version == str(SCHEMA_VERSION):
        text = f'{where} has "schema_version" as text; only the number 1 protects the connection.'
        message = f"{text} Plain parameters of a URI are text: put the extra as JSON into __extra__."
    raise DocumentError([finding("schema_version_missing", message)])


def base_url_of(stored: StoredConnection) -> str | None:
    """Return the host as an absolute URL, with the connection's scheme, otherwise https, and its port.

    Raises:
        DocumentError: the host has a port, and the connection has a different one.
    """
    if not stored.host:
        return None
    url = stored.host if "://" in stored.host else f"{stored.schema or 'https'}://{stored.host}"
    if not stored.port:
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url  # lint says in better words that this is not a URL
    if port is None:
        return urlunsplit(parts._replace(netloc=f"{parts.netloc}:{stored.port}"))
    if port != stored.port:
        message = f"The base URL has the port {port}, but the connection's own field says {stored.port}."
        raise DocumentError([finding("given_twice", message)])
    return url
