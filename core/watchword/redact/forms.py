"""The forms in which a text may hold a secret: quoted, escaped, as base64, line by line."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

SHORTEST = 4
"""Shorter secrets are not masked: that would hide ordinary words, and protect nothing."""

LONG_LINE = 16
"""A line of a PEM block with this many characters or more is also masked on its own."""

_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")  # RFC 3986 section 2.3
_ESCAPE = re.compile("%[0-9A-F]{2}")
_HTML = re.compile("[+&<>']")


def forms(secret: str) -> frozenset[str]:
    """Return the secret and the forms in which texts may hold it: quoted, escaped, as base64."""
    if _UNRESERVED.fullmatch(secret):  # most tokens: no encoding but base64 changes them
        encoded = base64.b64encode(secret.encode()).decode("ascii")
        return frozenset({secret, encoded} if len(secret) >= SHORTEST else {encoded})
    from html import escape  # noqa: PLC0415 - it loads a table of all entities

    data = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(data, safe=""), quote_plus(data), quote(data, safe="/")}
    secret_forms = {
        secret,
        secret.strip(),
        *quoted,
        *(_ESCAPE.sub(lambda match: match[0].lower(), form) for form in quoted),  # as .NET writes it
        *_as_json(secret),
        escape(secret),
        repr(secret)[1:-1],
        repr(data)[2:-1],
        base64.b64encode(data).decode("ascii"),
        *(_lines(secret) if "-----BEGIN" in secret else ()),
    }
    return frozenset(form for form in secret_forms if len(form) >= SHORTEST)


def _lines(secret: str) -> list[str]:
    """Return the lines of a PEM block: an error message may quote the one that it failed at."""
    return [line for line in re.split(r"\s+|\\[nr]", secret) if len(line) >= LONG_LINE and "--" not in line]


def _as_json(secret: str) -> set[str]:
    """Return the secret as the JSON libraries of different languages escape it."""
    texts = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    slashed = {text.replace("/", "\\/") for text in texts}  # PHP
    html_safe = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04x}", text) for text in texts}  # Go
    upper = {_HTML.sub(lambda match: f"\\u{ord(match[0]):04X}", text) for text in texts}  # .NET
    return texts | slashed | html_safe | upper
