"""Google Secret Manager as a local server, and backends that are made as Airflow makes them."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import airflow.sdk
import airflow.sdk.configuration
import pytest
from airflow.models.connection import Connection

from airflow_provider_watchword.secrets import GoogleSecretManagerBackend, log_once
from watchword_playground.secret_manager import SecretManagerServer

CLASSES = [Connection, airflow.sdk.Connection]

Make = Callable[..., GoogleSecretManagerBackend]


def _forget_backends() -> None:
    """Let Airflow make its backends anew; 3.2 keeps none."""
    getattr(airflow.sdk.configuration, "clear_secrets_backends_cache", lambda: None)()


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Start without logged failures and without backends."""
    log_once._logged_at.clear()
    _forget_backends()
    yield
    _forget_backends()


@pytest.fixture
def classes() -> list[type]:
    return CLASSES


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretManagerServer]:
    with SecretManagerServer() as running:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", running.address)
        yield running


@pytest.fixture
def project() -> str:
    return f"acme-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def put(server: SecretManagerServer, project: str) -> Callable[[str, bytes | str], int]:
    """Store a version of a secret in the test's project."""
    return lambda name, payload: server.put(project, name, payload)


@pytest.fixture
def make(server: SecretManagerServer, project: str) -> Make:
    """Make a backend for the test's project, with Airflow's class for connections on its server."""

    def made(conn_class: type = CLASSES[0], **arguments: Any) -> GoogleSecretManagerBackend:
        backend = GoogleSecretManagerBackend(**{"project_id": project, "deadline": 20, **arguments})
        backend._set_connection_class(conn_class)
        return backend

    return made


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return a function for the warnings and errors that backends have logged."""
    caplog.set_level(logging.DEBUG)

    def texts() -> list[str]:
        records = (each for each in caplog.records if each.name == log_once.logger.name)
        return [each.getMessage() for each in records if each.levelno >= logging.WARNING]

    return texts
