"""The bytes of a request's body, which signatures read before it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from requests import PreparedRequest

from watchword.errors import RequestError
from watchword.findings.codes import finding

_CHUNK_SIZE = 1 << 20
"""How much of a file is in memory at a time, in bytes."""


def body_chunks(request: PreparedRequest) -> Iterator[bytes]:
    """Yield the body as it will be sent, in chunks; a file is left at the position that it had.

    Raises:
        RequestError: it is a stream that can't be read twice, once to be signed and once to be sent.
    """
    body: Any = request.body  # it may be a stream, although the stubs don't say so
    if isinstance(body, (str, bytes, bytearray, memoryview, type(None))):
        yield body.encode() if isinstance(body, str) else bytes(body or b"")
        return
    position = getattr(request, "_body_position", None)  # where requests will send a file from
    try:
        start = position if isinstance(position, int) else body.tell()
        body.seek(start)  # before a byte is read that couldn't be read again
        while chunk := body.read(_CHUNK_SIZE):
            yield chunk.encode() if isinstance(chunk, str) else chunk
        body.seek(start)
    except (AttributeError, OSError, ValueError):  # a generator, a pipe, or a closed file
        message = "The signature covers this request's body, which is a stream that can't be read twice."
        raise RequestError([finding("body_not_signable", message)]) from None
