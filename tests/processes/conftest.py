"""An API with its authorization server, and a real store of each kind."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.postgres import running_postgres
from watchword_playground import Playground, document

HERE = Path(__file__).parent
KEY = base64.urlsafe_b64encode(b"made-up key of thirty-two bytes!").decode()
METHODS = ["oauth2_client_credentials", "oauth2_authorization_code"]

Run = Callable[..., list[dict[str, int]]]


@pytest.fixture
def playground() -> Iterator[Playground]:
    with Playground() as running:
        yield running


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL database."""
    with running_postgres() as server:
        yield server.url(server.create())


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Give the environment of programs that share a store."""
    url = f"sqlite:///{tmp_path / 'tokens.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
    return {**os.environ, "WATCHWORD_HOME": str(tmp_path), "WATCHWORD_STORE": url, "WATCHWORD_KEY": KEY}


@pytest.fixture
def fields(playground: Playground) -> Callable[[str], dict[str, Any]]:
    """Give the function that returns a method's document. A sign-in's has a new refresh token to import."""

    def make(method: str) -> dict[str, Any]:
        fields = document(playground.url, method)
        if method == "oauth2_authorization_code":
            signed_in = requests.post(f"{playground.url}/_control/sign_in", json={}, timeout=60).json()
            fields["refresh_token"] = signed_in["refresh_token"]
        return fields

    return make


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    """Give the function that runs workers and returns the number of each outcome, by round."""

    def start(document: dict[str, Any], *, processes: int, threads: int, rounds: int) -> list[dict[str, int]]:
        plan = {
            "document": document,
            "name": f"acme-{os.urandom(4).hex()}",
            "processes": processes,
            "threads": threads,
            "rounds": rounds,
        }
        done = subprocess.run(
            [sys.executable, str(HERE / "workers.py")],
            input=json.dumps(plan),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return start
