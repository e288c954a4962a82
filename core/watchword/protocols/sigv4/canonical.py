"""The canonical request of AWS Signature Version 4, and the form of a URL that is read in one way only.

Verifiers rebuild it from what arrives, after decoding and encoding it anew. So URLs leave in the
form that comes out of that unchanged: what is signed is what is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from requests.structures import CaseInsensitiveDict

_UNRESERVED = "-._~"  # beside letters and digits (RFC 3986 section 2.3)

# URLs that are in that form already, which most are: only characters that are never encoded, no empty
# segment and none that begins with a dot, no port that goes without saying, one = in each pair.
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

# Escapes that encoding anew would change: lower case, none at all, or of what needs none.
_ODD_ESCAPE = re.compile(
    r"%(?: (?![0-9A-F]{2}) | 2[DE] | 3\d | [46][1-9A-F] | [57][0-9A] | 5F | 7E )", re.VERBOSE
)

_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_SCHEME_PORTS = {"http": ":80", "https": ":443"}


class Target(NamedTuple):
    """A URL as it is sent, and what of it is signed: host, canonical path and query."""

    url: str
    host: str
    path: str
    query: str


def target(url: str, *, as_s3: bool) -> Target:
    """Return how an absolute URL is sent and signed.

    S3 encodes the path once and takes it as it is; other services leave out empty and dot
    segments and encode the encoded path over again. A `+` in the query is a blank, as forms write it.
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
    """Return encoded pairs, one = in each, sorted by name and then by value."""
    if "&" not in query:
        return query
    # Below every character that a name may have, so that a name goes before its longer kin.
    return "&".join(sorted(query.replace("=", "\0").split("&"))).replace("\0", "=")


def encoded(text: str) -> str:
    """Return text percent-encoded as AWS wants it, with / too."""
    return quote(text, safe=_UNRESERVED)


def _rewritten(url: str, *, as_s3: bool) -> Target:
    parts = urlsplit(url)
    default = _SCHEME_PORTS.get(parts.scheme, "")
    authority = parts.netloc.lower().removesuffix(default)  # proxies and servers read it both ways
    path = _decoded_once(parts.path, "/") if as_s3 else _normalised(parts.path)
    pairs = [_pair(pair) for pair in parts.query.split("&") if pair]
    sent = "&".join(pairs)
    signed = ordered("&".join(pair if "=" in pair else f"{pair}=" for pair in pairs))
    return Target(
        f"{parts.scheme}://{authority}{path}{'?' if sent else ''}{sent}",
        authority.rpartition("@")[2],
        path if as_s3 else path.replace("%", "%25"),
        signed,
    )


def _decoded_once(text: str, kept: str = "") -> str:
    """Return text in its one encoding, however much of it was encoded before."""
    return quote(unquote_to_bytes(text), safe=_UNRESERVED + kept)


def _normalised(path: str) -> str:
    """Return the path without empty and dot segments (RFC 3986 section 6.2.2.3)."""
    kept: list[str] = []
    for segment in map(_decoded_once, path.split("/")):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    closing = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{closing}"


def _pair(pair: str) -> str:
    name, equals, value = pair.replace("+", " ").partition("=")
    return f"{_decoded_once(name)}{equals}{_decoded_once(value)}"


def signed_headers(headers: CaseInsensitiveDict[str], host: str) -> dict[str, str]:
    """Return the headers that a signature covers, names in lower case, values as they are compared.

    Host, Content-Type and all x-amz-: proxies change none of these. A Host of the caller's own
    wins. Values outside ASCII become UTF-8 bytes in `headers`, which is how AWS reads them.
    """
    covered = {"host": host}
    beyond_ascii = {}
    lower: Iterable[tuple[str, str | bytes]] = headers.lower_items()
    for name, value in lower:
        if not (name.startswith("x-amz-") or name in {"content-type", "host"}):
            continue
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        if not text.isascii():
            beyond_ascii[name] = text.encode("utf-8", "surrogateescape")
        covered[name] = collapsed(text)
    headers.update(beyond_ascii)  # type: ignore[arg-type] # requests takes bytes, its stubs don't
    return covered


def collapsed(value: str) -> str:
    """Return a header's value with each run of blanks as one, and none around it."""
    return _BLANKS.sub(" ", value).strip(" ")


def canonical_request(method: str, place: Target, headers: dict[str, str], payload: str) -> tuple[str, str]:
    """Return the names of the signed headers, and the canonical request.

    `headers` have their names in lower case; `payload` is the body's hash or what stands for it.
    """
    sorted_names = sorted(headers)
    names = ";".join(sorted_names)
    lines = "".join([f"{name}:{headers[name]}\n" for name in sorted_names])
    return names, f"{method}\n{place.path}\n{place.query}\n{lines}\n{names}\n{payload}"
