"""The bytes of a request's body, which signatures read before they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from requests import PreparedRequest

from watchword.errors import RequestError
from watchword.findings.codes import finding

_PIECE = 1 << 20
"""How much of a file is in memory at a time, in bytes."""


def body_chunks(request: PreparedRequest) -> Iterator[bytes]:
    """Yield the body as it will be sent, piece by piece; a file is left where it stood.

    Raises:
        RequestError: it is a stream that can't be read twice, once to be signed and once to be sent.
    """
    body: Any = request.body  # a stream too, whatever the stubs say
    if isinstance(body, (str, bytes, bytearray, memoryview, type(None))):
        yield body.encode() if isinstance(body, str) else bytes(body or b"")
        return
    marked = getattr(request, "_body_position", None)  # so requests marks where a file is sent from
    try:
        start = marked if isinstance(marked, int) else body.tell()
        body.seek(start)  # before a byte is read that could not be read again
        while piece := body.read(_PIECE):
            yield piece.encode() if isinstance(piece, str) else piece
        body.seek(start)
    except (AttributeError, OSError, ValueError):  # a generator, a pipe, a file that is closed
        message = "The signature covers this request's body, which is a stream that can't be read twice."
        raise RequestError([finding("body_not_signable", message)]) from None
