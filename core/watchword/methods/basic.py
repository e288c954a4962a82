"""`basic`: user name and password (RFC 7617)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import headers
from watchword.http.placement import Placement, Slot
from watchword.methods.base import Method
from watchword.methods.fields import About, Section
from watchword.protocols.templates import TemplateSecrets


class Basic(Method):
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
            may_be_empty=True,
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
        value = headers.basic(self.username, self.password, self.charset)
        return Placement(Slot("header", "Authorization"), value)

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """A colon in the name, and what the charset lacks."""
        if ":" in self.username:
            message = "The user name has a colon; all behind it would count as password."
            yield finding("username_illegal", message)
        try:
            f"{self.username}{self.password}".encode(self.charset)
        except UnicodeEncodeError:
            message = f"User name or password can't be written in {self.charset}."
            yield finding("charset_mismatch", message)

    def placements(self) -> tuple[Placement]:
        """The encoded pair in its header."""
        return (self._placement,)
