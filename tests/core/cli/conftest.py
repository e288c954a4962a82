"""The vault in a file, a Secret Manager on loopback, and commands whose output is searched for secrets."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from watchword.cli.app import app
from watchword.secrets.google import managers
from watchword.secrets.vault import open_vault
from watchword_playground.secret_manager import SecretManagerServer

SECRET = "s3cret-canary-Zq81"
PROJECT = "acme-prod"


@pytest.fixture
def vault(monkeypatch, tmp_path):
    """Give the vault that commands use by default, stored in a file."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path}/tokens.db")
    for name in ("WATCHWORD_SECRETS", "WATCHWORD_ALLOWED_REFERENCES", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(managers, "_managers", {})
    return open_vault()


@pytest.fixture
def manager(monkeypatch, vault):
    """Give a Secret Manager that commands use instead of Google's."""
    with SecretManagerServer() as running:
        monkeypatch.setenv("SECRET_MANAGER_EMULATOR_HOST", running.address)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)
        yield running


@pytest.fixture
def command(vault):
    """Give a function that runs a command in this process; its exit status is `return_value`."""

    def run(*arguments, typed="", ends=None):
        # A command starts with an empty cache, as in a process of its own.
        managers._managers.clear()
        done = CliRunner().invoke(app, list(map(str, arguments)), input=typed, standalone_mode=False)
        assert SECRET not in done.output, arguments
        assert SECRET not in repr(done.exception), arguments
        if ends is None:
            assert done.exception is None, (done.exception, done.output)
        else:
            assert isinstance(done.exception, ends), (done.exception, done.output)
        return done

    return run


@pytest.fixture
def secret():
    """Give the secret that no command may show."""
    return SECRET
