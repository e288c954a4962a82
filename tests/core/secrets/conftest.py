"""Fixtures for tests of secrets: a Secret Manager on loopback."""

from __future__ import annotations

from tests.support.secret_manager import server

__all__ = ["server"]
