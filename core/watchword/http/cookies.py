"""Reading the cookies that a server sets (RFC 6265 section 5.2); no I/O, no jar."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import urlsplit

from watchword.http.durations import seconds
from watchword.http.origins import is_loopback
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class SetCookie(NeverPickled):
    """A cookie as it was set, with its quotes; `lifetime` is in seconds, None if it doesn't end.

    `attributes` has the names of the others in lower case, such as `path`.
    """

    value: str = field(repr=False)
    lifetime: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Companion(NeverPickled):
    """A cookie that goes along with a session's own one, and where to (RFC 6265 section 5.4).

    Without a domain it goes to every URL; `host_only` says that it goes to no host below the domain.
    """

    value: str = field(repr=False)
    domain: str = ""
    host_only: bool = True
    path: str = "/"
    secure: bool = False

    @classmethod
    def of(cls, cookie: SetCookie, url: str) -> Companion | None:
        """Return a cookie that the server at a URL has set; None if its domain isn't that server's."""
        parts = urlsplit(url)
        own_host = (parts.hostname or "").lower()
        domain = cookie.attributes.get("domain", "").lower().lstrip(".")
        if domain and domain != own_host and not ("." in domain and own_host.endswith(f".{domain}")):
            return None
        path = cookie.attributes.get("path", "")
        default_path = parts.path.rpartition("/")[0] or "/"  # section 5.1.4
        return cls(
            cookie.value,
            domain or own_host,
            not domain,
            path if path.startswith("/") else default_path,
            "secure" in cookie.attributes,
        )

    @classmethod
    def parse(cls, text: str) -> Companion:
        """Return the cookie of a text that `text` has made."""
        return cls(*json.loads(text))

    @property
    def text(self) -> str:
        """The cookie as text."""
        return json.dumps([self.value, self.domain, self.host_only, self.path, self.secure])

    def goes_to(self, url: str) -> bool:
        """Return whether a browser would send it to a URL; ports don't matter to cookies."""
        parts = urlsplit(url)
        own_host, path, scheme = (parts.hostname or "").lower(), parts.path or "/", parts.scheme.lower()
        is_below = not self.host_only and own_host.endswith(f".{self.domain}")
        if self.domain and own_host != self.domain and not is_below:
            return False
        if self.secure and scheme != "https" and not is_loopback(url):
            return False
        lead = self.path.rstrip("/")
        return path == lead or path.startswith(f"{lead}/")


def effective_cookies(lines: Iterable[str]) -> dict[str, SetCookie]:
    """Return by name the cookies that are valid after all Set-Cookie lines: the last line of a name counts.

    A cookie that is empty, or has ended already, is removed: this is how servers end a session.
    """
    cookies: dict[str, SetCookie] = {}
    for line in lines:
        pair, *attributes = line.split(";")
        name, separator, value = pair.partition("=")
        if not separator:
            continue
        pairs = (attribute.partition("=") for attribute in attributes)
        stated = {attribute.strip().lower(): content.strip() for attribute, _, content in pairs}
        cookie = SetCookie(value.strip(), _lifetime(stated), stated)
        cookies.pop(name.strip(), None)
        if cookie.value and (cookie.lifetime is None or cookie.lifetime > 0):
            cookies[name.strip()] = cookie
    return cookies


def cookie_name(line: str) -> str:
    """Return the name of the cookie that a line of Set-Cookie sets.

    A client that sends a cookie without a name writes its value alone, which may begin with another name.
    """
    name, separator, value = line.partition(";")[0].partition("=")
    if separator and not name.strip():
        name = value.partition("=")[0]
    return name.strip()


def sent_cookie(header: str, name: str) -> str | None:
    """Return the value of a cookie in a Cookie header, None if it isn't there."""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for pair_name, _, value in pairs if pair_name == name), None)


def _lifetime(values: Mapping[str, str]) -> float | None:
    max_age = seconds(values.get("max-age"))
    if max_age is not None:
        return max_age
    date = parsedate_tz(values.get("expires", ""))
    try:
        return mktime_tz(date) - time.time() if date else None
    except (ValueError, OverflowError):  # a year that the clock doesn't reach
        return None
