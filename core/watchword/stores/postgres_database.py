"""PostgreSQL as a database of tokens: shared by the processes of many machines."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from watchword import redact
from watchword.findings.codes import finding
from watchword.stores.database import Connection, Result, Values
from watchword.stores.store_failures import failure
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError

if TYPE_CHECKING:
    import psycopg

try:
    from sqlalchemy import URL, make_url
    from sqlalchemy import exc as errors
except ModuleNotFoundError:
    raise failure(
        "store_unsuitable",
        "postgresql",
        "SQLAlchemy is not installed",
        advice="Install it: pip install 'watchword[postgres]'.",
    ) from None

_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives": "1",  # notice a server that vanished while its answer is awaited
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "watchword",
}
"""Options of libpq, in seconds and the last in milliseconds; the URL's own take precedence."""

# For this transaction alone: a connection pooler in between passes connections on to other clients.
_LIMITS = (
    "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '15s', true),"
    " set_config('idle_in_transaction_session_timeout', '30s', true)"
)

_NOW = "SELECT extract(epoch FROM clock_timestamp())::double precision"

# A query sees what was committed while it waited for the lock; to_regclass may answer from a cache.
_TABLE = "SELECT 1 FROM pg_catalog.pg_class WHERE relname = :name AND pg_catalog.pg_table_is_visible(oid)"

_CREATING = "SELECT pg_advisory_xact_lock(8602284733557600114)"
"""The lock's number: the first bytes of "watchword"."""

_PASSWORDS = ("password", "sslpassword")


_PARAMETER = re.compile(r"(?<!:):(\w+)")

_CONNECTIONS = 8
"""How many connections a process has at most."""

_LONGEST_CONNECT = 15
"""The largest `connect_timeout` of a URL that counts, in seconds."""


@lru_cache(maxsize=64)
def _compiled(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


class _Transaction:
    """A transaction of PostgreSQL."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values = {}, /) -> Result:  # noqa: B006 - read only
        """Execute a statement."""
        return self._connection.execute(_compiled(statement).encode(), values)

    def rollback(self) -> None:
        """Undo what the transaction has changed so far."""
        self._connection.rollback()


class PostgresDatabase:
    """A PostgreSQL database. Each transaction has a connection of its own, which is closed at its end.

    A process whose tokens are fresh has no connection, so that many processes can share a small server.
    """

    leaves_host = True
    is_made = True
    is_safe = True
    blob = "BYTEA"
    for_update = " FOR UPDATE"

    def __init__(self, url: URL) -> None:
        public = {name: value for name, value in url.query.items() if name in {"host", "port"}}
        bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, public)
        self.display_url = bare.render_as_string()
        hidden = [url.password, *(url.query.get(name) for name in _PASSWORDS)]
        redact.register(secret for secret in hidden if isinstance(secret, str) and secret)
        self._url = url.set(drivername="postgresql+psycopg")
        self._slots = BoundedSemaphore(_CONNECTIONS)

    @classmethod
    def of(cls, url: str) -> PostgresDatabase:
        """Return the database of a URL; no I/O. Raises StoreError where the URL can't be read."""
        kind = url.partition("://")[0]
        try:
            parsed = make_url(url)
        except (errors.ArgumentError, ValueError):
            raise failure("store_unsuitable", kind, "its URL can't be read") from None
        if "@" in f"{parsed.host}{parsed.database}":  # part of a password, which must not be shown
            why = "write @, / and : in user and password as %40, %2F and %3A"
            raise failure("store_unsuitable", kind, why)
        return cls(parsed)

    @cached_property
    def _arguments(self) -> dict[str, Any]:
        """What psycopg connects with; raises StoreError if it is not installed."""
        dialect = self._url.get_dialect()
        try:
            dialect.import_dbapi()
        except ImportError:
            why = "psycopg is not installed"
            advice = "Install it: pip install 'watchword[postgres]'."
            raise failure("store_unsuitable", self.display_url, why, advice=advice) from None
        _, given = dialect().create_connect_args(self._url)
        arguments = {**_DEFAULTS, **given, "prepare_threshold": None}  # poolers lose prepared statements
        return {**arguments, "connect_timeout": _limited(str(arguments["connect_timeout"]))}

    def is_prepared(self, connection: Connection) -> bool:  # noqa: ARG002 - SQLite has a mode, a server has none
        """Return true: a server has no mode that must be set first."""
        return True

    def has_table(self, connection: Connection, name: str) -> bool:
        """Return whether there is a table of that name on the search path."""
        return bool(connection.execute(_TABLE, {"name": name}).fetchall())

    @contextmanager
    def preparing(self) -> Iterator[Connection]:
        """Open a transaction in which no other process creates the tables."""
        with self.transaction() as connection:
            connection.execute(_CREATING)
            yield connection

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Connection]:  # noqa: ARG002 - rows are locked
        """Open a transaction in which every wait is limited."""
        arguments = self._arguments
        from watchword.stores import postgres_connection  # noqa: PLC0415 - psycopg may be missing

        with postgres_connection.transaction(arguments, self._slots, self.display_url) as connection:
            transaction = _Transaction(connection)
            transaction.execute(_LIMITS)
            yield transaction

    def now(self, connection: Connection) -> StoreTime:
        """Return the server's time, which is the same for all machines, and this machine's wall clock."""
        [(now,)] = connection.execute(_NOW).fetchall()
        return StoreTime("", float(now), time.time())

    def own_keys(self, *, new: bool) -> tuple[str, str]:  # noqa: ARG002 - no file lies beside a server
        """Raise StoreError: the keys must be given."""
        message = f"WATCHWORD_KEY is not set, and the token store {self.display_url} has no key of its own."
        raise StoreError([finding("store_key_missing", message)])

    def close(self) -> None:
        """Do nothing: no connection outlives its transaction."""

    def begin_child(self) -> None:
        """Leave the connections in use to the parent, open."""
        self._slots = BoundedSemaphore(_CONNECTIONS)


def _limited(connect_timeout: str) -> str:
    """Return the seconds that one attempt to connect may take: those of the URL, within limits."""
    seconds = connect_timeout.strip()
    is_limited = seconds.isascii() and seconds.isdecimal() and 0 < int(seconds) <= _LONGEST_CONNECT
    return seconds if is_limited else str(_LONGEST_CONNECT)
