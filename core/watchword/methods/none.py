"""`none`: the API asks for no credential, or for stacked parameters only."""

from __future__ import annotations

from typing import ClassVar

from requests import PreparedRequest

from watchword.fields import Fields
from watchword.flow import Context, Flow


class NoAuthentication(Fields):
    """Send requests as they are."""

    method: ClassVar[str] = "none"
    title: ClassVar[str] = "No authentication"

    def placements(self) -> tuple[()]:
        """Nothing is written."""
        return ()

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Send the request as it is."""
        yield request
