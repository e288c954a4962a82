"""Many processes share an expired token through a small PostgreSQL: one token request, no failed call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.processes.conftest import HERE, KEY
from tests.support.nightly import usually
from tests.support.postgres import running_postgres

CROWD = usually(60, 300)
"""How many processes. Each is a fork of one, with little memory of its own."""

CONNECTIONS = 50
"""What the server admits, for all databases; three of them are reserved for superusers."""


@pytest.fixture(scope="module")
def small_server():
    """Give a server with few connections, and a role without special rights."""
    with running_postgres() as server:
        server.execute("CREATE ROLE worker LOGIN")
        with server.restarted(max_connections=CONNECTIONS):
            yield server


@pytest.fixture
def database(small_server):
    name = small_server.create()
    small_server.execute(f"ALTER DATABASE {name} OWNER TO worker")
    return name


@contextmanager
def crowd(url, home, document, processes, *, late=0):
    """Run the processes and give what came of their calls; then they live on without a call."""
    clock = home / "clock"
    clock.touch()
    environment = {
        **os.environ,
        "WATCHWORD_HOME": str(home),
        "WATCHWORD_STORE": url,
        "WATCHWORD_KEY": KEY,
        "PYTHONPATH": str(HERE.parent.parent),
    }
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    plan = {"document": document, "name": "acme", "processes": processes, "clock": str(clock), "late": late}
    with subprocess.Popen(
        [sys.executable, str(Path(HERE, "crowd.py"))], env=environment, text=True, **pipes
    ) as program:
        program.stdin.write(f"{json.dumps(plan)}\n")
        program.stdin.flush()
        yield json.loads(program.stdout.readline())
        program.stdin.close()
    assert program.returncode == 0


@pytest.mark.parametrize("method", ["oauth2_client_credentials", "oauth2_authorization_code"])
def test_a_crowd_needs_few_connections(playground, fields, small_server, database, tmp_path, method):
    """All processes get the one new token, although there are more of them than connections."""
    settings = {"delay": 0.5}
    requests.post(f"{playground.url}/_control/oauth", json=settings, timeout=60).raise_for_status()
    before = playground.token_requests
    with crowd(small_server.url(database, user="worker"), tmp_path, fields(method), CROWD) as outcomes:
        assert outcomes == {"200": CROWD}
        assert playground.token_requests - before == 2  # the first token, and its successor
        assert small_server.connections(database) == 0  # while all processes live
    counts = requests.get(f"{playground.url}/_control/counts", timeout=60).json()
    assert counts["families_revoked"] == 0


@pytest.mark.parametrize("seconds", [3600, -3600], ids=["forward", "back"])
def test_a_clock_that_is_set_during_a_refresh_causes_no_second_one(
    playground, fields, small_server, database, tmp_path, seconds
):
    """The server's clock is set by an hour while a process refreshes: seven others wait for it.

    Four of them come after the clock was set.
    """
    requests.post(f"{playground.url}/_control/oauth", json={"delay": 1.5}, timeout=60).raise_for_status()
    before = playground.token_requests

    def set_clock():
        while playground.token_requests < before + 2:  # the first token, and its successor
            time.sleep(0.01)
        (tmp_path / "clock").write_text(str(seconds))

    thread = threading.Thread(target=set_clock)
    thread.start()
    url = small_server.url(database, user="worker")
    with crowd(url, tmp_path, fields("oauth2_authorization_code"), 8, late=4) as outcomes:
        thread.join()
        assert outcomes == {"200": 8}
        assert playground.token_requests - before == 2
    counts = requests.get(f"{playground.url}/_control/counts", timeout=60).json()
    assert counts["families_revoked"] == 0
