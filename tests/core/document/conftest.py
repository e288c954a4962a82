"""Documents and the references in them."""

from __future__ import annotations

from tests.support.secret_manager import server

__all__ = ["server"]
