"""One request of aiohttp, as the driver sends it."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
from aiohttp.payload import AsyncIterablePayload
from requests import PreparedRequest
from yarl import URL

from watchword import redact
from watchword.adapters.added_by_signing import Added, added_by_signing
from watchword.adapters.aiohttp_response import AiohttpResponse, clean_redirect, keep_cookies, mask_errors
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.driver import body_not_replayable
from watchword.adapters.request_proxy import (
    UNREAD_BODY,
    Headers,
    RequestProxy,
    changed_body,
    changed_headers,
)
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.flow import FlowResponse
from watchword.redact import NeverPickled


class AiohttpExchange(NeverPickled):
    """A request of aiohttp that waits to be signed, and the handler that sends the signed copy."""

    def __init__(
        self,
        authenticator: Authenticator,
        request: aiohttp.ClientRequest,
        url: str,
        handler: aiohttp.ClientHandlerType,
        flow_response: Callable[[AiohttpResponse], Awaitable[FlowResponse]] | None = None,
    ) -> None:
        self.authenticator = authenticator
        self.flow_response = flow_response
        self._request = request
        self._url = url
        self._handler = handler
        self._signed: PreparedRequest | None = None
        payload = request.body
        self._body: object = (
            (payload if isinstance(payload, AsyncIterablePayload) else UNREAD_BODY) if payload else None
        )

    def new_request(self) -> RequestProxy:
        """Return the request in the form that flows work on."""
        return RequestProxy(self._request.method, self._url, self._headers, self._body)

    def _headers(self) -> Headers:
        headers = self._request.headers.items()
        return [(name, value if value.isascii() else value.encode()) for name, value in headers]

    def rewind(self, _: PreparedRequest, /) -> None:
        """Do nothing if the body can be sent again; raise RequestError if not."""
        if self._request.body and self._request.body.consumed:
            raise body_not_replayable()

    async def aread_body(self) -> None:
        """Read the body into memory; raises RequestError if aiohttp will compress it afterwards."""
        if self._request.compress:
            message = "The signature covers this request's body, which aiohttp compresses when it is sent."
            raise RequestError([finding("body_not_signable", message, advice="Compress it yourself.")])
        payload = self._request.body
        self._body = await payload.as_bytes() if payload else None

    async def send(self, signed: PreparedRequest, /) -> AiohttpResponse:
        """Send a signed copy; the response and errors show the request as it was made."""
        self._signed = signed
        response = await transmit(await self._signed_copy(signed), self._request.request_info, self._handler)
        clean_redirect(response, self.added, self._restored if self.authenticator.path_secrets else None)
        return AiohttpResponse(response)

    def _restored(self, location: str) -> str:
        return self.authenticator.restored(location, self._url)

    def added(self) -> Added | None:
        """Return what signing added to the copy that was sent last."""
        return added_by_signing(self._signed, self._url, unsigned_body=self._body) if self._signed else None

    @staticmethod
    def set_cookies(received: AiohttpResponse) -> list[str]:
        """Return the lines of Set-Cookie."""
        return received.response.headers.getall("Set-Cookie", [])

    @staticmethod
    def keep_cookies(received: AiohttpResponse, lines: Sequence[str]) -> None:
        """Leave only these lines of Set-Cookie to the session's jar."""
        keep_cookies(received.response, lines)

    async def _signed_copy(self, signed: PreparedRequest) -> aiohttp.ClientRequest:
        request, headers = copy_of(self._request), self._request.headers.copy()
        for name, value in changed_headers(signed):
            if value is None:
                headers.popall(name, None)
            else:
                headers[name] = _header_text(name, value)
        request.headers = headers
        if signed.url != self._url:
            request.url = URL(signed.url or "", encoded=True)
        body = changed_body(signed, self._body)
        if body is not None:
            await request.update_body(body)
        return request


async def transmit(
    request: aiohttp.ClientRequest, info: aiohttp.RequestInfo, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send a copy of a request; the response and errors show the request that `info` describes."""
    try:
        response = await handler(request)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        redact.exception(error, lambda value: info if isinstance(value, aiohttp.RequestInfo) else value)
        if isinstance(error, (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError)):
            await request.close()  # the session may send the body again, which the copy's writer holds
        raise
    response._request_info = info  # noqa: SLF001 - it has no public name, and shows what was sent
    mask_errors(response)
    return response


def address(request: aiohttp.ClientRequest) -> str:
    """Return the absolute URL that aiohttp calls, built from the parts that it uses: no user, no fragment."""
    url = request.url
    return f"{url.scheme}://{url.host_port_subcomponent}{url.raw_path_qs}"


def copy_of(request: aiohttp.ClientRequest) -> aiohttp.ClientRequest:
    """Return a shallow copy of a request."""
    copy: aiohttp.ClientRequest = object.__new__(type(request))
    vars(copy).update(vars(request))  # copy.copy does the same and takes three times as long
    return copy


def with_tls(request: aiohttp.ClientRequest, tls: ssl.SSLContext) -> aiohttp.ClientRequest:
    """Return a copy of a request that is sent over connections of this TLS context alone."""
    copy = copy_of(request)
    copy._ssl = tls  # noqa: SLF001 - aiohttp gives a middleware no other way in
    return copy


def _header_text(name: str, value: str | bytes) -> str:
    """Return the text that aiohttp writes as the bytes that are meant; raises RequestError without one."""
    if isinstance(value, str):
        if value.isascii():
            return value
        value = value.encode("latin-1")
    try:
        return value.decode()
    except UnicodeDecodeError:
        message = f"The header {name} is in Latin-1, and aiohttp writes headers only in UTF-8."
        raise RequestError([finding("adapter_unsuitable", message)]) from None
