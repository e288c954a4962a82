"""`basic`: user name and password (RFC 7617)."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from requests import PreparedRequest

from watchword.fields import About, Fields, Section
from watchword.flow import Context, Flow
from watchword.placement import Placement, Slot


class Basic(Fields):
    """Send user name and password in the Authorization header."""

    method: ClassVar[str] = "basic"
    title: ClassVar[str] = "Basic (user name and password)"

    username: Annotated[str, About("User name", "The user's name, without a colon.", Section.AUTHENTICATION)]
    password: Annotated[
        str,
        About(
            "Password",
            "May be empty where the API takes a key as user name.",
            Section.AUTHENTICATION,
            secret=True,
        ),
    ] = ""
    charset: Annotated[
        Literal["utf-8", "latin-1"],
        About(
            "Charset", "How name and password become bytes; utf-8 unless the API is old.", Section.PLACEMENT
        ),
    ] = "utf-8"

    @cached_property
    def _placement(self) -> Placement:
        # What the charset lacks is a finding that stops the use of the connection (lint).
        pair = f"{self.username}:{self.password}".encode(self.charset, "replace")
        return Placement(Slot("header", "Authorization"), f"Basic {base64.b64encode(pair).decode('ascii')}")

    def placements(self) -> tuple[Placement]:
        """The encoded pair in its header."""
        return (self._placement,)

    def flow(self, request: PreparedRequest, _: Context, /) -> Flow:
        """Add the header and send."""
        self._placement.put(request)
        yield request
