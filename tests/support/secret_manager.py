"""A Secret Manager on loopback, which Google's own client speaks to."""

from __future__ import annotations

import pytest

from watchword.secrets import sources
from watchword_playground.secret_manager import SecretManagerServer

PROJECT = "acme-prod"


@pytest.fixture
def server(monkeypatch):
    """A Secret Manager that everything in this process finds in the place of Google's."""
    with SecretManagerServer() as running:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", running.address)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        monkeypatch.setattr(sources, "_opened", {})
        yield running
