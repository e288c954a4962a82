"""Responses of aiohttp as flows see them; a body that the adapter reads can be streamed all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import aiohttp
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict, CIMultiDictProxy
from requests.structures import CaseInsensitiveDict

from watchword.adapters.body_refusal import BodyRefusal
from watchword.flow import FlowResponse
from watchword.http.body_rules import LARGEST_BODY
from watchword.http.urls import without_echo, without_secrets


class AiohttpResponse:
    """A response of aiohttp with the attributes that flows read."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.status_code = response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; if one came twice, its values are joined by commas."""
        headers = self.response.headers
        return CaseInsensitiveDict({name: ", ".join(headers.getall(name)) for name in headers})

    async def aclose(self) -> None:
        """Give the response's network connection back; it is closed if the body hasn't been read."""
        self.response.release()


async def flow_response(body_refusal: BodyRefusal, received: AiohttpResponse) -> FlowResponse:
    """Return the response as the flow sees it; its body is read only if it is sure to end."""
    response = received.response
    if not (body_refusal.needs_body(received) and _is_bounded(response)):
        return received
    body = await response.read()
    response.content = _stream_of(body)
    return body_refusal.flow_response(received, body)


def clean_location(response: aiohttp.ClientResponse, unsigned_url: str, signed_url: str) -> None:
    """Remove from a redirect the secrets that the server echoes: it may lead to a foreign origin."""
    location = response.headers.get("Location")
    if location is None:
        return
    clean_url = without_secrets(without_echo(location, unsigned_url, signed_url)) or ""
    if clean_url != location:
        headers = CIMultiDict(response.headers)
        headers["Location"] = clean_url
        # The session reads it there too, and what it has read before is in the cache.
        response._headers = CIMultiDictProxy(headers)  # noqa: SLF001 - it has no public name
        response._cache.pop("headers", None)  # noqa: SLF001 - it has no public name


def _is_bounded(response: aiohttp.ClientResponse) -> bool:
    if response.content_length is not None:
        return response.content_length <= LARGEST_BODY
    return "json" in response.content_type


def _stream_of(body: bytes) -> aiohttp.StreamReader:
    """Return a stream of a body that has been read, for a caller who reads it in chunks."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), max(len(body), 1), loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    return stream
