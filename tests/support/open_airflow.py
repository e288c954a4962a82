"""An api-server that lets everybody in as administrator, with the database of the provider's tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.ports import free_port
from tests.support.programs import Program, end, wait_until

DAGS = Path(__file__).parents[1] / "provider" / "dags"


@dataclass(frozen=True)
class Server:
    """A running api-server: its URL, a signed-in session, and its settings."""

    url: str
    api: requests.Session
    environment: dict[str, str]

    @property
    def token(self) -> str:
        """The token of the session, which is the administrator's."""
        return str(self.api.headers["Authorization"]).removeprefix("Bearer ")


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """Run an api-server with the settings of this process and the database in a home."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__FERNET_KEY": "bWFkZS11cC1mZXJuZXQta2V5LWZvci10ZXN0cy0wMDA=",
        "AIRFLOW__API__SECRET_KEY": "made-up-signing-key-for-the-tests-of-the-api-server",
        "AIRFLOW__API_AUTH__JWT_SECRET": "made-up-jwt-secret-for-the-tests-of-the-api-server-which-is-long",
    }
    command = [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port)]
    program = Program("api-server", command, environment, home)
    try:
        wait_until(lambda: _responds(url), [program], 120, "the api-server responded")
        with requests.Session() as api:
            token = api.get(f"{url}/auth/token", timeout=60).json()["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            yield Server(url, api, environment)
    finally:
        end([program])


def _responds(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v2/version", timeout=60).ok
    except requests.ConnectionError:
        return False
