"""Find a secret that somebody else has put into a URL, however it is encoded there."""

from __future__ import annotations

from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

from watchword import redact

_ROUNDS = 3
"""How many times a value may be encoded over and be found all the same."""

_TELLING = 8
"""A shorter secret, in characters, is only found as a whole value: as a part it would be everywhere."""


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
