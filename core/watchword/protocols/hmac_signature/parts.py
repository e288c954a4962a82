"""The closed set of parts of a template, and their values in a request that is about to be sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote

from requests import PreparedRequest

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.body_chunks import body_chunks
from watchword.protocols import digests, request_parts
from watchword.protocols.digests import HASH_FORMS, digest
from watchword.protocols.hmac_signature.mac import Mac
from watchword.protocols.hmac_signature.template import Part, Section, Template
from watchword.protocols.request_parts import BODY_HASHES, DECODED, ENCODED, JOINED, header, path, query
from watchword.protocols.templates import TemplateSecrets
from watchword.redact import NeverPickled

BELOW = "path_below"
"""The part that is the path without its beginning, which the argument says."""

SECRET, HMAC = "hmac_secret", "hmac"
"""The part that is the secret itself, and the section that is signed like the whole, with the same secret."""


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
            if isinstance(piece, Part):  # the usual case first
                yield from self._value(piece)
            elif isinstance(piece, str):
                yield piece.encode("utf-8", "surrogateescape")
            else:
                yield from self._section(piece)

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
        if part.name in PARTS and not part.argument and not part.offset:
            return PARTS[part.name](self)
        if part.name == "header":
            return (header(self.request, part.argument).encode(),)
        if part.name == "secret" and part.argument in self.secrets:
            return (self.secrets[part.argument].encode("utf-8", "surrogateescape"),)
        if part.name == BELOW and part.argument:
            return (path(self.request).removeprefix(part.argument).encode("utf-8", "surrogateescape"),)
        if part.offset:
            return (self.timestamp(part.offset).encode(),)
        raise DocumentError([finding("template_unresolved", f"There is no part {{{{{part}}}}}.")])


Value: TypeAlias = Callable[[Values], Iterable[bytes]]


def _nonce_and_body(values: Values) -> Iterable[bytes]:
    return (digest("sha256", (values.nonce.encode(), *body_chunks(values.request))),)


def _text(read: Callable[[Values], str]) -> Value:
    return lambda values: (read(values).encode("utf-8", "surrogateescape"),)


def _text_of_request(read: Callable[[PreparedRequest], str]) -> Value:
    return lambda values: (read(values.request).encode("utf-8", "surrogateescape"),)


def _bytes_of_request(read: request_parts.Read) -> Value:
    return lambda values: read(values.request)


_TEXTS: Mapping[str, Callable[[Values], str]] = {
    "timestamp": lambda values: values.timestamp(0),
    "nonce": lambda values: values.nonce,
    "key_id": lambda values: values.key_id,
    "signature": lambda values: values.signature,
    "signature_encoded": lambda values: values.signature_encoded,
    "basic_credentials": lambda values: values.basic_credentials,
}

PARTS: Mapping[str, Value] = {
    **{name: _text_of_request(read) for name, read in request_parts.TEXTS.items()},
    **{name: _text(read) for name, read in _TEXTS.items()},
    SECRET: lambda values: (values.mac.secret,),
    **{name: _bytes_of_request(read) for name, read in request_parts.BYTES.items()},
    "nonce_and_body_sha256_raw": _nonce_and_body,
}
"""Every part by its name, beside `header:NAME` and `secret:NAME`."""

CONDITIONS: Mapping[str, Callable[[PreparedRequest], bool]] = {
    "if_body": lambda request: bool(request.body),
    "if_query": lambda request: bool(query(request)),
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
        *(name for name in PARTS if name not in BODY_HASHES),
        "body_HASH_ENCODING",
        "body_HASH_ENCODING_if_any",
    )
)
"""All parts for a message: HASH is md5, sha1, sha256, sha384 or sha512, and ENCODING hex, base64 or raw."""

SECTION_WORDS = f"if_body, if_query, base64, percent_encoded, {HMAC}, HASH_ENCODING"
"""All sections for a message."""

BODY = ("sorted_parameters", ENCODED, JOINED, *(name for name in PARTS if "body" in name))
"""The parts that depend on the body."""
