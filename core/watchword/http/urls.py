"""URLs as they are sent: taken apart, joined, brought into one form, and freed from secrets."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit, urlunsplit

from watchword import redact

# RFC 3986 sections 3.3 and 3.4, beside letters, digits and -._~; a % begins an escape.
_PATH = "!$%&'()*+,/:;=@"
_QUERY = f"{_PATH}?"
_PLAIN = r"[\w!$&'()*+,/:;=@.~?-]*"
_NORMALIZED = re.compile(rf"https?://[^/?#%]+/{_PLAIN}(?:%[0-9A-F]{{2}}{_PLAIN})*", re.ASCII)
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
_STRAY = re.compile("%(?![0-9a-fA-F]{2})")

_ROUNDS = 3
"""How many times a secret may be encoded and still be found."""

_SHORTEST_PART = 8
"""A shorter secret, in characters, is found only as a whole value: as a part it would be found everywhere."""


def joined(base_url: str, url: str) -> str:
    """Return an absolute URL as it is, and a relative one after the base URL with one slash between them."""
    if url.lower().startswith(("http://", "https://")):
        return url
    if not url or url.startswith("?"):
        return base_url + url
    return f"{base_url.rstrip('/')}/{url.lstrip('/')}"


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


def without_secrets(url: str) -> str | None:
    """Return the URL without the query parameters and the fragment that hold a known secret.

    None if the rest of the URL holds a secret: it can't be called without disclosing the secret.
    """
    secrets = redact.known()
    try:
        parts = urlsplit(url)
    except ValueError:  # not a URL, and not followed by any client
        return None if _holds(url, secrets) else url
    if _holds(parts._replace(query="", fragment="").geturl(), secrets):
        return None
    pairs = parts.query.split("&")
    remaining = [pair for pair in pairs if not _holds(pair.partition("=")[2] or pair, secrets)]
    fragment = "" if _holds(parts.fragment, secrets) else parts.fragment
    if remaining == pairs and fragment == parts.fragment:
        return url
    return urlunsplit(parts._replace(query="&".join(remaining), fragment=fragment))


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


def holds_secret(text: str) -> bool:
    """Return whether the text holds a known secret, in any encoding."""
    return _holds(text, redact.known())


def _holds(text: str, secrets: frozenset[str]) -> bool:
    forms = {text, _as_utf_8(text)}
    for _ in range(_ROUNDS):
        forms |= {unquote(form) for form in forms} | {unquote_plus(form) for form in forms}
    return any(
        secret in form if len(secret) >= _SHORTEST_PART else secret == form
        for form in forms
        for secret in secrets
    )


def _as_utf_8(text: str) -> str:
    """Return the UTF-8 text of a header that was read as Latin-1, as HTTP libraries do."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
