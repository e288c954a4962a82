"""SQLite as a database of tokens: one file of this machine, shared by its processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, NullPool, Table, create_engine
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import DBAPIError

from watchword.findings.codes import finding
from watchword.forks import no_fork
from watchword.stores import private_files
from watchword.stores.encryption import new_key
from watchword.stores.machine_clock import machine_moment
from watchword.stores.store_failures import failure, of_file, of_sqlite
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError

_BUSY = 5.0
"""How long a transaction waits for another process's, in seconds."""

_MAKING = 15.0
"""How long a process waits for others that make the file or look whether it is made, in seconds."""


class SqliteDatabase:
    """A SQLite file, opened for each transaction, so that nothing is open while a process forks."""

    leaves_host = False

    def __init__(self, url: URL) -> None:
        self.display_url = f"sqlite:///{url.database or ''}"
        if url.query or not url.database or not Path(url.database).is_absolute():
            why = "a file's absolute path is wanted, as in sqlite:////var/lib/watchword/tokens.db"
            raise failure("store_unsuitable", self.display_url, why)
        self._given = Path(url.database)

    @cached_property
    def _path(self) -> Path:
        """The file behind any links, so that all names of it share one lock and one key."""
        try:
            return self._given.resolve()
        except (OSError, RuntimeError):  # links in a ring
            raise failure("store_unsuitable", self.display_url, "its path is a ring of links") from None

    @cached_property
    def _engine(self) -> Engine:
        return create_engine("sqlite://", creator=self._connect, poolclass=NullPool)

    def _connect(self) -> sqlite3.Connection:
        # It must be there: an empty file in its stead would be a store without sign-ins.
        address = f"file:{quote(str(self._path))}?mode=rw"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def is_made(self) -> bool:
        """Whether its file is there; raises StoreError where nobody lets us look."""
        try:
            return self._path.exists()
        except OSError as error:
            raise of_file(error, self.display_url) from None

    @contextmanager
    def preparing(self) -> Iterator[Connection]:
        """Open a transaction while no other process makes the file, which is made if need be."""
        with no_fork(), self._alone():
            self._make()
            with self._connected("BEGIN IMMEDIATE") as connection:
                yield connection

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Connection]:
        """Open a transaction; what is read first and written then must begin as a write."""
        with no_fork(), self._connected("BEGIN IMMEDIATE" if write else "BEGIN") as connection:
            yield connection

    @contextmanager
    def _alone(self) -> Iterator[None]:
        kind = private_files.network_filesystem(self._path)
        if kind:
            raise failure("store_on_network_disk", self.display_url, f"its folder is on {kind}")
        lock = FileLock(f"{self._path}.lock", timeout=_MAKING, mode=private_files.PRIVATE)
        try:
            private_files.create_folder(self._path.parent)
            private_files.check_folder(self._path.parent, self.display_url)
            lock.acquire()
        except Timeout:
            raise failure("store_locked", self.display_url) from None
        except (NotImplementedError, OSError) as error:
            raise of_file(error if isinstance(error, OSError) else OSError(), self.display_url) from None
        try:
            yield
        finally:
            lock.release()

    def _make(self) -> None:
        try:
            private_files.create(self._path)
            private_files.secure(self._path, self.display_url)
            for beside in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    private_files.secure(self._path.with_name(self._path.name + beside), self.display_url)
            with closing(self._connect()) as connection:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except OSError as error:
            raise of_file(error, self.display_url) from None
        except sqlite3.Error as error:
            raise of_sqlite(error, self.display_url, self._path) from None
        if mode != "wal":
            why = "its filesystem has no shared memory for a write-ahead log"
            raise failure("store_on_network_disk", self.display_url, why)

    @contextmanager
    def _connected(self, begin: str) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(begin)
                yield connection
                connection.commit()
        except DBAPIError as error:
            raise of_sqlite(error.orig, self.display_url, self._path) from None
        except sqlite3.Error as error:
            raise of_sqlite(error, self.display_url, self._path) from None

    def now(self, connection: Connection) -> StoreTime:  # noqa: ARG002 - another database's clock is its own
        """Return the machine's time."""
        return machine_moment()

    def insert(self, table: Table) -> Insert:
        """Return SQLite's INSERT."""
        return insert(table)

    def own_keys(self, *, new: bool) -> tuple[str, str]:
        """Return the keys in the file beside the database, which is written for a new one."""
        path = self._path.with_name(f"{self._path.name}.key")
        try:
            if new and not path.exists():
                private_files.write_once(path, f"{new_key()}\n")
            return private_files.read_private(path, self.display_url).strip(), str(path)
        except FileNotFoundError:
            message = f"The token store {self.display_url} was written with a key, but WATCHWORD_KEY is not set and "
            raise StoreError([finding("store_key_missing", f"{message}there is no {path}.")]) from None
        except OSError as error:
            raise of_file(error, self.display_url) from None

    def close(self) -> None:
        """Close nothing: no connection outlives its transaction."""

    def begin_child(self) -> None:
        """Leave nothing: no connection outlives its transaction."""
