"""SQLite as a database of tokens: one file on this machine, shared by its processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from watchword.findings.codes import finding
from watchword.forks import no_fork
from watchword.stores import private_files
from watchword.stores.database import Connection
from watchword.stores.encryption import new_key
from watchword.stores.machine_clock import machine_time
from watchword.stores.store_failures import failure, of_file, of_sqlite
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError

_BUSY = 15.0
"""How long a transaction waits for others, in seconds: SQLite serves whom it likes, not who came first."""

_CREATING = 15.0
"""How long a process waits for others that create or prepare the file, in seconds."""

_BESIDE = ("-wal", "-shm")
"""What SQLite appends to the file's name for the files that belong to its write-ahead log."""


_LOCK = ".lock"
"""What is appended for the file that keeps other processes away while the database is created."""


class SqliteDatabase:
    """A SQLite file, opened for each transaction, so that nothing is open while a process forks.

    `address` is the text after `sqlite://`: a slash and an absolute path. Raises StoreError for any other.
    """

    leaves_host = False
    blob = "BLOB"
    for_update = ""  # a write transaction excludes all others from its beginning

    def __init__(self, address: str) -> None:
        path = address.removeprefix("/").partition("?")[0]
        self.display_url = f"sqlite:///{path}" if address.startswith("/") else "sqlite"
        if not address.startswith("/") or "?" in address or not Path(path).is_absolute():
            why = "an absolute path without options is needed, as in sqlite:////var/lib/watchword/tokens.db"
            raise failure("store_unsuitable", self.display_url, why)
        self._given = Path(path)

    @cached_property
    def _path(self) -> Path:
        """The file behind any links, so that all its names share one lock and one key."""
        try:
            return self._given.resolve()
        except (OSError, RuntimeError):  # links that form a ring
            raise failure("store_unsuitable", self.display_url, "its path is a ring of links") from None

    @cached_property
    def _address(self) -> str:
        """The URI that SQLite opens. The file must exist: an empty one would be a store without sign-ins."""
        return f"file:{quote(str(self._path))}?mode=rw"

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._address, uri=True, timeout=_BUSY, isolation_level=None)
        connection.text_factory = _text
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: through the disk's own cache
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def is_made(self) -> bool:
        """Whether its file exists; raises StoreError where this process may not look."""
        try:
            return self._path.exists()
        except OSError as error:
            raise of_file(error, self.display_url) from None

    @property
    def is_safe(self) -> bool:
        """Whether its file has content, and nobody else can read or replace the files.

        The first content is written by the switch to a write-ahead log in `preparing`. A file that is still
        empty is left alone: a reader could disturb that switch. Raises StoreError as `preparing` does.
        """
        try:
            if self._path.stat().st_size == 0:
                return False
            self._check_place()
            self._secure()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise of_file(error, self.display_url) from None
        return True

    def is_prepared(self, connection: Connection) -> bool:
        """Return whether it has a write-ahead log; a copy that a tool has made may have none."""
        return connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]

    def has_table(self, connection: Connection, name: str) -> bool:
        """Return whether there is a table of that name."""
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"
        return bool(connection.execute(query, {"name": name}).fetchall())

    @contextmanager
    def preparing(self) -> Iterator[Connection]:
        """Open a transaction while other processes keep away from the file, which is created if missing."""
        with no_fork(), self._alone():
            self._create()
            with self.transaction() as connection:
                yield connection

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Connection]:
        """Open a transaction; one that first reads and then writes must begin as a write."""
        begin = "BEGIN IMMEDIATE" if write else "BEGIN"
        try:
            with no_fork(), closing(self._connect()) as connection:
                connection.execute(begin)
                yield connection
                connection.commit()
        except sqlite3.Error as error:
            raise of_sqlite(error, self.display_url, self._path) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - only until the store is complete

        lock = FileLock(self._beside(_LOCK), timeout=_CREATING, mode=private_files.PRIVATE)
        try:
            self._check_place()
            private_files.create_folder(self._path.parent)
            self._check_place()  # a folder that was missing may have been created by another user first
            private_files.create(self._beside(_LOCK))
            private_files.secure(self._beside(_LOCK), self.display_url)
            lock.acquire()
        except Timeout:
            raise failure("store_locked", self.display_url) from None
        except (NotImplementedError, OSError) as error:
            raise of_file(error if isinstance(error, OSError) else OSError(), self.display_url) from None
        try:
            yield
        finally:
            lock.release()

    def _check_place(self) -> None:
        kind = private_files.network_filesystem(self._path)
        if kind:
            raise failure("store_on_network_disk", self.display_url, f"its folder is on {kind}")
        private_files.check_place(self._given, self.display_url)

    def _secure(self) -> None:
        private_files.secure(self._path, self.display_url)
        for suffix in _BESIDE:
            with suppress(FileNotFoundError):
                private_files.secure(self._beside(suffix), self.display_url)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(f"{self._path.name}{suffix}")

    def _create(self) -> None:
        try:
            private_files.create(self._path)
            self._secure()
            with closing(self._connect()) as connection:
                mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        except OSError as error:
            raise of_file(error, self.display_url) from None
        except sqlite3.Error as error:
            raise of_sqlite(error, self.display_url, self._path) from None
        if mode != "wal":
            why = "its filesystem has no shared memory for a write-ahead log"
            raise failure("store_on_network_disk", self.display_url, why)

    def now(self, connection: Connection) -> StoreTime:  # noqa: ARG002 - other databases ask their server
        """Return the machine's time."""
        return machine_time()

    def own_keys(self, *, new: bool) -> tuple[str, str]:
        """Return the keys in the file beside the database, which is written for a new one."""
        path = self._beside(".key")
        try:
            if new and not path.exists():
                private_files.write_once(path, f"{new_key()}\n")
            return private_files.read_private(path, self.display_url).strip(), str(path)
        except FileNotFoundError:
            message = (
                f"The token store {self.display_url} was written with a key, but WATCHWORD_KEY is not set "
                f"and the file {path} does not exist."
            )
            raise StoreError([finding("store_key_missing", message)]) from None
        except OSError as error:
            raise of_file(error, self.display_url) from None

    def close(self) -> None:
        """Do nothing: no connection outlives its transaction."""

    def begin_child(self) -> None:
        """Do nothing: no connection outlives its transaction."""


def _text(content: bytes) -> str | bytes:
    """Return the text of a column; other bytes stay as they are, and every reader refuses them."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content
