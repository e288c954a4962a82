"""Fixtures for tests of documents and their references."""

from __future__ import annotations

from tests.support.secret_manager import server

__all__ = ["server"]
