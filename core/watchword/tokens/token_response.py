"""The response to a request for a token, and what all such responses share; no I/O."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import urljoin

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.evidence import names
from watchword.http import jsonpaths
from watchword.http.bodies import Content, content_of
from watchword.http.durations import retry_after
from watchword.http.headers import media_type
from watchword.http.origins import display_url, host
from watchword.http.xml_root import XmlRoot
from watchword.redact import NeverPickled
from watchword.redact.signatures import JWT

# RFC 6749 appendix A.12: visible characters; without the space, which a header value can't end in.
VISIBLE = re.compile(r"[\x21-\x7e]+")

_OK, _REDIRECT, _CLIENT_ERROR, _TOO_MANY, _SERVER_ERROR = 200, 300, 400, 429, 500

_MOST_ELEMENTS = 20

_SAME_CLOCK = 5.0
"""Clocks that differ by less, in seconds, count as the same: a response's date has whole seconds."""

_TEXT = "#text"  # the text of an XML element that has attributes or children


@dataclass(frozen=True)
class TokenResponse(NeverPickled):
    """A server's response; `url` is the absolute URL of the request, `cookies` are the Set-Cookie lines."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)

    @property
    def host(self) -> str:
        """Host and port of the server, for a message."""
        return host(self.url)

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return _OK <= self.status < _REDIRECT

    @property
    def is_transient(self) -> bool:
        """Whether the status says that waiting may help."""
        return self.status == _TOO_MANY or self.status >= _SERVER_ERROR

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server may be asked again, None if it does not say."""
        return retry_after(self.headers.get("Retry-After"))

    @property
    def kind(self) -> str:
        """What the body is declared as, for a message, and why it is not read: its encoding, or a DTD."""
        encoding = self.headers.get("Content-Encoding", "").strip().lower()
        packed = f", compressed as {encoding[:20]}," if encoding not in _UNDONE else ""
        dtd = " with a DTD, which is not read," if _DTD.search(self.text[:_HEAD]) else ""
        return f"{self.headers.get('Content-Type') or 'no content type'}{packed or dtd}"

    @property
    def now(self) -> float:
        """The time by the server's clock, in seconds since 1970; this machine's may be wrong."""
        here = time.time()
        try:
            there = parsedate_to_datetime(self.headers.get("Date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return here
        return here if abs(there - here) < _SAME_CLOCK else there

    @property
    def redirect(self) -> str | None:
        """Where a redirect leads, in words, without query and user; None for any other response.

        It is not followed: the request holds a credential.
        """
        if not _REDIRECT <= self.status < _CLIENT_ERROR:
            return None
        target = self.redirect_url
        return f"redirects to {_displayed(target)!r}, which is not followed" if target else None

    @property
    def redirect_url(self) -> str:
        """The absolute URL in the header Location, "" without one."""
        location = self.headers.get("Location", "").strip()
        try:
            return urljoin(self.url, location) if location else ""
        except ValueError:
            return ""

    @property
    def says_text(self) -> bool:
        """Whether the body is a text that a person can read, rather than a page or nothing."""
        return bool(self.text.strip()) and not self.text.lstrip().startswith("<")

    @property
    def quoted(self) -> str:
        """The body as evidence of a finding, masked."""
        return redact.quoted(self.text)

    def content(self, names: Collection[str] = ()) -> Content:
        """Return what the body holds; a form without its type is recognised by one of the names."""
        return content_of(self.text, media_type(self.headers), names)


_UNDONE = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

_DTD = re.compile(r"(?i)\A\s*(?:<\?xml\b[^>]{0,200}\?>\s*)?(?:<!--.{0,200}?-->\s*)?<!DOCTYPE\s+(?!html\b)")
_HEAD = 1000

WHOLE = "$"
"""The JSONPath of the whole body, if the body is the token itself, as JSON text or as plain text."""


def whole_body(response: TokenResponse, content: Content) -> str | None:
    """Return the body's text, decoded if it is a JSON text; None for an object, a list, XML and a page."""
    if (content.kind != "form" and content.holds_objects) or is_page(response):
        return None
    return content.value if isinstance(content.value, str) else response.text.strip()


def is_page(response: TokenResponse) -> bool:
    """Return whether a body is a page or XML, or is declared as a page."""
    text = response.text.strip()
    if text.startswith("<"):
        return True
    # Metadata servers declare a JWT as a page.
    return "html" in response.headers.get("Content-Type", "").lower() and not JWT.fullmatch(text)


def redirect_advice(response: TokenResponse, field_name: str) -> str:
    """Return what to do about a redirect: often a slash or the encryption is missing in a field's URL."""
    before, after = _displayed(response.url), _displayed(response.redirect_url)
    if after == f"{before}/":
        return f"Write the slash at the end of {field_name}: the server wants {after}."
    if before == f"{after}/":
        return f"Remove the slash at the end of {field_name}: the server wants {after}."
    if after.partition("://")[2] == before.partition("://")[2] and after.startswith("https://"):
        return f"Write {field_name} with https://."
    return f"Check {field_name}: if the redirect's target is the right URL, write that instead."


def _displayed(url: str) -> str:
    """Return a URL without user, query, fragment and the parameters of its path, which may be secret."""
    return display_url(url).partition(";")[0]


def value_at(content: object, path: str) -> object:
    """Return the first value at a JSONPath, None if there is none; names and indices need no library.

    Of alternatives, as in `a.b | c`, the first that leads to a value counts. A text has no values inside,
    even if it reads as JSON: what a server wrote is decoded once. In XML a path may leave out the root, and
    the value of an element is its text. A path whose search takes more than one pass, such as a search by a
    pattern, finds nothing. Raises TokenError if the response is too large to be searched by this path.
    """
    for each in jsonpaths.alternatives(path):
        found = _value(content, jsonpaths.as_jsonpath(each), jsonpaths.steps(path))
        if found is not None:
            return found
    return None


def text_at(content: object, path: str) -> str | None:
    """Return the text at a JSONPath, None if there is none."""
    value = value_at(content, path)
    return value if isinstance(value, str) else None


def element_names(content: Content) -> str:
    """Return the paths to the elements of an XML document that have no children, without any value."""
    found: list[str] = []
    pending: list[tuple[str, object]] = [("", content.value)]
    while pending and len(found) < _MOST_ELEMENTS:
        path, value = pending.pop()
        members = value if isinstance(value, Mapping) else {}
        own = [(f"{path}.{name}".lstrip("."), each) for name, each in members.items() if name[:1] not in "@#"]
        if not own and path:
            found.append(path)
        pending.extend(reversed(own))
    return names(found)


def _value(content: object, path: str, steps: int) -> object:
    found = _at(content, path, steps)
    if found is None and isinstance(content, XmlRoot) and ".." not in path:
        found = _at(content.element, path, steps)
    return found.get(_TEXT) if isinstance(found, dict) and _TEXT in found else found


def _at(content: object, path: str, steps: int) -> object:
    if isinstance(content, Mapping) and path in content:
        return content[path]
    if path.isidentifier() or not jsonpaths.takes_one_pass(path):
        return None
    keys = jsonpaths.keys(path)
    if keys is not None:
        return next(jsonpaths.at_keys(content, keys), None)
    if not jsonpaths.is_affordable(content, steps):
        message = f"The response is too large to be searched by {path[:40]!r}."
        advice = "Write the path with names and indices alone, such as data.token."
        raise TokenError([finding("reply_not_token", message, advice=advice)])
    if not isinstance(content, Mapping | list):
        return None  # the library would parse a text as JSON once more
    import jsonpath  # noqa: PLC0415 - costs 0.1 s, and few paths need it

    try:
        match = jsonpath.match(jsonpaths.whole(path), cast("dict[str, Any]", content))
    except (jsonpath.JSONPathError, RecursionError):
        return None
    return match.obj if match else None
