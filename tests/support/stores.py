"""Fixtures of tests that need token stores: stores of each kind, and processes that use them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgres import Postgres, running_postgres
from watchword.stores.encryption import new_key
from watchword.stores.sql_store import SqlStore

WORKER = Path(__file__).with_name("store_worker.py")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a running server."""
    with running_postgres() as server:
        yield server


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
