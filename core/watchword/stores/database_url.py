"""Which database a URL means."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from watchword.stores.database import Database
from watchword.stores.postgres_database import PostgresDatabase
from watchword.stores.sqlite_database import SqliteDatabase
from watchword.stores.store_failures import failure

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
        if "@" in f"{parsed.host}{parsed.database}":  # a part of a password, which must not be shown
            why = "write @, / and : in user and password as %40, %2F and %3A"
            raise failure("store_unsuitable", parsed.drivername, why)
        return PostgresDatabase(parsed)
    why = "an absolute path has four slashes" if parsed.drivername == "sqlite" else "there is no such kind"
    raise failure("store_unsuitable", parsed.drivername, why)


def _is_path(url: URL) -> bool:
    return not (url.host or url.username or url.password or url.port)
