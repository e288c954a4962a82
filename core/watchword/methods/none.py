"""`none`: the API needs no credential, or only stacked parameters."""

from __future__ import annotations

from typing import ClassVar

from watchword.methods.base import Method


class NoAuthentication(Method):
    """Send requests unchanged."""

    method: ClassVar[str] = "none"
    title: ClassVar[str] = "No authentication"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "test_url")
    has_credential: ClassVar[bool] = False
