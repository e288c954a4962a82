"""Sign a request with AWS Signature Version 4, in its query: a presigned URL."""

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

_ELSEWHERE = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")
"""Headers that would say a second time, and otherwise, what the query says."""


def presign(request: PreparedRequest, key: SigningKey, moment: str, payload: str, expires: int) -> None:
    """Put credential, date and signature into the request's query.

    A URL that was presigned before is presigned anew.

    Args:
        request: changed in place.
        key: the key of the moment's day.
        moment: when it is signed, such as 20150830T123600Z.
        payload: the body's hash, or what stands for it.
        expires: how long the URL is good for, in seconds.
    """
    for name in _ELSEWHERE:
        request.headers.pop(name, None)
    place = canonical.target(_unsigned(request.url or ""), as_s3=key.as_s3)
    covered = canonical.signed_headers(request.headers, place.host)
    names = ";".join(sorted(covered))
    own = parameters(key, moment, expires, names)
    signed = place._replace(query=canonical.ordered(f"{place.query}&{own}") if place.query else own)
    _, form = canonical.canonical_request(request.method or "", signed, covered, payload)
    signature = key.signature(key.string_to_sign(moment, form))
    joint = "&" if place.query else "?"
    request.url = f"{place.url}{joint}{own}&X-Amz-Signature={signature}"


def parameters(key: SigningKey, moment: str, expires: int, names: str) -> str:
    """Return the encoded parameters but for the signature, sorted by name."""
    credential = canonical.encoded(f"{key.credentials.access_key}/{key.scope}")
    session = key.credentials.access_token
    token = f"&X-Amz-Security-Token={canonical.encoded(session)}" if session else ""
    return (
        f"X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={moment}"
        f"&X-Amz-Expires={expires}{token}&X-Amz-SignedHeaders={names.replace(';', '%3B')}"
    )


def _unsigned(url: str) -> str:
    """Return the URL without an earlier signature's parameters: a `next` link may echo our own."""
    if "X-Amz-" not in url:
        return url
    base, _, query = url.partition("?")
    kept = [pair for pair in query.split("&") if unquote(pair.partition("=")[0]) not in PARAMETERS]
    return f"{base}?{'&'.join(kept)}" if any(kept) else base
