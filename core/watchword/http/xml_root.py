"""What an XML document becomes, and how deep a body may be; no I/O."""

from __future__ import annotations

from typing import Any

DEEPEST = 100
"""A JSON text or an XML document that is nested more deeply is refused: no token is that deep."""


class XmlRoot(dict[str, Any]):
    """An XML document as an object with one member, its root element; see `watchword.http.xml_values`."""

    @property
    def element(self) -> dict[str, Any]:
        """The root element's members, none if it has only text."""
        value = next(iter(self.values()), None)
        return value if isinstance(value, dict) else {}

    @property
    def is_page(self) -> bool:
        """Whether it is a web page."""
        return "html" in {name.lower() for name in self}
