"""Tokens that are kept in stores of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stores import place, postgres, shared, sqlite, sqlite_file, start
from watchword import stores

__all__ = ["place", "postgres", "shared", "sqlite", "sqlite_file", "start"]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep this machine's own store out of the tests, and theirs apart."""
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WATCHWORD_STORE", raising=False)
    monkeypatch.delenv("WATCHWORD_KEY", raising=False)
    monkeypatch.setattr(stores, "_stores", {})
