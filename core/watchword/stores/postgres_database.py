"""PostgreSQL as a database of tokens: shared by the processes of many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache

from watchword import redact
from watchword.findings.codes import finding
from watchword.forks import no_fork
from watchword.stores.database import Connection, Result, Values
from watchword.stores.store_failures import failure, of_postgres
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError

try:
    from sqlalchemy import URL, Engine, TextClause, create_engine, make_url, text
    from sqlalchemy import Connection as SqlConnection
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


@lru_cache(maxsize=64)
def _compiled(statement: str) -> TextClause:
    return text(statement.replace("::", r"\:\:"))


class _Transaction:
    """A transaction of PostgreSQL."""

    def __init__(self, connection: SqlConnection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Values = {}, /) -> Result:  # noqa: B006 - read only
        """Execute a statement."""
        return self._connection.execute(_compiled(statement), values)

    def rollback(self) -> None:
        """Undo what the transaction has changed so far."""
        self._connection.rollback()


class PostgresDatabase:
    """A PostgreSQL database, reached through a small pool of connections."""

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
    def _engine(self) -> Engine:
        given = {name: value for name, value in _DEFAULTS.items() if name not in self._url.query}
        try:
            return create_engine(
                self._url,
                isolation_level="READ COMMITTED",
                pool_size=2,
                max_overflow=6,
                pool_timeout=15,
                pool_pre_ping=True,
                pool_recycle=1800,
                hide_parameters=True,
                connect_args={"prepare_threshold": None, **given},  # poolers lose prepared statements
            )
        except ImportError:
            why = "psycopg is not installed"
            advice = "Install it: pip install 'watchword[postgres]'."
            raise failure("store_unsuitable", self.display_url, why, advice=advice) from None

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
        try:
            with no_fork():
                engine = self._engine
            with engine.connect() as connection:
                transaction = _Transaction(connection)
                transaction.execute(_LIMITS)
                yield transaction
                connection.commit()
        except errors.TimeoutError:
            why = "all connections of this process are in use"
            raise failure("store_locked", self.display_url, why) from None
        except errors.DBAPIError as error:
            raise of_postgres(error.orig, self.display_url) from None

    def now(self, connection: Connection) -> StoreTime:
        """Return the server's time, which is the same for all machines."""
        [(now,)] = connection.execute(_NOW).fetchall()
        return StoreTime("", float(now), float(now))

    def own_keys(self, *, new: bool) -> tuple[str, str]:  # noqa: ARG002 - no file lies beside a server
        """Raise StoreError: the keys must be given."""
        message = f"WATCHWORD_KEY is not set, and the token store {self.display_url} has no key of its own."
        raise StoreError([finding("store_key_missing", message)])

    def close(self) -> None:
        """Close the pool's connections."""
        self._dispose(close=True)

    def begin_child(self) -> None:
        """Leave the connections to the parent, open."""
        self._dispose(close=False)

    def _dispose(self, *, close: bool) -> None:
        engine = self.__dict__.get("_engine")  # only if it was made
        if isinstance(engine, Engine):
            engine.dispose(close=close)
