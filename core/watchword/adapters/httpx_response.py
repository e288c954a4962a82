"""Bodies of httpx's responses: errors hold no secret, and a body that the adapter reads can be read again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from watchword import redact
from watchword.adapters.body_refusal import BodyRefusal
from watchword.flow import FlowResponse

_STREAMED = "watchword_streamed"
"""The extension of a request whose caller streams the response; httpx doesn't tell its transports."""


class MaskedBody(httpx.SyncByteStream):
    """A body that masks secrets in its errors: the error of a broken body quotes what the server sent."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._stream
        except Exception as error:
            redact.exception(error)
            raise

    def close(self) -> None:
        """Give the network connection back."""
        self._stream.close()


class AsyncMaskedBody(httpx.AsyncByteStream):
    """The same for asyncio."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except Exception as error:
            redact.exception(error)
            raise

    async def aclose(self) -> None:
        """Give the network connection back."""
        await self._stream.aclose()


def marked(request: httpx.Request, *, stream: bool) -> httpx.Request:
    """Return the request, marked if its response is streamed."""
    if stream is not is_streamed(request):
        request.extensions = {**request.extensions, _STREAMED: stream}
    return request


def is_streamed(request: httpx.Request) -> bool:
    """Return whether the caller streams the response."""
    return bool(request.extensions.get(_STREAMED))


def flow_response(body_refusal: BodyRefusal, response: httpx.Response) -> FlowResponse:
    """Return the response as the flow sees it; its body is read if it can refuse the token."""
    if not body_refusal.needs_body(response):
        return response
    raw = b"".join(response.iter_raw())
    return body_refusal.flow_response(response, _put_back(response, raw))


async def async_flow_response(body_refusal: BodyRefusal, response: httpx.Response) -> FlowResponse:
    """Return the same in an event loop."""
    if not body_refusal.needs_body(response):
        return response
    raw = b"".join([chunk async for chunk in response.aiter_raw()])
    return body_refusal.flow_response(response, _put_back(response, raw))


def _put_back(response: httpx.Response, raw: bytes) -> bytes:
    """Let the client read the body again, so that it measures the time; return the body decoded."""
    response.stream, response.is_stream_consumed, response.is_closed = httpx.ByteStream(raw), False, False
    return httpx.Response(response.status_code, headers=response.headers, content=raw).content
