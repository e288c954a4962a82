"""`conn.aiohttp_middleware()`: the connection as a middleware of `aiohttp.ClientSession`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from watchword import redact
from watchword.adapters.asynchronous import AsyncFlowDriver
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import BodyRefusal, body_refusal_of
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import OriginGuard, cookies_for_foreign_origin
from watchword.adapters.request_proxy import UNREAD_BODY, Headers, RequestProxy, changes, new_body
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.flow import FlowResponse
from watchword.http.body_rules import LARGEST_BODY
from watchword.http.urls import without_echo, without_secrets
from watchword.redact import NeverPickled

try:
    import aiohttp
    from aiohttp.base_protocol import BaseProtocol
    from aiohttp.payload import AsyncIterablePayload
    from multidict import CIMultiDict, CIMultiDictProxy
    from yarl import URL
except ModuleNotFoundError as missing:
    raise missing_extra("aiohttp") from missing

redact.filter_logs()


class SigningMiddleware(NeverPickled):
    """Authenticates a copy of each request, redirects included, and only for allowed origins.

    What the session, its responses and its errors show is the request as it was made. What is sent
    shows in the session's own traces (`TraceConfig`) alone. A credential in Latin-1 is refused, since
    aiohttp writes headers in UTF-8.

    aiohttp does not tell whether the caller will stream a reply. With `refresh_on_body`, those whose
    Content-Length is at most 64 KiB, and those of unknown length that are declared as JSON, are read
    before the caller gets them; they can be streamed all the same. Others are left alone, and so is
    what a session with `auto_decompress=False` leaves compressed.
    """

    def __init__(self, authenticator: Authenticator) -> None:
        self._authenticator = authenticator
        self._origin_guard = OriginGuard(authenticator.origins)
        self._body_refusal = body_refusal_of(authenticator)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send the request, authenticated where its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, or its body can't be sent again.
            TokenError: the method needs a token and none could be had.
            aiohttp.ClientError: the network's faults, with no secret in them.
        """
        url = _address(request)
        if not self._origin_guard.covers(url):
            response = await handler(_for_foreign_origin(request, self._origin_guard))
            _clean_location(response, url, url)
            return response
        unsigned = _Unsigned(request, url)
        body_refusal = self._body_refusal
        exchange = AsyncFlowDriver(self._authenticator, unsigned)
        response = await unsigned.send(exchange.at_once() or await exchange.first(), handler)
        try:
            while (
                again := await exchange.following(
                    _Answer(response) if body_refusal is None else await _judged(body_refusal, response)
                )
            ) is not None:
                self._authenticator.carry_cookies(again, response.headers.getall("Set-Cookie", []))
                response.release()
                response = await unsigned.send(again, handler)
        except BaseException:
            response.close()  # nobody else will: the caller gets the error alone
            raise
        return response


class _Answer:
    """A response in the words of flows."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.status_code = response.status
        self._headers = response.headers

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; of one that came twice, the values joined by commas."""
        joined = {name: ", ".join(self._headers.getall(name)) for name in self._headers}
        return CaseInsensitiveDict(joined)


async def _judged(body_refusal: BodyRefusal, response: aiohttp.ClientResponse) -> FlowResponse:
    """Return the response as a flow is to see it; its body is read where that can't take for ever."""
    answer = _Answer(response)
    if not (body_refusal.wants(answer) and _is_bounded(response)):
        return answer
    body = await response.read()
    response.content = _stream_of(body)
    return body_refusal.judged(answer, body)


def _is_bounded(response: aiohttp.ClientResponse) -> bool:
    if response.content_length is not None:
        return response.content_length <= LARGEST_BODY
    return "json" in response.content_type


