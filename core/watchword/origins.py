"""Which origins may receive a credential (RFC 6454: scheme, host and port)."""

from __future__ import annotations

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def origin(url: str) -> str | None:
    """Return `scheme://host[:port]/` of an absolute http or https URL, None for anything else.

    Lower case, without a default port, and with the closing slash that makes a prefix of it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
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
    except ValueError:
        return False
    return host in _LOOPBACK or (host.startswith("127.") and host.replace(".", "").isdigit())


def is_plain_http(url: str) -> bool:
    """Return whether a credential sent to the URL could be read on its way: http, and not loopback."""
    return urlsplit(url).scheme.lower() == "http" and not is_loopback(url)


class Origins:
    """The origins that may receive a credential.

    `covers` is on the path of every request: URLs that requests has prepared are compared
    by prefix; only what that does not settle, such as an explicit default port, is parsed.
    """

    def __init__(self, urls: tuple[str, ...]) -> None:
        self.allowed = tuple(dict.fromkeys(found for url in urls if (found := origin(url))))

    def covers(self, url: str) -> bool:
        """Return whether the absolute URL lies in one of the origins."""
        return url.startswith(self.allowed) or origin(url) in self.allowed
