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
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "username", "password")

    username: Annotated[
        str,
        About(
            "User name",
            "The user's name, without a colon; may be empty if the API takes a key as password. A key can be "
            "a reference, such as env:NAME.",
            Section.AUTHENTICATION,
            may_be_empty=True,
        ),
    ]
    password: Annotated[
        str,
        About(
            "Password",
            "The user's password; may be empty if the API takes a key as user name.",
            Section.AUTHENTICATION,
            secret=True,
            may_be_empty=True,
        ),
    ] = ""
    charset: Annotated[
        Literal["utf-8", "latin-1"],
        About(
            "Charset", "How user name and password are encoded; latin-1 for some old APIs.", Section.PLACEMENT
        ),
    ] = "utf-8"

    @cached_property
    def _placement(self) -> Placement:
        # Characters that the charset lacks are a finding, which stops the use of the connection (lint).
        value = headers.basic(self.username, self.password, self.charset)
        return Placement(Slot("header", "Authorization"), value)

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield a finding for a colon in the name, and for characters that the charset lacks."""
        if not self.username and not self.password:
            message = "User name and password are both empty."
            yield finding("missing_field", message, advice="Fill in at least one of them.")
        if ":" in self.username:
            message = "The user name has a colon; everything after it would count as password."
            yield finding("username_illegal", message)
        try:
            f"{self.username}{self.password}".encode(self.charset)
        except UnicodeEncodeError:
            message = f"User name or password can't be written in {self.charset}."
            yield finding("charset_mismatch", message)

    def placements(self) -> tuple[Placement]:
        """The encoded user name and password in their header."""
        return (self._placement,)
