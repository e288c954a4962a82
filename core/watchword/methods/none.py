"""`none`: the API asks for no credential, or for stacked parameters only."""

from __future__ import annotations

from typing import ClassVar

from watchword.methods.base import Method


class NoAuthentication(Method):
    """Send requests as they are."""

    method: ClassVar[str] = "none"
    title: ClassVar[str] = "No authentication"
    has_credential: ClassVar[bool] = False
