"""PostgreSQL as a database of tokens: shared by processes of many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    create_engine,
    text,
)
from sqlalchemy import exc as errors
from sqlalchemy.dialects.postgresql import Insert, insert

from watchword import redact
from watchword.findings.codes import finding
from watchword.forks import no_fork
from watchword.stores.store_failures import failure, of_postgres
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError

_DEFAULTS = {
    "connect_timeout": "5",
    "keepalives": "1",  # a server that vanished without a word is noticed while an answer is awaited
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "watchword",
}
"""Options of libpq, in seconds and the last in milliseconds; the URL's own win."""

# For this transaction alone: a pooler in between hands connections on.
_LIMITS = text(
    "SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '15s', true),"
    " set_config('idle_in_transaction_session_timeout', '30s', true)"
)

_NOW = text("SELECT extract(epoch FROM clock_timestamp())::double precision")

_MAKING = text("SELECT pg_advisory_xact_lock(8602284733557600114)")
"""The lock's number: the first bytes of "watchword"."""

_PASSWORDS = ("password", "sslpassword")


class PostgresDatabase:
    """A PostgreSQL database, reached through a small pool of connections."""

    leaves_host = True
    is_made = True

    def __init__(self, url: URL) -> None:
        found = {name: value for name, value in url.query.items() if name in {"host", "port"}}
        bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, found)
        self.display_url = bare.render_as_string()
        hidden = [url.password, *(url.query.get(name) for name in _PASSWORDS)]
        redact.register(secret for secret in hidden if isinstance(secret, str) and secret)
        self._url = url.set(drivername="postgresql+psycopg")

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

    @contextmanager
    def preparing(self) -> Iterator[Connection]:
        """Open a transaction while no other process makes the tables."""
        with self.transaction() as connection:
            connection.execute(_MAKING)
            yield connection

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Connection]:  # noqa: ARG002 - rows are locked
        """Open a transaction, in which nothing waits for long."""
        try:
            with no_fork():
                engine = self._engine
            with engine.connect() as connection:
                connection.execute(_LIMITS)
                yield connection
                connection.commit()
        except errors.TimeoutError:
            raise failure(
                "store_locked", self.display_url, "all connections of this process are in use"
            ) from None
        except errors.DBAPIError as error:
            raise of_postgres(error.orig, self.display_url) from None

    def now(self, connection: Connection) -> StoreTime:
        """Return the server's time, which is the same for all machines."""
        now = float(connection.execute(_NOW).scalar_one())
        return StoreTime("", now, now)

    def insert(self, table: Table) -> Insert:
        """Return PostgreSQL's INSERT."""
        return insert(table)

    def own_keys(self, *, new: bool) -> tuple[str, str]:  # noqa: ARG002 - nothing lies beside a server
        """Raise that the keys must be given."""
        message = f"WATCHWORD_KEY is not set, and the token store {self.display_url} has no key of its own."
        raise StoreError([finding("store_key_missing", message)])

    def close(self) -> None:
        """Close the pool's connections."""
        self._dispose(close=True)

    def begin_child(self) -> None:
        """Leave the connections to the parent, open."""
        self._dispose(close=False)

    def _dispose(self, *, close: bool) -> None:
        engine = self.__dict__.get("_engine")  # if there is one yet
        if isinstance(engine, Engine):
            engine.dispose(close=close)
