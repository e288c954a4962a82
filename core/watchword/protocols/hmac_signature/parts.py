"""The closed set of parts of a template, and their values in a request that is about to be sent."""

from __future__ import annotations

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
from watchword.protocols.hmac_signature import digests
from watchword.protocols.hmac_signature.digests import HASH_FORMS, digest
from watchword.protocols.hmac_signature.mac import Mac
from watchword.protocols.hmac_signature.template import Part, Section, Template
from watchword.protocols.oauth1.signature import form_pairs, normalized
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import NeverPickled

JOINED, ENCODED = "sorted_parameters_joined", "sorted_parameters_encoded"
DECODED, SECRET = "query_decoded", "hmac_secret"

BELOW = "path_below"
"""The part that is the path without its beginning, which the argument says."""

HMAC = "hmac"
"""The section that is signed like the whole, with the same secret."""

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Values(NeverPickled):
    """What the parts of one request's templates stand for; the signature is known last.

    `timestamp` takes an offset in seconds.
    """

    request: PreparedRequest = field(repr=False)
    key_id: str
    mac: Mac
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
            elif isinstance(piece, Section):
                yield from self._section(piece)
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

    def _section(self, section: Section) -> Iterable[bytes]:
        if section.name in CONDITIONS:
            return self.chunks(section.content) if CONDITIONS[section.name](self.request) else ()
        chunks = self.chunks(section.content)
        if section.name == HMAC:
            return (self.mac.hmac(chunks).encode(),)
        if section.name in _WRITINGS:
            return (_WRITINGS[section.name](chunks),)
        raise DocumentError([finding("template_unresolved", f"There is no section {{{{#{section.name}}}}}.")])

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


def _query_decoded(values: Values) -> Iterable[bytes]:
    """Return the query as a form is read (WHATWG URL section 5.1), in the order in which it is sent."""
    return (_decoded(_query(values.request).encode("utf-8", "surrogateescape")),)


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


def _nonce_and_body(values: Values) -> Iterable[bytes]:
    return (digest("sha256", (values.nonce.encode(), *body_chunks(values.request))),)


def _body_hash(hash_of: Callable[[Iterable[bytes]], bytes]) -> Value:
    return lambda values: (hash_of(body_chunks(values.request)),)


def _body_length(values: Values) -> str:
    return str(sum(map(len, body_chunks(values.request))))


_BODY_HASHES: Mapping[str, Value] = {
    f"body_{name}": _body_hash(hash_of) for name, hash_of in HASH_FORMS.items()
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
    DECODED: _query_decoded,
    SECRET: lambda values: (values.mac.secret,),
    "body": lambda values: body_chunks(values.request),
    "body_base64": _body_base64,
    **_BODY_HASHES,
    **_BODY_HASHES_IF_ANY,
    "nonce_and_body_sha256_raw": _nonce_and_body,
}
"""Every part by its name, beside `header:NAME` and `secret:NAME`."""

CONDITIONS: Mapping[str, Callable[[PreparedRequest], bool]] = {
    "if_body": lambda request: bool(request.body),
    "if_query": lambda request: bool(_query(request)),
}
"""The sections that are left out unless a condition holds."""

_WRITINGS: Mapping[str, Callable[[Iterable[bytes]], bytes]] = {
    "base64": digests.base64,
    "percent_encoded": digests.percent_encoded,
    **HASH_FORMS,
}

SECTIONS = frozenset({*CONDITIONS, HMAC, *_WRITINGS})
"""The names of all sections."""

ONE_WAY = frozenset({HMAC, *HASH_FORMS})
"""The sections that show nothing of what stands in them, so that they may hold a secret."""

OF_SIGNATURE = ("signature", "signature_encoded", "basic_credentials")
"""The parts that hold the signature, which no text to sign can have."""

OF_NONCE = ("nonce", "nonce_and_body_sha256_raw")
"""The parts that hold the nonce, or depend on it."""

NOT_SENT = frozenset({"body", JOINED, DECODED, *(name for name in (*PARTS, *SECTIONS) if "_raw" in name)})
"""The parts and sections of bytes, which no header or parameter can hold."""

ADDRESS = ("url", "query", "path_and_query", DECODED, "sorted_query", "sorted_parameters", ENCODED, JOINED)
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

SECTION_WORDS = f"if_body, if_query, base64, percent_encoded, {HMAC}, HASH_ENCODING"
"""All sections for a message."""

BODY = ("sorted_parameters", ENCODED, JOINED, *(name for name in PARTS if "body" in name))
"""The parts that depend on the body."""
