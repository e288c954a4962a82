"""`api_key`: a fixed secret under a name that the API has chosen."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar

from watchword.http.placement import Place, Placement, Slot
from watchword.methods.base import Method, Prefix, UsePrefix, lead
from watchword.methods.fields import About, Section


class ApiKey(Method):
    """Send a key in a header, the query, a cookie or the body."""

    method: ClassVar[str] = "api_key"
    title: ClassVar[str] = "API key"
    essentials: ClassVar[tuple[str, ...]] = ("base_url", "key_name", "api_key", "add_to", "test_url")

    key_name: Annotated[
        str,
        About("Key name", "The header, parameter, cookie or body field that carries the key.", Section.KEYS),
    ] = "X-API-Key"
    api_key: Annotated[str, About("API key", "The key.", Section.KEYS, secret=True)]
    add_to: Annotated[Place, About("Send in", "Where the API expects the credential.", Section.PLACEMENT)] = (
        "header"
    )
    use_prefix: UsePrefix = True
    prefix: Prefix = ""

    @cached_property
    def _placement(self) -> Placement:
        value = (lead(self.prefix) if self.use_prefix else "") + self.api_key
        return Placement(Slot(self.add_to, self.key_name), value)

    def placements(self) -> tuple[Placement]:
        """The key at its place."""
        return (self._placement,)
