"""`bearer`: a token that was issued elsewhere, sent as it is (RFC 6750)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar

from requests import PreparedRequest

from watchword.fields import About, Section
from watchword.flow import Context, Flow
from watchword.methods.base import TokenPlacement
from watchword.placement import Placement


class Bearer(TokenPlacement):
    """Send a fixed bearer token in a header or the query."""

    method: ClassVar[str] = "bearer"
    title: ClassVar[str] = "Bearer token"

    bearer_token: Annotated[
        str, About("Bearer token", "The token itself, without the word Bearer.", Section.KEYS, secret=True)
    ]

    @cached_property
    def _placement(self) -> Placement:
        return Placement(self.slot, self.value(self.bearer_token))

    def placements(self) -> tuple[Placement]:
        """The token in its place."""
        return (self._placement,)

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Add the token and send."""
        self._placement.put(request)
        yield request
