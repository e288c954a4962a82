"""URLs as they are sent, and without the secrets that somebody else has put into them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit, urlunsplit

from watchword import redact

# RFC 3986 sections 3.3 and 3.4, beside letters, digits and -._~; what is % stays an escape.
_PATH = "!$%&'()*+,/:;=@"
_QUERY = f"{_PATH}?"
_PLAIN = r"[\w!$&'()*+,/:;=@.~?-]*"
_SETTLED = re.compile(rf"https?://[^/?#%]+/{_PLAIN}(?:%[0-9A-F]{{2}}{_PLAIN})*", re.ASCII)
_ESCAPE = re.compile("%[0-9a-fA-F]{2}")
_STRAY = re.compile("%(?![0-9a-fA-F]{2})")

_ROUNDS = 3
"""How many times a value may be encoded over and be found all the same."""

_TELLING = 8
"""A shorter secret, in characters, is only found as a whole value: as a part it would be everywhere."""


def joined(base_url: str, url: str) -> str:
    """Return an absolute URL as it is and a relative one behind the base URL, with one slash between."""
    if url.lower().startswith(("http://", "https://")):
        return url
    if not url or url.startswith("?"):
        return base_url + url
    return f"{base_url.rstrip('/')}/{url.lstrip('/')}"


def without_secrets(url: str) -> str | None:
    """Return the URL without the query parameters and the fragment that hold a known secret.

    None where a secret stands in the rest of the URL, which can't be called without telling it.
    """
    secrets = redact.known()
    try:
        parts = urlsplit(url)
    except ValueError:  # no URL, which nobody follows
        return None if _holds(url, secrets) else url
    if _holds(parts._replace(query="", fragment="").geturl(), secrets):
        return None
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _holds(pair.partition("=")[2] or pair, secrets)]
    fragment = "" if _holds(parts.fragment, secrets) else parts.fragment
    if kept == pairs and fragment == parts.fragment:
        return url
    return urlunsplit(parts._replace(query="&".join(kept), fragment=fragment))


def without_echo(location: str, made: str, sent: str) -> str:
    """Return a redirect's URL without the query parameters that were added to the request it answers.

    Signatures are no registered secrets, but good for a while for whoever has them all. `made` is
    the request's URL as it was made, `sent` as it was sent.
    """
    added = set(_decoded(sent)) - set(_decoded(made))
    if not added:
        return location
    address, _, rest = location.partition("?")
    query, hash_sign, fragment = rest.partition("#")
    kept = [pair for pair in query.split("&") if not added.intersection(_decoded(f"?{pair}"))]
    return f"{address}{'?' if any(kept) else ''}{'&'.join(kept)}{hash_sign}{fragment}"


def _decoded(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2].partition("#")[0], keep_blank_values=True)


def normalized(url: str) -> str:
    """Return an absolute URL in the form that no client encodes further, without a fragment.

    What nobody has prepared, such as a redirect's URL, would else become another one on its way.
    """
    if _SETTLED.fullmatch(url):
        return url
    parts = urlsplit(_STRAY.sub("%25", url))
    query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
    target = f"{quote(parts.path or '/', safe=_PATH)}{query}"
    return f"{parts.scheme}://{parts.netloc}{_ESCAPE.sub(lambda match: match[0].upper(), target)}"


def holds_secret(text: str) -> bool:
    """Return whether a known secret stands in the text, however it is encoded."""
    return _holds(text, redact.known())


def _holds(text: str, secrets: frozenset[str]) -> bool:
    forms = {text, _as_utf_8(text)}
    for _ in range(_ROUNDS):
        forms |= {unquote(form) for form in forms} | {unquote_plus(form) for form in forms}
    return any(
        secret in form if len(secret) >= _TELLING else secret == form for form in forms for secret in secrets
    )


def _as_utf_8(text: str) -> str:
    """Return what a server meant whose header was read as Latin-1, as HTTP libraries do."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
