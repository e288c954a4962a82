"""Reading the cookies that a server sets (RFC 6265 section 5.2); no I/O, no jar."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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

    @property
    def is_kept(self) -> bool:
        """Whether the line sets the cookie; else it removes it."""
        return bool(self.value) and (self.lifetime is None or self.lifetime > 0)


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
        own_domain, path = _place(cookie, url)
        return cls(cookie.value, own_domain, not domain, path, "secure" in cookie.attributes)

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


def effective_cookies(lines: Iterable[str], url: str = "") -> dict[str, SetCookie]:
    """Return by name the cookies that are valid after all Set-Cookie lines of a response from this URL.

    A cookie that is empty, or has ended already, is removed: this is how servers end a session. Of several
    with one name the last counts, unless its Path is that of the URL alone: a login's cookie for itself.
    """
    own_path, found = urlsplit(url).path, {}
    for name, cookies in _kept(lines, url).items():
        elsewhere = [cookie for cookie in cookies if cookie.attributes.get("path") != own_path]
        found[name] = (elsewhere or cookies)[-1]
    return found


def renewed_cookie(lines: Iterable[str], name: str, url: str) -> tuple[SetCookie | None, bool]:
    """Return what a response from this URL makes of a cookie: the new one if any, and whether it is removed.

    A browser may have several of one name, by Domain and Path. The one that it would send to the URL counts
    first, and the removal of one that it would not send there doesn't matter.
    """
    own_lines = [line for line in lines if cookie_name(line) == name]
    cookies = _kept(own_lines, url).get(name, [])
    reaching = [cookie for cookie in cookies if _reaches(cookie, url)]
    if cookies:
        return max(reaching or cookies[-1:], key=lambda cookie: len(cookie.attributes.get("path", ""))), False
    return None, any(_reaches(parsed[1], url) for parsed in map(_parsed, own_lines) if parsed)


def removes(lines: Iterable[str], name: str, url: str, place: tuple[str, str]) -> bool:
    """Return whether a response from this URL removes the cookie with this name, domain and path."""
    of_place = [
        parsed[1]
        for parsed in map(_parsed, lines)
        if parsed and parsed[0] == name and _place(parsed[1], url) == place
    ]
    return bool(of_place) and not of_place[-1].is_kept


def _kept(lines: Iterable[str], url: str) -> dict[str, list[SetCookie]]:
    """Return by name the cookies that remain: a line takes the place of the one with its Domain and Path."""
    cookies: dict[str, dict[tuple[str, str], SetCookie]] = {}
    for line in lines:
        if (parsed := _parsed(line)) is None:
            continue
        name, cookie = parsed
        of_name = cookies.setdefault(name, {})
        place = _place(cookie, url)
        of_name.pop(place, None)
        if cookie.is_kept:
            of_name[place] = cookie
    return {name: list(of_name.values()) for name, of_name in cookies.items() if of_name}


def _parsed(line: str) -> tuple[str, SetCookie] | None:
    pair, *attributes = line.split(";")
    name, separator, value = pair.partition("=")
    if not separator:
        return None
    pairs = (attribute.partition("=") for attribute in attributes)
    stated = {attribute.strip().lower(): content.strip() for attribute, _, content in pairs}
    return name.strip(), SetCookie(value.strip(), _lifetime(stated), stated)


def _place(cookie: SetCookie, url: str) -> tuple[str, str]:
    """Return the domain and the path that a cookie has if a response from this URL sets it."""
    parts, path = urlsplit(url), cookie.attributes.get("path", "")
    domain = cookie.attributes.get("domain", "").lower().lstrip(".") or (parts.hostname or "").lower()
    return domain, path if path.startswith("/") else parts.path.rpartition("/")[0] or "/"  # section 5.1.4


def _reaches(cookie: SetCookie, url: str) -> bool:
    companion = Companion.of(cookie, url)
    return companion is not None and replace(companion, secure=False).goes_to(url)


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
