"""The parts of a request that is about to be sent, by the names that templates give them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote, unquote_to_bytes, urlsplit

from requests import PreparedRequest

from watchword.http.body_chunks import body_chunks
from watchword.http.headers import FORM, media_type, text_of
from watchword.protocols.digests import HASH_FORMS
from watchword.protocols.oauth1.signature import form_pairs, normalized

Read: TypeAlias = Callable[[PreparedRequest], Iterable[bytes]]

JOINED, ENCODED, DECODED = "sorted_parameters_joined", "sorted_parameters_encoded", "query_decoded"

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def header(request: PreparedRequest, name: str) -> str:
    """Return a header's value, "" if it is absent; clients send Host although they may not list it."""
    return host(request) if name.lower() == "host" else text_of(request.headers.get(name))


def host(request: PreparedRequest) -> str:
    """Return the host, with its port unless that is the usual one."""
    given = text_of(request.headers.get("Host"))
    parts = urlsplit(request.url or "")
    authority = parts.netloc.rpartition("@")[2].lower()
    return given or authority.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))


def path(request: PreparedRequest) -> str:
    """Return the path as it is sent."""
    return request.path_url.partition("?")[0]


def query(request: PreparedRequest) -> str:
    """Return the query as it is sent."""
    return (request.url or "").partition("#")[0].partition("?")[2]


def _sorted(request: PreparedRequest, *, with_form: bool = False) -> str:
    """Return the parameters, encoded as RFC 3986 says, sorted by name and then by value."""
    pairs = form_pairs(query(request).encode())
    return normalized(pairs + form_pairs(_form(request)) if with_form else pairs)


def _form(request: PreparedRequest) -> bytes:
    return b"".join(body_chunks(request)) if media_type(request.headers) == FORM else b""


def _joined(request: PreparedRequest) -> Iterable[bytes]:
    """Return names and values of query and form as they are meant, sorted by name, without a sign between."""
    in_query = query(request).encode("utf-8", "surrogateescape")
    texts = (text.partition(b"=") for form in (in_query, _form(request)) for text in form.split(b"&"))
    return [
        name + value for name, value in sorted((_decoded(name), _decoded(value)) for name, _, value in texts)
    ]


def _query_decoded(request: PreparedRequest) -> Iterable[bytes]:
    """Return the query as a form is read (WHATWG URL section 5.1), in the order in which it is sent."""
    return (_decoded(query(request).encode("utf-8", "surrogateescape")),)


def _decoded(encoded: bytes) -> bytes:
    return unquote_to_bytes(encoded.replace(b"+", b" "))


def _twice_encoded(request: PreparedRequest) -> str:
    """Return the sorted parameters percent-encoded once more, as a value inside of what is signed."""
    return quote(_sorted(request, with_form=True), safe="-._~")


def _body_base64(request: PreparedRequest) -> Iterable[bytes]:
    return (b64encode(b"".join(body_chunks(request))),)


def _body_length(request: PreparedRequest) -> str:
    return str(sum(map(len, body_chunks(request))))


def _body_hash(hash_of: Callable[[Iterable[bytes]], bytes]) -> Read:
    return lambda request: (hash_of(body_chunks(request)),)


def _if_any(read: Read) -> Read:
    """Return a part that is empty if the request has no body, for APIs that leave its hash out then."""
    return lambda request: read(request) if request.body else ()


TEXTS: Mapping[str, Callable[[PreparedRequest], str]] = {
    "method": lambda request: (request.method or "").upper(),
    "method_lower": lambda request: (request.method or "").lower(),
    "url": lambda request: (request.url or "").partition("#")[0],
    "host": host,
    "path": path,
    "query": query,
    "path_and_query": lambda request: request.path_url,
    "sorted_query": _sorted,
    "sorted_parameters": lambda request: _sorted(request, with_form=True),
    ENCODED: _twice_encoded,
    "body_length": _body_length,
}
"""The parts that are text."""

BODY_HASHES: Mapping[str, Read] = {
    name: read
    for form, hash_of in HASH_FORMS.items()
    for name, read in (
        (f"body_{form}", _body_hash(hash_of)),
        (f"body_{form}_if_any", _if_any(_body_hash(hash_of))),
    )
}
"""The hashes of the body, such as `body_sha256_hex`, and the same that are empty without a body."""

BYTES: Mapping[str, Read] = {
    JOINED: _joined,
    DECODED: _query_decoded,
    "body": body_chunks,
    "body_base64": _body_base64,
    **BODY_HASHES,
}
"""The parts that may be any bytes, in pieces."""
