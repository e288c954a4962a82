"""Claims about the request that carries the JWT, such as its method and path; they serve one request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from requests import PreparedRequest

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.json_value import JsonValue
from watchword.http.urls import normalized
from watchword.protocols import templates
from watchword.protocols.request_parts import BODY_HASHES, TEXTS

NAMES = (
    *("method", "url", "host", "path", "query", "path_and_query"),
    *("body_sha256_hex", "body_sha256_base64", "body_sha512_hex"),
)
"""The templates for parts of the request, as in `string_to_sign`."""


def mentioned(claims: JsonValue, header: JsonValue) -> tuple[str, ...]:
    """Return which parts of a request the templates of a JWT name."""
    named = templates.all_names([claims, header])
    return tuple(name for name in NAMES if name in named)


def findings(names: Collection[str], lifetime: int) -> Iterator[Finding]:
    """Find parts of a request in a JWT that is reused for others, for `lifetime` seconds."""
    if names and lifetime:
        part = f"{{{{{next(iter(names))}}}}}"
        message = f"{part} is a part of one request, but each JWT is reused for {lifetime} seconds."
        advice = "Set lifetime to 0: each request gets a JWT of its own."
        yield finding("template_unresolved", message, advice=advice)


def texts_of(request: PreparedRequest, names: Collection[str]) -> Mapping[str, str]:
    """Return parts of a request, whose URL becomes the one that is sent.

    Raises:
        RequestError: a part is a hash of the body, which is a stream that can't be read twice.
    """
    request.url = normalized(request.url or "")
    return {name: _text(request, name) for name in names}


def _text(request: PreparedRequest, name: str) -> str:
    if name in TEXTS:
        return TEXTS[name](request)
    return b"".join(BODY_HASHES[name](request)).decode("ascii")
