"""Fixtures for tests of connections that are stored by name."""

from __future__ import annotations

from tests.support.secret_manager import server

__all__ = ["server"]
