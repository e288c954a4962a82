"""The redis server of a fleet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.ports import free_port
from tests.support.programs import Program, end, wait_until

REDIS = shutil.which("redis-server")


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run redis in memory only, and return its URL."""
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    program = Program("redis", [str(REDIS), *options, "--dir", str(folder)], {}, folder)
    try:
        wait_until(lambda: _responds(port), [program], 20, "redis responded")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        end([program])


def _responds(port: int) -> bool:
    client = redis.Redis(port=port)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()
