"""Which database a URL means."""

from __future__ import annotations

from watchword.stores.database import Database
from watchword.stores.store_failures import failure

_POSTGRES = frozenset({"postgresql", "postgresql+psycopg"})


def database(url: str) -> Database:
    """Return the database of a URL; no I/O. Raises StoreError if the URL is malformed or of another kind."""
    kind, separator, rest = url.partition("://")
    known = kind if kind.replace("+", "").isalnum() else "of an unknown kind"
    if not separator:
        raise failure("store_unsuitable", known, "its URL can't be read")
    if kind == "sqlite":
        from watchword.stores.sqlite_database import SqliteDatabase  # noqa: PLC0415 - one kind is in use

        return SqliteDatabase(rest)
    if kind in _POSTGRES:
        from watchword.stores.postgres_database import PostgresDatabase  # noqa: PLC0415 - one kind is in use

        return PostgresDatabase.of(url)
    raise failure("store_unsuitable", known, "watchword has no store of this kind")
