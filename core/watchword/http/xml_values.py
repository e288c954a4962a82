"""An XML document as an object, so that the same paths lead into it as into JSON; no I/O.

An element is an object by its own name, without the namespace's prefix: `<a><b>1</b></a>` is
`{"a": {"b": "1"}}`. An element that stands there more than once is a list. Attributes are members too, also
under `@name`; an element with members keeps its own text as `#text`. A document with a DTD is refused, and
with it every entity of its own making and everything outside of it.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from watchword.http.xml_root import DEEPEST, XmlRoot

_MOST_VALUES = 20_000
"""A document with more elements and attributes is refused."""

TEXT = "#text"
"""The member that holds the text of an element which has other members."""

# Its encoding is that of the bytes that came; here it is a text.
_DECLARATION = re.compile(r"<\?xml\b[^>]{0,200}\?>")


class _RefusedError(ValueError):
    """A document has more than is read."""


def read_xml(text: str) -> XmlRoot | None:
    """Return the document's object; None if it isn't well-formed, too deep, too large, or has a DTD."""
    builder = _Builder()
    parser = create_parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setContentHandler(builder)
    text = _DECLARATION.sub("", text, count=1).lstrip()
    try:
        parser.parse(BytesIO(text.encode("utf-8", "replace")))
    except (SAXException, DefusedXmlException, _RefusedError, ValueError):
        return None
    return builder.root


class _Builder(ContentHandler):
    """Builds the object while the document is parsed, and ends the parsing of a hostile one."""

    def __init__(self) -> None:
        super().__init__()
        self.root = XmlRoot()
        self._open: list[tuple[str, dict[str, Any], list[str]]] = [("", self.root, [])]
        self._left = _MOST_VALUES

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - SAX's name
        self._left -= 1 + len(attrs)
        if self._left < 0 or len(self._open) > DEEPEST:
            raise _RefusedError
        members: dict[str, Any] = {}
        for attribute, value in attrs.items():
            if not attribute.startswith("xmlns"):
                members[f"@{_local(attribute)}"] = value
        self._open.append((_local(name), members, []))

    def characters(self, content: str) -> None:
        self._open[-1][2].append(content)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - SAX's name and argument
        own_name, members, texts = self._open.pop()
        text = "".join(texts).strip()
        value: Any = members or text
        if members:
            for attribute in [each for each in members if each.startswith("@")]:
                members.setdefault(attribute[1:], members[attribute])
            if text:
                members.setdefault(TEXT, text)
        _add(self._open[-1][1], own_name, value)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _add(members: dict[str, Any], name: str, value: object) -> None:
    if name not in members:
        members[name] = value
    elif isinstance(members[name], list):
        members[name].append(value)
    else:
        members[name] = [members[name], value]
