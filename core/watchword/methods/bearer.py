"""`bearer`: a token that was issued elsewhere and is sent unchanged (RFC 6750)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, ClassVar

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.placement import Placement
from watchword.methods.base import TokenPlacement
from watchword.methods.fields import About, Section
from watchword.protocols.templates import TemplateSecrets
from watchword.tokens.token import jwt_expiry


class Bearer(TokenPlacement):
    """Send a fixed bearer token in a header or the query."""

    method: ClassVar[str] = "bearer"
    title: ClassVar[str] = "Bearer token"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "bearer_token", "test_url")

    bearer_token: Annotated[
        str, About("Bearer token", "The token, without the word Bearer.", Section.KEYS, secret=True)
    ]

    @cached_property
    def _placement(self) -> Placement:
        return Placement(self.slot, self.value(self.bearer_token))

    def findings(self, _: TemplateSecrets, /) -> Iterator[Finding]:
        """Yield a finding for a JWT that has expired."""
        expiry = jwt_expiry(self.bearer_token)
        if expiry is not None and expiry < time.time():
            expired = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(max(expiry, 0)))
            yield finding("token_expired_already", f"The bearer token is a JWT that expired on {expired}.")

    def placements(self) -> tuple[Placement]:
        """The token at its place."""
        return (self._placement,)
