"""A Secret Manager on loopback for Google's own client."""

from __future__ import annotations

import pytest

from watchword.secrets.google import managers
from watchword_playground.secret_manager import SecretManagerServer

PROJECT = "acme-prod"


@pytest.fixture
def server(monkeypatch):
    """Start a Secret Manager that this process uses instead of Google's."""
    with SecretManagerServer() as running:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", running.address)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        monkeypatch.setattr(managers, "_managers", {})
        yield running
