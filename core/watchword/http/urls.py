"""URLs as they are sent: taken apart, joined and brought into one form."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote_plus, urlsplit

from watchword import redact

# RFC 3986 sections 3.3 and 3.4, beside letters, digits and -._~; a % begins an escape.
_PATH = "!$%&'()*+,/:;=@"
_QUERY = f"{_PATH}?"
_PLAIN = r"[\w!$&'()*+,/:;=@.~?-]*"
_NORMALIZED = re.compile(rf"https?://[^/?#%]+/{_PLAIN}(?:%[0-9A-F]{{2}}{_PLAIN})*", re.ASCII)
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
_STRAY = re.compile("%(?![0-9a-fA-F]{2})")

_FIRST_PART = re.compile(r"[\w~-]+(?:[/?].*)?", re.ASCII)
"""A URL whose first part has no dot and no colon, so that it is neither a scheme nor most hosts."""

_LONGEST_CALL = 300
"""How much of a call a message shows, in characters."""

_AUTHORITY = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#\\]*@)")


def joined(base_url: str, url: str) -> str:
    """Return an absolute URL as it is, and a relative one after the base URL with one slash between them."""
    if url.lower().startswith(("http://", "https://")):
        return url
    if not url or url.startswith("?"):
        return base_url + url
    return f"{base_url.rstrip('/')}/{url.lstrip('/')}"


def is_relative(url: str) -> bool:
    """Return whether a URL names no host: it begins with / or ?, or its first part has no dot and no colon.

    `api.example.com/me` isn't relative: it lacks only its scheme.
    """
    return url[:1] in {"/", "?"} or _FIRST_PART.fullmatch(url) is not None


def query_pairs(url: str) -> list[tuple[str, str]]:
    """Return the names and values of the URL's query, decoded, in their order."""
    return parse_qsl(url.partition("?")[2].partition("#")[0], keep_blank_values=True)


def with_query(url: str, added: str) -> str:
    """Return the URL with pairs, which are encoded already, at the end of its query."""
    address, hash_sign, fragment = url.partition("#")
    separator = "&" if "?" in address[:-1] else "" if address.endswith("?") else "?"
    return f"{address}{separator}{added}{hash_sign}{fragment}"


def without_pairs(url: str, is_unwanted: Callable[[str], object]) -> str:
    """Return the URL without those `name=value` pairs of its query, as encoded, that are unwanted."""
    address, _, rest = url.partition("?")
    query, hash_sign, fragment = rest.partition("#")
    remaining = [pair for pair in query.split("&") if not is_unwanted(pair)]
    return f"{address}{'?' if any(remaining) else ''}{'&'.join(remaining)}{hash_sign}{fragment}"


def display_call(verb: str, url: str) -> str:
    """Return a call for a message: its verb and its URL, without values that are or look secret."""
    address, _, rest = without_userinfo(url).partition("#")[0].partition("?")
    query = "&".join(map(_display_pair, rest.split("&")))
    text = redact.text(f"{verb} {address}{'?' if rest else ''}{query}")
    return text if len(text) <= _LONGEST_CALL else f"{text[:_LONGEST_CALL]}…"


def _display_pair(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={redact.MASK}" if equals and redact.sounds_secret(unquote_plus(name)) else pair


def without_userinfo(url: str) -> str:
    """Return the URL without user and password (RFC 3986 section 3.2.1): some clients send them as Basic."""
    match = _AUTHORITY.match(url)
    return url[: match.start(1)] + url[match.end(1) :] if match else url


def without_echo(location: str, unsigned_url: str, signed_url: str) -> str:
    """Return a redirect's URL without the query parameters that signing added to the request.

    Signatures are not registered as secrets, but a recipient could use them for a while.
    """
    added = set(query_pairs(signed_url)) - set(query_pairs(unsigned_url))
    if not added:
        return location
    return without_pairs(location, lambda pair: added.intersection(query_pairs(f"?{pair}")))


def normalized(url: str) -> str:
    """Return an absolute URL in the form that no client encodes further, without its fragment.

    Clients would encode a URL that hasn't been prepared, such as a redirect's, after it was signed.
    """
    if _NORMALIZED.fullmatch(url):
        return url
    parts = urlsplit(_STRAY.sub("%25", url))
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    target = f"{quote(parts.path or '/', safe=_PATH)}{query}"
    return f"{parts.scheme}://{parts.netloc}{_ESCAPE.sub(lambda match: match[0].upper(), target)}"
