"""Whether the entries of a file look like connections of Airflow's: many other files have names with values.

One entry that is surely a connection is enough. Otherwise each entry must be a possible one, and at least one
must say more than a plain URL does. A program's settings, such as `DATABASE_URL`, don't count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from watchword.connections.airflow_format import AIRFLOW_KEYS, CONN_TYPE

IDS = ("conn_id", "connection_id")

OF_LISTS = frozenset({"id", "is_encrypted", "is_extra_encrypted", "get_uri", "team_name", *IDS})
"""The entries that `airflow connections list` and Airflow's REST API add to a connection."""

PREFIX = "conn_"
"""The prefix of a connection's entries in `airflow_settings.yaml` of the Astro CLI."""

_KNOWN = frozenset(
    {*AIRFLOW_KEYS, *OF_LISTS, "extra_dejson", *(f"{PREFIX}{key}" for key in AIRFLOW_KEYS - {"conn_type"})}
)
_TELLING = ("host", "login", "password", "extra", "uri")

_URI = re.compile(r"([a-z][a-z0-9+.-]*)://(\S*)", re.IGNORECASE)
_TYPE = '"conn_type"'
_COLUMNS_IN_JSON = ('"host"', '"uri"')
_AIRFLOWS_OWN = re.compile(r"(?i)^[^/?]*(?:://|%3a%2f%2f|/https?(?:\?|\Z))|[?&]__extra__=")
"""What only Airflow writes behind a URI's type: a second scheme, also as the path, or its extra."""

_OF_PROGRAMS = re.compile(
    r"[A-Z][A-Z0-9_]*|(?:.*[_.-])?(?i:dsn|endpoint|proxy|ur[il])|.*[a-z](?:Dsn|Endpoint|Proxy|Ur[il]|UR[IL])"
)
"""Names of settings that hold the URL of something else; Airflow's own variables have a prefix."""


class Likeness(IntEnum):
    """How much an entry looks like a connection."""

    NONE = 0
    URL = 1
    LIKELY = 2
    SURE = 3


def are_connections(entries: Iterable[tuple[str, object]]) -> bool:
    """Return whether entries, as names and values, are connections as Airflow exports them."""
    found = [_likeness(name, value) for name, value in entries]
    return bool(found) and (
        Likeness.SURE in found or (Likeness.NONE not in found and Likeness.LIKELY in found)
    )


def is_connection(content: Mapping[object, object]) -> bool:
    """Return whether a structure is one connection with the entries of Airflow's JSON."""
    return _of_columns(content) > Likeness.NONE


def is_page(text: str) -> bool:
    """Return whether a text is the URL of a page or a call: as Airflow's URI, it would lose its path."""
    path = text.partition("://")[2].partition("/")[2].strip("/")
    return bool(path) and _of_uri(text) is Likeness.URL


def _likeness(name: str, value: object) -> Likeness:
    values = value if isinstance(value, list) else [value]
    found = max((_of_value(each) for each in values), default=Likeness.NONE)
    return found if found is Likeness.SURE or not _OF_PROGRAMS.fullmatch(name) else Likeness.NONE


def _of_value(value: object) -> Likeness:
    if isinstance(value, dict):
        return _of_columns(value)
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith("{"):
        has_column = any(column in text for column in _COLUMNS_IN_JSON)
        return Likeness.SURE if _TYPE in text else Likeness.LIKELY if has_column else Likeness.NONE
    return _of_uri(text)


def _of_columns(content: Mapping[object, object]) -> Likeness:
    if isinstance(content.get("conn_type"), str):
        return Likeness.SURE
    is_possible = content.keys() <= _KNOWN and any(
        isinstance(content.get(name), str) for key in _TELLING for name in (key, f"{PREFIX}{key}")
    )
    return Likeness.LIKELY if is_possible else Likeness.NONE


def _of_uri(text: str) -> Likeness:
    uri = _URI.match(text)
    if uri is None:
        return Likeness.NONE
    scheme, rest = uri[1].lower(), uri[2]
    if scheme.startswith(CONN_TYPE) or scheme == "generic" or _AIRFLOWS_OWN.search(rest):
        return Likeness.SURE
    has_user = "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]
    return Likeness.LIKELY if has_user or scheme not in {"http", "https"} else Likeness.URL
