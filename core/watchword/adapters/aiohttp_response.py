"""Responses of aiohttp as flows see them; a body that the adapter reads can be streamed all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import aiohttp
from aiohttp.base_protocol import BaseProtocol
from multidict import CIMultiDict, CIMultiDictProxy
from requests.structures import CaseInsensitiveDict

from watchword import redact
from watchword.adapters.added_by_signing import Added
from watchword.adapters.body_refusal import BodyRefusal
from watchword.adapters.origin_guard import clean_location
from watchword.flow import FlowResponse
from watchword.http.body_rules import LARGEST_BODY


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


def clean_redirect(
    response: aiohttp.ClientResponse,
    added: Callable[[], Added | None],
    restored: Callable[[str], str] | None = None,
) -> None:
    """Remove from a redirect the secrets that the server echoes, and what signing added to the request.

    `restored` puts templates in the place of a path's secrets. If a redirect has no Location, the session
    reads the old header URI.
    """
    redirects = {name: response.headers[name] for name in ("Location", "URI") if name in response.headers}
    if not redirects:
        return
    sent = added()
    own = {name: restored(url) if restored else url for name, url in redirects.items()}
    clean = {name: clean_location(url, sent) or "" for name, url in own.items()}
    if clean != redirects:
        headers = CIMultiDict(response.headers)
        headers.update(clean)
        # The session reads it there too, and what it has read before is in the cache.
        response._headers = CIMultiDictProxy(headers)  # noqa: SLF001 - it has no public name
        response._cache.pop("headers", None)  # noqa: SLF001 - it has no public name


def keep_cookies(response: aiohttp.ClientResponse, lines: Sequence[str]) -> None:
    """Leave only these lines of Set-Cookie to the session's jar and to `response.cookies`."""
    response._raw_cookie_headers = tuple(lines) or None  # noqa: SLF001 - it has no public name
    response._cookies = None  # noqa: SLF001 - it has no public name


class _MaskedBody(aiohttp.StreamReader):
    """A body that masks secrets in its errors: the error of a broken body quotes what the server sent."""

    __slots__ = ()

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        """Take the error that ends the body."""
        redact.exception(exc)
        super().set_exception(exc, *cause)


def mask_errors(response: aiohttp.ClientResponse) -> None:
    """Mask secrets in the errors of reading the response's body, whose class aiohttp's parser chooses."""
    body = response.content
    if type(body) is aiohttp.StreamReader:
        body.__class__ = _MaskedBody
        if error := body.exception():
            redact.exception(error)


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
