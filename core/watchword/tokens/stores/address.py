"""Which database a URL means."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from watchword.tokens.stores.database import Database
from watchword.tokens.stores.failures import failure
from watchword.tokens.stores.postgres import PostgresDatabase
from watchword.tokens.stores.sqlite import SqliteDatabase

_POSTGRES = frozenset({"postgresql", "postgresql+psycopg"})


def database(url: str) -> Database:
    """Return the database of a URL; no I/O. Raises StoreError where there is none for it."""
    kind = url.partition("://")[0]
    kind = kind if kind.replace("+", "").isalnum() else "of an unknown kind"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise failure("store_unsuitable", kind, "its URL can't be read") from None
    if parsed.drivername == "sqlite" and _is_path(parsed):
        return SqliteDatabase(parsed)
    if parsed.drivername in _POSTGRES:
        return PostgresDatabase(parsed)
    raise failure("store_unsuitable", parsed.drivername, "there is no store of this kind")


def _is_path(url: URL) -> bool:
    return not (url.host or url.username or url.password or url.port)
