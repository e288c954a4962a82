"""The hash of a body as AWS Signature Version 4 covers it, or what stands for it."""

from __future__ import annotations

import hashlib

from requests import PreparedRequest

from watchword.errors import RequestError
from watchword.http.body_chunks import body_chunks
from watchword.http.headers import text_of

UNSIGNED = "UNSIGNED-PAYLOAD"
"""What S3 takes in the place of a body's hash, where TLS alone protects it."""

_EMPTY = hashlib.sha256(b"").hexdigest()


def payload_hash(request: PreparedRequest, *, as_s3: bool, presigned: bool = False) -> str:
    """Return the SHA-256 of the body, in hexadecimal digits; a file is left where it stood.

    S3 takes UNSIGNED for it: in presigned URLs always, else for streams over TLS.

    An X-Amz-Content-SHA256 header of the caller's own wins: it may know the hash of a stream, or
    want the body unsigned.

    Raises:
        RequestError: the body can be read only once, and the service must have its hash.
    """
    given = text_of(request.headers.get("X-Amz-Content-SHA256"))
    if given:
        return given
    if as_s3 and presigned:
        return UNSIGNED
    if not request.body:
        return _EMPTY
    hashed = hashlib.sha256()
    try:
        for piece in body_chunks(request):
            hashed.update(piece)
    except RequestError:
        if as_s3 and (request.url or "").startswith("https:"):
            return UNSIGNED
        raise
    return hashed.hexdigest()