def _stream_of(body: bytes) -> aiohttp.StreamReader:
    """Return a stream of what has been read, for a caller who reads bit by bit."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), max(len(body), 1), loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    return stream


class _Unsigned:
    """A request of aiohttp that waits to be signed: once, or again for another try."""

    def __init__(self, request: aiohttp.ClientRequest, url: str) -> None:
        self._request = request
        self._url = url
        payload = request.body
        self._body: object = (
            (payload if isinstance(payload, AsyncIterablePayload) else UNREAD_BODY) if payload else None
        )

    @property
    def is_replayable(self) -> bool:
        """Whether the body can be sent again."""
        return not (self._request.body and self._request.body.consumed)

    def proxy_request(self) -> RequestProxy:
        """Return it as a flow's own to change."""
        return RequestProxy(self._request.method, self._url, self._headers, self._body)

    def _headers(self) -> Headers:
        headers = self._request.headers.items()
        return [(name, value if value.isascii() else value.encode()) for name, value in headers]

    async def aread(self) -> None:
        """Read the body into memory; raises RequestError where aiohttp will send it otherwise."""
        if self._request.compress:
            message = "The signature covers this request's body, which aiohttp compresses when it is sent."
            raise RequestError([finding("body_not_signable", message, advice="Compress it yourself.")])
        payload = self._request.body
        self._body = await payload.as_bytes() if payload else None

    async def send(
        self, signed: PreparedRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a copy as the flow wants it, and let response and errors show the request as it was made."""
        request, info = await self._signed(signed), self._request.request_info
        try:
            response = await handler(request)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            redact.exception(error, lambda value: info if isinstance(value, aiohttp.RequestInfo) else value)
            if isinstance(error, (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
                await request.close()  # the session may send the body again, which the copy's writer holds
            raise
        response._request_info = info  # noqa: SLF001 - it has no public name, and shows what was sent
        _clean_location(response, self._url, signed.url or "")
        return response

    async def _signed(self, signed: PreparedRequest) -> aiohttp.ClientRequest:
        request, headers = _copy(self._request), self._request.headers.copy()
        for name, value in changes(signed):
            if value is None:
                headers.popall(name, None)
            else:
                headers[name] = _text(name, value)
        request.headers = headers
        if signed.url != self._url:
            request.url = URL(signed.url or "", encoded=True)
        made = new_body(signed, self._body)
        if made is not None:
            await request.update_body(made)
        return request


def _copy(request: aiohttp.ClientRequest) -> aiohttp.ClientRequest:
    other: aiohttp.ClientRequest = object.__new__(type(request))
    vars(other).update(vars(request))  # copy.copy does the same and takes three times as long
    return other


def _address(request: aiohttp.ClientRequest) -> str:
    """Return the absolute URL that aiohttp calls, from the parts that it takes: no user, no fragment."""
    url = request.url
    return f"{url.scheme}://{url.host_port_subcomponent}{url.raw_path_qs}"


def _for_foreign_origin(request: aiohttp.ClientRequest, origin_guard: OriginGuard) -> aiohttp.ClientRequest:
    """Return the request as another origin may see it: without a known secret in its URL."""
    url = str(request.url)
    kept = origin_guard.for_foreign_origin(url)
    cookies = request.headers.get("Cookie", "")
    kept_cookies = cookies_for_foreign_origin(cookies)
    if (kept, kept_cookies) == (url, cookies):
        return request
    clean = _copy(request)
    clean.url = clean.original_url = URL(kept, encoded=True)
    clean.headers = request.headers.copy()
    clean.headers.popall("Cookie", None)
    if kept_cookies:
        clean.headers["Cookie"] = kept_cookies
    return clean


def _clean_location(response: aiohttp.ClientResponse, made: str, sent: str) -> None:
    """Remove from a redirect the secrets that the server echoes: the next hop may be a stranger."""
    location = response.headers.get("Location")
    if location is None:
        return
    kept = without_secrets(without_echo(location, made, sent)) or ""
    if kept != location:
        headers = CIMultiDict(response.headers)
        headers["Location"] = kept
        # Where its session reads it, too; what it has read before is kept in the cache.
        response._headers = CIMultiDictProxy(headers)  # noqa: SLF001
        response._cache.pop("headers", None)  # noqa: SLF001


def _text(name: str, value: str | bytes) -> str:
    """Return the text that aiohttp writes as the bytes that are meant; raises RequestError without one."""
    if isinstance(value, str):
        if value.isascii():
            return value
        value = value.encode("latin-1")
    try:
        return value.decode()
    except UnicodeDecodeError:
        message = f"The header {name} is in Latin-1, and aiohttp writes headers in UTF-8 alone."
        raise RequestError([finding("adapter_unsuitable", message)]) from None
