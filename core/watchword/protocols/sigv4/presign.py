"""Sign a request with AWS Signature Version 4 in its query: a presigned URL."""

from __future__ import annotations

from urllib.parse import unquote

from requests import PreparedRequest

from watchword.protocols.sigv4 import canonical
from watchword.protocols.sigv4.signer import ALGORITHM, SigningKey

PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
"""The parameters of a presigned URL."""

_HEADERS = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
"""Headers that would contradict the query."""


def presign(request: PreparedRequest, key: SigningKey, amz_date: str, payload: str, expires: int) -> None:
    """Add credential, date and signature to the request's query.

    An earlier signature in the URL is replaced.

    Args:
        request: changed in place.
        key: the signing key of the date.
        amz_date: the time of signing, such as 20150830T123600Z.
        payload: the body's hash or its substitute.
        expires: how long the URL is valid, in seconds.
    """
    for name in _HEADERS:
        request.headers.pop(name, None)
    target = canonical.target(_unsigned(request.url or ""), as_s3=key.rules.as_s3)
    headers = canonical.signed_headers(request.headers, target.host)
    names = ";".join(sorted(headers))
    own = parameters(key, amz_date, expires, names)
    signed = target._replace(query=canonical.ordered(f"{target.query}&{own}") if target.query else own)
    _, text = canonical.canonical_request(request.method or "", signed, headers, payload)
    signature = key.signature(key.string_to_sign(amz_date, text))
    joint = "&" if target.query else "?"
    request.url = f"{target.url}{joint}{own}&X-Amz-Signature={signature}"


def parameters(key: SigningKey, amz_date: str, expires: int, names: str) -> str:
    """Return the encoded parameters except the signature, sorted by name."""
    credential = canonical.encoded(f"{key.credentials.access_key}/{key.scope}")
    session = key.credentials.access_token
    token = f"&X-Amz-Security-Token={canonical.encoded(session)}" if session else ""
    return (
        f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={amz_date}"
        f"&X-Amz-Expires={expires}{token}&X-Amz-SignedHeaders={names.replace(';', '%3B')}"
    )


def _unsigned(url: str) -> str:
    """Return the URL without the parameters of an earlier signature, which a `next` link may repeat."""
    if "X-Amz-" not in url:
        return url
    base, _, query = url.partition("?")
    others = [pair for pair in query.split("&") if unquote(pair.partition("=")[0]) not in PARAMETERS]
    return f"{base}?{'&'.join(others)}" if any(others) else base
