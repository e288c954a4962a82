"""`custom`: as many stacked parameters as the API requires, and nothing else."""

from __future__ import annotations

from typing import ClassVar

from requests import PreparedRequest

from watchword.fields import Fields
from watchword.flow import Context, Flow


class Custom(Fields):
    """Authenticate by extra_parameters and secret_parameters alone."""

    method: ClassVar[str] = "custom"
    title: ClassVar[str] = "Custom (stacked parameters)"

    def placements(self) -> tuple[()]:
        """All that is written is stacked, and the connection writes it."""
        return ()

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Send the request, which holds the stacked parameters already."""
        yield request
