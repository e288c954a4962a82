"""The canonical request of AWS Signature Version 4, and the form of URLs that verifiers read unchanged.

Verifiers decode the URL that arrives and encode it again. So URLs are sent in the form which stays the
same in doing so: the signed URL is the sent URL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from requests.structures import CaseInsensitiveDict

_UNRESERVED = "-._~"  # beside letters and digits (RFC 3986 section 2.3)

# URLs in that form already, as most are: only characters that are never encoded, no empty segments, no
# segments that begin with a dot, no default port, one = in each pair.
_PLAIN = re.compile(
    r"""
    (?:https://(?![^/]*:443(?:[/?]|$)) | http://(?![^/]*:80(?:[/?]|$)))
    (?P<host> [a-z0-9.-]+ (?: :\d+ )? )
    (?P<path> (?: / [A-Za-z0-9_~-] [A-Za-z0-9_.~-]* )* /? )
    (?: \? (?P<query>
        [A-Za-z0-9_.~%-]+ = [A-Za-z0-9_.~%-]*
        (?: & [A-Za-z0-9_.~%-]+ = [A-Za-z0-9_.~%-]* )*
    ) )?
    """,
    re.VERBOSE,
)

# Escapes that encoding again would change: in lower case, invalid ones, and those of unreserved characters.
_ODD_ESCAPE = re.compile(
    r"%(?: (?![0-9A-F]{2}) | 2[DE] | 3\d | [46][1-9A-F] | [57][0-9A] | 5F | 7E )", re.VERBOSE
)

_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_SCHEME_PORTS = {"http": ":80", "https": ":443"}


class Target(NamedTuple):
    """A URL as it is sent, and its signed parts: host, canonical path and canonical query."""

    url: str
    host: str
    path: str
    query: str


def target(url: str, *, as_s3: bool) -> Target:
    """Return how an absolute URL is sent and signed.

    S3 encodes the path once and uses it as it is. Other services remove empty and dot segments and
    encode the encoded path once more. A `+` in the query is a blank, as in forms.
    """
    plain = _PLAIN.fullmatch(url)
    if plain is None:
        return _rewritten(url, as_s3=as_s3)
    host, path, query = plain.groups()
    if not query:
        return Target(url, host, path or "/", "")
    if "%" in query and _ODD_ESCAPE.search(query):
        return _rewritten(url, as_s3=as_s3)
    return Target(url, host, path or "/", ordered(query))


def ordered(query: str) -> str:
    """Return encoded pairs, with one = in each, sorted by name and then by value."""
    if "&" not in query:
        return query
    # \0 is below every character of a name, so that a name sorts before longer names that begin with it.
    return "&".join(sorted(query.replace("=", "\0").split("&"))).replace("\0", "=")


def encoded(text: str) -> str:
    """Return text percent-encoded as AWS requires, including /."""
    return quote(text, safe=_UNRESERVED)


def _rewritten(url: str, *, as_s3: bool) -> Target:
    parts = urlsplit(url)
    default = _SCHEME_PORTS.get(parts.scheme, "")
    authority = parts.netloc.lower().removesuffix(default)  # proxies and servers differ over a default port
    path = _reencoded(parts.path, "/") if as_s3 else _normalized(parts.path)
    pairs = [_pair(pair) for pair in parts.query.split("&") if pair]
    sent = "&".join(pairs)
    signed = ordered("&".join(pair if "=" in pair else f"{pair}=" for pair in pairs))
    return Target(
        f"{parts.scheme}://{authority}{path}{'?' if sent else ''}{sent}",
        authority.rpartition("@")[2],
        path if as_s3 else path.replace("%", "%25"),
        signed,
    )


def _reencoded(text: str, safe: str = "") -> str:
    """Return text in its only canonical encoding, whichever parts were encoded before."""
    return quote(unquote_to_bytes(text), safe=_UNRESERVED + safe)


def _normalized(path: str) -> str:
    """Return the path without empty and dot segments (RFC 3986 section 6.2.2.3)."""
    segments: list[str] = []
    for segment in map(_reencoded, path.split("/")):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    trailing_slash = "/" if segments and path.endswith("/") else ""
    return f"/{'/'.join(segments)}{trailing_slash}"


def _pair(pair: str) -> str:
    name, equals, value = pair.replace("+", " ").partition("=")
    return f"{_reencoded(name)}{equals}{_reencoded(value)}"


def signed_headers(headers: CaseInsensitiveDict[str], host: str) -> dict[str, str]:
    """Return the signed headers, with names in lower case and values in canonical form.

    They are Host, Content-Type and all x-amz- headers, which proxies don't change. A Host header that the
    caller has set wins. Values outside ASCII become UTF-8 bytes in `headers`, since AWS reads them so.
    """
    signed = {"host": host}
    utf8_values = {}
    lower: Iterable[tuple[str, str | bytes]] = headers.lower_items()
    for name, value in lower:
        if not (name.startswith("x-amz-") or name in {"content-type", "host"}):
            continue
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        if not text.isascii():
            utf8_values[name] = text.encode("utf-8", "surrogateescape")
        signed[name] = collapsed(text)
    headers.update(utf8_values)  # type: ignore[arg-type] # requests takes bytes, its stubs don't
    return signed


def collapsed(value: str) -> str:
    """Return a header's value with each run of blanks as one blank, and without blanks around it."""
    return _BLANKS.sub(" ", value).strip(" ")


def canonical_request(method: str, target: Target, headers: dict[str, str], payload: str) -> tuple[str, str]:
    """Return the names of the signed headers, and the canonical request.

    The names in `headers` are in lower case; `payload` is the body's hash or its substitute.
    """
    sorted_names = sorted(headers)
    names = ";".join(sorted_names)
    lines = "".join([f"{name}:{headers[name]}\n" for name in sorted_names])
    return names, f"{method}\n{target.path}\n{target.query}\n{lines}\n{names}\n{payload}"
