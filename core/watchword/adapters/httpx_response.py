"""A reply of httpx whose body is looked at before its client reads it: it can be read once more."""

from __future__ import annotations

import httpx

from watchword.adapters.body_refusal import BodyRefusal
from watchword.flow import FlowResponse

_STREAMED = "watchword_streamed"
"""The extension of a request whose caller reads the reply bit by bit, which no transport is told."""


def marked(request: httpx.Request, *, stream: bool) -> httpx.Request:
    """Return the request, marked where its reply is streamed."""
    if stream is not _is_streamed(request):
        request.extensions = {**request.extensions, _STREAMED: stream}
    return request


def judged(body_refusal: BodyRefusal, response: httpx.Response, request: httpx.Request) -> FlowResponse:
    """Return the response as a flow is to see it; its body is read unless the caller streams it."""
    if _is_streamed(request) or not body_refusal.wants(response):
        return response
    raw = b"".join(response.iter_raw())
    return body_refusal.judged(response, _put_back(response, raw))


async def ajudged(
    body_refusal: BodyRefusal, response: httpx.Response, request: httpx.Request
) -> FlowResponse:
    """Return the same in an event loop."""
    if _is_streamed(request) or not body_refusal.wants(response):
        return response
    raw = b"".join([part async for part in response.aiter_raw()])
    return body_refusal.judged(response, _put_back(response, raw))


def _is_streamed(request: httpx.Request) -> bool:
    return bool(request.extensions.get(_STREAMED))


def _put_back(response: httpx.Response, raw: bytes) -> bytes:
    """Let a body that has been read come again, so that the client measures it; return it decoded."""
    response.stream, response.is_stream_consumed, response.is_closed = httpx.ByteStream(raw), False, False
    return httpx.Response(response.status_code, headers=response.headers, content=raw).content
