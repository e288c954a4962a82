"""The closed set of parts of a template, and their values in a request that is about to be sent."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote, unquote_to_bytes, urlsplit

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.body_chunks import body_chunks
from watchword.http.headers import FORM, media_type, text_of
from watchword.protocols.hmac_signature.template import Part, Template
from watchword.protocols.oauth1.signature import form_pairs, normalized
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import NeverPickled

JOINED, ENCODED = "sorted_parameters_joined", "sorted_parameters_encoded"

BELOW = "path_below"
"""The part that is the path without its beginning, which the argument says."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Values(NeverPickled):
    """What the parts of one request's templates stand for; the signature is known last.

    `timestamp` takes an offset in seconds.
    """

    request: PreparedRequest = field(repr=False)
    key_id: str
    timestamp: Callable[[int], str]
    nonce: str
    secrets: TemplateSecrets = field(repr=False)
    signature: str = field(default="", repr=False)

    def text(self, template: Template) -> str:
        """Return a template filled in."""
        return b"".join(self.chunks(template)).decode("utf-8", "surrogateescape")

    def chunks(self, template: Template) -> Iterator[bytes]:
        """Yield a template filled in, in pieces: a body may be too big to be in memory at once.

        Raises:
            DocumentError: the template has an unknown part, or names an unknown secret.
            RequestError: the template has the body, which is a stream that can't be read twice.
        """
        for piece in template.pieces:
            if isinstance(piece, str):
                yield piece.encode("utf-8", "surrogateescape")
            else:
                yield from self._value(piece)

    @property
    def basic_credentials(self) -> str:
        """Key ID and signature as the credentials of Basic (RFC 7617 section 2)."""
        return b64encode(f"{self.key_id}:{self.signature}".encode()).decode("ascii")

    @property
    def signature_encoded(self) -> str:
        """The signature percent-encoded (RFC 3986)."""
        return quote(self.signature, safe="")

    def _value(self, part: Part) -> Iterable[bytes]:
        if part.name == "header":
            return (_header(self.request, part.argument).encode(),)
        if part.name == "secret" and part.argument in self.secrets:
            return (self.secrets[part.argument].encode("utf-8", "surrogateescape"),)
        if part.name == BELOW and part.argument:
            return (_path(self.request).removeprefix(part.argument).encode("utf-8", "surrogateescape"),)
        if part.offset:
            return (self.timestamp(part.offset).encode(),)
        if part.argument or part.name not in PARTS:
            raise DocumentError([finding("template_unresolved", f"There is no part {{{{{part}}}}}.")])
        return PARTS[part.name](self)


Value: TypeAlias = Callable[[Values], Iterable[bytes]]


def _header(request: PreparedRequest, name: str) -> str:
    """Return a header's value, "" if it is absent; clients send Host although they may not list it."""
    return _host(request) if name.lower() == "host" else text_of(request.headers.get(name))


def _host(request: PreparedRequest) -> str:
    given = text_of(request.headers.get("Host"))
    parts = urlsplit(request.url or "")
    authority = parts.netloc.rpartition("@")[2].lower()
    return given or authority.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))


def _path(request: PreparedRequest) -> str:
    return request.path_url.partition("?")[0]


def _query(request: PreparedRequest) -> str:
    return (request.url or "").partition("#")[0].partition("?")[2]


def _sorted(request: PreparedRequest, *, with_form: bool = False) -> str:
    """Return the parameters, encoded as RFC 3986 says, sorted by name and then by value."""
    pairs = form_pairs(_query(request).encode())
    return normalized(pairs + form_pairs(_form(request)) if with_form else pairs)


def _form(request: PreparedRequest) -> bytes:
    return b"".join(body_chunks(request)) if media_type(request.headers) == FORM else b""


def _joined(values: Values) -> Iterable[bytes]:
    """Return names and values of query and form as they are meant, sorted by name, without a sign between."""
    query = _query(values.request).encode("utf-8", "surrogateescape")
    texts = (text.partition(b"=") for form in (query, _form(values.request)) for text in form.split(b"&"))
    return [
        name + value for name, value in sorted((_decoded(name), _decoded(value)) for name, _, value in texts)
    ]


def _decoded(encoded: bytes) -> bytes:
    return unquote_to_bytes(encoded.replace(b"+", b" "))


