"""The hash of a body as AWS Signature Version 4 covers it, or what stands for it."""

from __future__ import annotations

import hashlib
from typing import Protocol, runtime_checkable

from requests import PreparedRequest

from watchword.codes import finding
from watchword.errors import RequestError

UNSIGNED = "UNSIGNED-PAYLOAD"
"""What S3 takes in the place of a body's hash, where TLS alone protects it."""

_EMPTY = hashlib.sha256(b"").hexdigest()
_PIECE = 1 << 20
"""How much of a file is in memory at a time, in bytes."""


@runtime_checkable
class _File(Protocol):
    """A body that can be read twice."""

    def read(self, size: int, /) -> bytes | str: ...
    def tell(self) -> int: ...
    def seek(self, position: int, /) -> object: ...


def payload_hash(request: PreparedRequest, *, as_s3: bool, presigned: bool = False) -> str:
    """Return the SHA-256 of the body, in hexadecimal digits; a file is left where it stood.

    S3 takes UNSIGNED for it: in presigned URLs always, else for streams over TLS.

    An X-Amz-Content-SHA256 header of the caller's own wins: it may know the hash of a stream, or
    want the body unsigned.

    Raises:
        RequestError: the body can be read only once, and the service must have its hash.
    """
    given: str | bytes | None = request.headers.get("X-Amz-Content-SHA256")
    if given:
        return given.decode("latin-1") if isinstance(given, bytes) else given
    if as_s3 and presigned:
        return UNSIGNED
    body: object = request.body
    if not body:
        return _EMPTY
    if isinstance(body, str):
        body = body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return hashlib.sha256(body).hexdigest()
    found = _of_file(body) if isinstance(body, _File) else None
    if found:
        return found
    if as_s3 and (request.url or "").startswith("https:"):
        return UNSIGNED
    message = "The request's body is a stream that can't be read twice, to be signed and to be sent."
    raise RequestError([finding("body_not_signable", message)])


def _of_file(body: _File) -> str | None:
    """Return the hash of what a file holds from where it stands, None where it can't go back."""
    hashed = hashlib.sha256()
    try:
        start = body.tell()
        body.seek(start)  # before a byte is read that could not be read again
        while piece := body.read(_PIECE):
            hashed.update(piece.encode() if isinstance(piece, str) else piece)
        body.seek(start)
    except (OSError, ValueError):  # a pipe, or a file that is closed
        return None
    return hashed.hexdigest()
