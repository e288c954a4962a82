"""The hash of a body in AWS Signature Version 4, or its substitute."""

from __future__ import annotations

import hashlib

from requests import PreparedRequest

from watchword.errors import RequestError
from watchword.http.body_chunks import body_chunks
from watchword.http.headers import text_of
from watchword.protocols.sigv4.services import ServiceRules

UNSIGNED = "UNSIGNED-PAYLOAD"
"""The substitute for a body's hash, if TLS alone protects the body."""

_EMPTY = hashlib.sha256(b"").hexdigest()


def payload_hash(request: PreparedRequest, rules: ServiceRules, *, presigned: bool = False) -> str:
    """Return the SHA-256 of the body, in hexadecimal digits; a file keeps its position.

    For S3 it is UNSIGNED instead: always in presigned URLs, else for streams over TLS. Services that don't
    hash bodies at all always have UNSIGNED.

    An X-Amz-Content-SHA256 header that the caller has set wins: the caller may know the hash of a
    stream, or want the body unsigned.

    Raises:
        RequestError: the body can be read only once, and the service requires its hash.
    """
    given = text_of(request.headers.get("X-Amz-Content-SHA256"))
    if given:
        return given
    if not rules.hashes_body or (rules.as_s3 and presigned):
        return UNSIGNED
    if not request.body:
        return _EMPTY
    hashed = hashlib.sha256()
    try:
        for chunk in body_chunks(request):
            hashed.update(chunk)
    except RequestError:
        if rules.may_leave_streams and (request.url or "").startswith("https:"):
            return UNSIGNED
        raise
    return hashed.hexdigest()
