"""A process that ends in the middle of a renewal saves what the server answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support import ended_process
from tests.support.nightly import rest_nightly
from watchword_playground import Playground

METHOD = "oauth2_authorization_code"
DELAY = 1.0
"""How long the token endpoint takes, in seconds: longer than two signals of a process that ends."""

COMBINED = {"Airflow: sys.exit", "Airflow: time limit", "multiprocessing: SIGTERM that exits"}
"""Ways that a usual run leaves out: it tries both halves of each in other ways."""


@pytest.fixture
def playground():
    """Give a server that ends a sign-in when a refresh token comes twice."""
    with Playground() as running:
        running.oauth_settings.delay = DELAY
        yield running


@pytest.fixture
def run(playground, tmp_path, monkeypatch):
    """Give the function that runs the program with one document and store, and returns what it printed."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'tokens.db'}")
    document = json.dumps(playground.document(METHOD))

    def start(way: str) -> str:
        done = subprocess.run(
            [sys.executable, ended_process.__file__, way],
            input=document,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.stdout.strip()

    return start


@pytest.mark.timeout(120)
@pytest.mark.parametrize("way", rest_nightly(ended_process.ENDS, set(ended_process.ENDS) - COMBINED))
def test_what_the_server_answers_is_saved_before_the_process_has_ended(run, playground, way):
    """The next process uses the token: no refresh token is sent twice, and the sign-in goes on."""
    run(way)
    requests = playground.token_requests
    assert requests == (2 if "after a renewal" in way else 1)
    assert run("goes on") == "200"
    assert playground.token_requests == requests
    assert playground.families_revoked == 0