def _twice_encoded(values: Values) -> str:
    """Return the sorted parameters percent-encoded once more, as a value inside of what is signed."""
    return quote(_sorted(values.request, with_form=True), safe="-._~")


def _if_any(value: Value) -> Value:
    """Return a part that is empty if the request has no body, for APIs that leave its hash out then."""
    return lambda values: value(values) if values.request.body else ()


def _body_base64(values: Values) -> Iterable[bytes]:
    return (b64encode(b"".join(body_chunks(values.request))),)


def _text(read: Callable[[Values], str]) -> Value:
    return lambda values: (read(values).encode("utf-8", "surrogateescape"),)


def _digest(values: Values, hash_name: str, before: str = "") -> bytes:
    digest = hashlib.new(hash_name, before.encode(), usedforsecurity=False)
    for chunk in body_chunks(values.request):
        digest.update(chunk)
    return digest.digest()


def _body_hash(hash_name: str, encode: Callable[[bytes], bytes]) -> Value:
    return lambda values: (encode(_digest(values, hash_name)),)


def _body_length(values: Values) -> str:
    return str(sum(map(len, body_chunks(values.request))))


_ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "hex": lambda digest: digest.hex().encode(),
    "base64": b64encode,
    "raw": bytes,
}

_BODY_HASHES: Mapping[str, Value] = {
    f"body_{hash_name}_{encoding}": _body_hash(hash_name, encode)
    for hash_name in ("md5", "sha1", "sha256", "sha384", "sha512")
    for encoding, encode in _ENCODINGS.items()
}
_BODY_HASHES_IF_ANY: Mapping[str, Value] = {
    f"{name}_if_any": _if_any(value) for name, value in _BODY_HASHES.items()
}

_TEXTS: Mapping[str, Callable[[Values], str]] = {
    "method": lambda values: (values.request.method or "").upper(),
    "method_lower": lambda values: (values.request.method or "").lower(),
    "url": lambda values: (values.request.url or "").partition("#")[0],
    "host": lambda values: _host(values.request),
    "path": lambda values: _path(values.request),
    "query": lambda values: _query(values.request),
    "path_and_query": lambda values: values.request.path_url,
    "sorted_query": lambda values: _sorted(values.request),
    "sorted_parameters": lambda values: _sorted(values.request, with_form=True),
    ENCODED: _twice_encoded,
    "body_length": _body_length,
    "timestamp": lambda values: values.timestamp(0),
    "nonce": lambda values: values.nonce,
    "key_id": lambda values: values.key_id,
    "signature": lambda values: values.signature,
    "signature_encoded": lambda values: values.signature_encoded,
    "basic_credentials": lambda values: values.basic_credentials,
}

PARTS: Mapping[str, Value] = {
    **{name: _text(read) for name, read in _TEXTS.items()},
    JOINED: _joined,
    "body": lambda values: body_chunks(values.request),
    "body_base64": _body_base64,
    **_BODY_HASHES,
    **_BODY_HASHES_IF_ANY,
    "nonce_and_body_sha256_raw": lambda values: (_digest(values, "sha256", values.nonce),),
}
"""Every part by its name, beside `header:NAME` and `secret:NAME`."""

OF_SIGNATURE = ("signature", "signature_encoded", "basic_credentials")
"""The parts that hold the signature, which no text to sign can have."""

OF_NONCE = ("nonce", "nonce_and_body_sha256_raw")
"""The parts that hold the nonce, or depend on it."""

NOT_SENT = frozenset({"body", JOINED, *(name for name in PARTS if "_raw" in name)})
"""The parts of bytes, which no header or parameter can hold."""

ADDRESS = ("url", "query", "path_and_query", "sorted_query", "sorted_parameters", ENCODED, JOINED)
"""The parts that hold the parameters of the query."""

WORDS = ", ".join(
    (
        "timestamp+SECONDS",
        f"{BELOW}:/PATH",
        *(name for name in PARTS if name not in {**_BODY_HASHES, **_BODY_HASHES_IF_ANY}),
        "body_HASH_ENCODING",
        "body_HASH_ENCODING_if_any",
    )
)
"""All parts for a message: HASH is md5, sha1, sha256, sha384 or sha512, and ENCODING hex, base64 or raw."""

BODY = ("sorted_parameters", ENCODED, JOINED, *(name for name in PARTS if "body" in name))
"""The parts that depend on the body."""
