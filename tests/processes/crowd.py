"""A program of many light processes, forked from one, that call an API at once with an expired token.

It reads a plan as JSON from standard input, and writes the outcomes. The processes live on, idle, until its
standard input ends. `clock` is a file that says by how many seconds the server's clock was set; the `late`
among the processes call when it says something.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

import watchword
from tests.processes.workers import expire
from watchword.errors import WatchwordError
from watchword.stores.postgres_database import PostgresDatabase


def set_clock(path: Path) -> None:
    """Have the clock of PostgreSQL be wrong by what a file says."""
    original = PostgresDatabase.now

    def now(self: PostgresDatabase, connection: Any) -> Any:
        right = original(self, connection)
        return replace(right, tick=right.tick + float(path.read_text() or 0))

    PostgresDatabase.now = now


def outcome(connection: watchword.Connection) -> str:
    """Call the API, as a process does that holds no token."""
    connection.credential.token_cache.forget()
    try:
        with connection.session() as api:
            return str(api.get("/v1/me").status_code)
    except (WatchwordError, requests.RequestException) as error:
        return str(error)


def main() -> None:
    plan = json.loads(sys.stdin.readline())
    connection = watchword.load(plan["document"], plan["name"])
    connection.credential.token_cache.get()
    expire(connection)
    gc.freeze()  # the children share the memory of what is there
    start, starting = os.pipe()
    results, said = os.pipe()
    stop, stopping = os.pipe()
    clock = Path(plan["clock"])
    set_clock(clock)
    for number in range(plan["processes"]):
        if os.fork() == 0:
            for parents in (starting, results, stopping):
                os.close(parents)
            os.read(start, 1)
            while number < plan["late"] and not clock.read_text():
                time.sleep(0.01)
            os.write(said, f"{json.dumps(outcome(connection))}\n".encode())
            os.read(stop, 1)
            os._exit(0)
    os.close(said)
    os.close(starting)  # all of them go
    with os.fdopen(results) as lines:
        outcomes = Counter(json.loads(lines.readline()) for _ in range(plan["processes"]))
    sys.stdout.write(f"{json.dumps(outcomes)}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os.close(stopping)
    for _ in range(plan["processes"]):
        os.wait()


if __name__ == "__main__":
    main()
