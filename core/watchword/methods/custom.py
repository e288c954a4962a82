"""`custom`: any number of stacked parameters, and nothing else."""

from __future__ import annotations

from typing import ClassVar

from watchword.methods.base import Method


class Custom(Method):
    """Authenticate only by extra_parameters and secret_parameters."""

    method: ClassVar[str] = "custom"
    title: ClassVar[str] = "Custom (stacked parameters)"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "secret_parameters", "extra_parameters", "test_url")
    has_credential: ClassVar[bool] = False
    needs_parameters: ClassVar[bool] = True
