"""Which origins may receive a credential (RFC 6454: scheme, host and port)."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from requests import PreparedRequest, RequestException

from watchword.http import origin_patterns

_DEFAULT_PORTS = {"http": 80, "https": 443}

_TOO_LONG = re.compile(r"[^/?#]*//[^/?#]{1000}")
"""A URL whose host no resolver takes; encoding its name (RFC 5891) takes the square of its length."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_AUTHORITY = re.compile(r"(?:[^@:/?#]*|\[[^\]@]*\])(?::[0-9]*)?(?:[/?#]|$)")
"""Host and port at the beginning of a text; a slash in an unescaped password would end them too early."""


def origin(url: str) -> str | None:
    """Return `scheme://host[:port]/` of an absolute http or https URL, None for any other text.

    It has the form in which requests sends it (lower case, an international host name in ASCII), no
    default port, and a slash at the end, so that it is a prefix of the origin's URLs.
    """
    if _TOO_LONG.match(url):
        return None
    prepared = PreparedRequest()
    try:
        prepared.prepare_url(url, None)
        parts = urlsplit(prepared.url or "")
        port = parts.port
    except (ValueError, RequestException):
        return None
    host = parts.hostname
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    host = f"[{host}]" if ":" in host else host
    suffix = "" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{suffix}/"


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine itself, by name or address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(url: str) -> str:
    """Return the host of an absolute URL as it is sent, without its port; "" if the URL has none.

    It is in ASCII and lower case; other schemes than http are accepted for proxies.
    """
    try:
        return urlsplit(origin(url) or url).hostname or ""
    except ValueError:
        return ""


def is_plain_http(url: str) -> bool:
    """Return whether a credential sent to the URL could be read on the way: http, but not loopback."""
    return urlsplit(url).scheme.lower() == "http" and not is_loopback(url)


def has_userinfo(url: str) -> bool:
    """Return whether the URL holds a user or password, which is never sent but often printed."""
    return "@" in url.partition("//")[2].partition("/")[0]


def display_url(url: str) -> str:
    """Return a URL for a message or a repr: without user, query and fragment, at most 100 characters."""
    lead, slashes, rest = url.partition("//") if _SCHEME.match(url) else ("", "", url)
    if not _AUTHORITY.match(rest):  # a password ends at the last @, whatever unescaped characters it has
        rest = rest.rpartition("@")[2]
    bare = rest.partition("?")[0].partition("#")[0]
    return f"{lead}{slashes}{bare}"[:100]


def host(url: str) -> str:
    """Return host and port of a URL for a message."""
    return display_url(url).partition("//")[2].partition("/")[0]


class Origins:
    """The origins that may receive a credential.

    `covers` is on the path of every request: a URL that requests has prepared is compared by prefix.
    A URL is parsed only if no prefix fits, for instance because it has an explicit default port.
    A pattern such as `https://*.example.com` means several origins.
    """

    def __init__(self, urls: tuple[str, ...]) -> None:
        self.allowed = tuple(dict.fromkeys(known for url in urls if (known := origin(url))))
        patterns = {url: origin_patterns.compiled(url) for url in urls if origin_patterns.is_pattern(url)}
        self._patterns = {url: pattern for url, pattern in patterns.items() if pattern is not None}

    @property
    def described(self) -> tuple[str, ...]:
        """The origins and the patterns, as texts."""
        return (*self.allowed, *self._patterns)

    def covers(self, url: str) -> bool:
        """Return whether the absolute URL belongs to one of the origins."""
        if url.startswith(self.allowed):
            return True
        known = origin(url)
        if known in self.allowed:
            return True
        return known is not None and any(pattern.fullmatch(known) for pattern in self._patterns.values())
