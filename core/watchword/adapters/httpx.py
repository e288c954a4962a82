"""`conn.httpx_client()` and `conn.async_httpx_client()`: clients of httpx over a signing transport."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from requests import PreparedRequest

from watchword import redact
from watchword.adapters.async_driver import async_drive
from watchword.adapters.async_retry import async_with_retries
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.driver import drive
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import OriginGuard, cookies_for_foreign_origin, unwanted_headers
from watchword.adapters.own_cookies import foreign_lines
from watchword.adapters.refused_call import REFUSED, explain_foreign
from watchword.adapters.retry import IDEMPOTENT, with_retries
from watchword.adapters.token_threads import end_usage
from watchword.adapters.token_usage import TokenUsage
from watchword.flow import FlowResponse
from watchword.http import faults
from watchword.http.transport_options import TransportOptions
from watchword.http.urls import joined

try:
    import httpx
except ModuleNotFoundError as missing:
    raise missing_extra("httpx") from missing

from watchword.adapters.httpx_pools import Pools
from watchword.adapters.httpx_refused import explained
from watchword.adapters.httpx_request import UnsignedHttpxRequest, address, clean_redirect, is_replayable
from watchword.adapters.httpx_response import (
    AsyncMaskedBody,
    MaskedBody,
    async_flow_response,
    flow_response,
    is_streamed,
    marked,
)
from watchword.redact import NeverPickled

redact.filter_logs()


class SigningTransport(NeverPickled, httpx.BaseTransport):
    """Authenticates a copy of each request, at the last moment and only for allowed origins.

    The client above sees the request as it was made, so redirects, exceptions, history and
    `response.request` hold no credential, and every hop is checked and signed anew.
    """

    def __init__(self, authenticator: Authenticator, options: TransportOptions) -> None:
        self._authenticator = authenticator
        self._retries = options.retries
        self._origin_guard = OriginGuard(authenticator)
        self._usage = TokenUsage(authenticator.token_cache)
        self._body_refusal = body_refusal_of(authenticator)
        self._pools: Pools[httpx.HTTPTransport] = Pools(options, _pool)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, authenticated if its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, its body can't be sent again, or its address
                may not be called.
            TokenError: the method needs a token, and none could be obtained.
            httpx.TransportError: a network fault, with no secret in it.
        """
        url = address(request.url)
        covered = self._origin_guard.covers(url)
        if covered:
            if not self._usage.begun:
                self._usage.begin()
            exchange = _Exchange(self._authenticator, request, url)
            exchange.pools, exchange.pool = self._pools, self._pools.choose(url, covered=True)
            if self._body_refusal is not None and not is_streamed(request):
                exchange.flow_response = partial(flow_response, self._body_refusal)
            attempt = partial(drive, exchange)
        else:
            _clean_for_foreign_origin(self._origin_guard, request)
            attempt = partial(_transmit, request, self._pools.choose(url, covered=False))
        if self._retries and _is_repeatable(request):
            response = with_retries(attempt, self._retries, _is_transient)
        else:
            response = attempt()
        _finish(self._origin_guard, self._authenticator, response, exchange if covered else None)
        return response

    def close(self) -> None:
        """Close the network connections, and end the use of the token, which may log out."""
        for pool in self._pools.all():
            pool.close()
        self._usage.end()


class AsyncSigningTransport(NeverPickled, httpx.AsyncBaseTransport):
    """The same as `SigningTransport` in an event loop of asyncio, which it never blocks."""

    def __init__(self, authenticator: Authenticator, options: TransportOptions) -> None:
        self._authenticator = authenticator
        self._retries = options.retries
        self._origin_guard = OriginGuard(authenticator)
        self._usage = TokenUsage(authenticator.token_cache)
        self._body_refusal = body_refusal_of(authenticator)
        self._pools: Pools[httpx.AsyncHTTPTransport] = Pools(options, _async_pool)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and raise the same errors as `SigningTransport.handle_request`."""
        url = address(request.url)
        covered = self._origin_guard.covers(url)
        if covered:
            if not self._usage.begun:
                self._usage.begin()
            exchange = _AsyncExchange(self._authenticator, request, url)
            exchange.pools, exchange.pool = self._pools, self._pools.choose(url, covered=True)
            if self._body_refusal is not None and not is_streamed(request):
                exchange.flow_response = partial(async_flow_response, self._body_refusal)
            attempt = partial(async_drive, exchange)
        else:
            _clean_for_foreign_origin(self._origin_guard, request)
            attempt = partial(_async_transmit, request, self._pools.choose(url, covered=False))
        if self._retries and _is_repeatable(request):
            response = await async_with_retries(attempt, self._retries, _is_transient)
        else:
            response = await attempt()
        _finish(self._origin_guard, self._authenticator, response, exchange if covered else None)
        return response

    async def aclose(self) -> None:
        """Close the network connections, and end the use of the token, which may log out."""
        for pool in self._pools.all():
            await pool.aclose()
        if self._authenticator.token_cache is not None:
            await end_usage(self._usage)


class ApiClient(NeverPickled, httpx.Client):
    """A client whose relative paths join the base URL and whose requests are authenticated when sent."""

    def __init__(self, base_url: str, authenticator: Authenticator, options: TransportOptions) -> None:
        signing = SigningTransport(authenticator, options)
        super().__init__(base_url=base_url, transport=signing, timeout=options.timeout, auth=httpx.Auth())
        self._joined = partial(joined, base_url)
        for name in authenticator.default_headers:
            self.headers.pop(name, None)

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:  # noqa: ANN401
        """Build a request whose URL is absolute or relative to the base URL; options are the base's."""
        return super().build_request(method, self._joined(str(url)), **options)

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; options are the base's."""
        return super().send(marked(request, stream=stream), stream=stream, **options)


class AsyncApiClient(NeverPickled, httpx.AsyncClient):
    """The same as `ApiClient` for asyncio."""

    def __init__(self, base_url: str, authenticator: Authenticator, options: TransportOptions) -> None:
        signing = AsyncSigningTransport(authenticator, options)
        super().__init__(base_url=base_url, transport=signing, timeout=options.timeout, auth=httpx.Auth())
        self._joined = partial(joined, base_url)
        for name in authenticator.default_headers:
            self.headers.pop(name, None)

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:  # noqa: ANN401
        """Build a request whose URL is absolute or relative to the base URL; options are the base's."""
        return super().build_request(method, self._joined(str(url)), **options)

    async def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request; options are the base's."""
        return await super().send(marked(request, stream=stream), stream=stream, **options)


class _Exchange(UnsignedHttpxRequest):
    """A request of a synchronous client, and the pool that it is sent through, unless a flow moves it."""

    pools: Pools[httpx.HTTPTransport]
    pool: httpx.HTTPTransport
    flow_response: Callable[[httpx.Response], FlowResponse] | None = None

    def send(self, signed: PreparedRequest, _: httpx.Response | None, /) -> httpx.Response:
        """Send a signed copy of the request."""
        pool = self.pools.choose(signed.url or "", covered=True) if self.is_moved(signed) else self.pool
        return _transmit(self.signed_copy(signed), pool)


class _AsyncExchange(UnsignedHttpxRequest):
    """A request of an asynchronous client, and the pool that it is sent through."""

    pools: Pools[httpx.AsyncHTTPTransport]
    pool: httpx.AsyncHTTPTransport
    flow_response: Callable[[httpx.Response], Awaitable[FlowResponse]] | None = None

    def send(self, signed: PreparedRequest, /) -> Awaitable[httpx.Response]:
        """Send a signed copy of the request."""
        pool = self.pools.choose(signed.url or "", covered=True) if self.is_moved(signed) else self.pool
        return _async_transmit(self.signed_copy(signed), pool)


def _pool(tls: ssl.SSLContext, proxy: str | None) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(verify=tls, proxy=proxy)


def _async_pool(tls: ssl.SSLContext, proxy: str | None) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(verify=tls, proxy=proxy)


def _transmit(request: httpx.Request, pool: httpx.HTTPTransport) -> httpx.Response:
    try:
        response = pool.handle_request(request)
    except Exception as error:  # any error may quote what was to be sent
        redact.exception(error)
        raise
    if isinstance(response.stream, httpx.SyncByteStream):
        response.stream = MaskedBody(response.stream)
    return response


async def _async_transmit(request: httpx.Request, pool: httpx.AsyncHTTPTransport) -> httpx.Response:
    try:
        response = await pool.handle_async_request(request)
    except Exception as error:  # any error may quote what was to be sent
        redact.exception(error)
        raise
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = AsyncMaskedBody(response.stream)
    return response


def _finish(
    origin_guard: OriginGuard,
    authenticator: Authenticator,
    response: httpx.Response,
    exchange: UnsignedHttpxRequest | None,
) -> None:
    """Free a response from what must not travel on; `exchange` is None for a foreign origin's."""
    if exchange is None:
        lines = UnsignedHttpxRequest.set_cookies(response) if authenticator.own_cookies else []
        remaining = foreign_lines(lines, authenticator.own_cookies)
        if len(remaining) < len(lines):
            UnsignedHttpxRequest.keep_cookies(response, remaining)
    elif origin_guard.remembers and (added := exchange.added()):
        origin_guard.remember(added)
    if response.has_redirect_location:
        if exchange is not None:
            exchange.restore_redirect(response)
        clean_redirect(response, exchange.added() if exchange else None)
    if response.status_code >= REFUSED:
        explained(response, authenticator.explain if exchange is not None else explain_foreign)


def _clean_for_foreign_origin(origin_guard: OriginGuard, request: httpx.Request) -> None:
    """Remove secrets from URL and headers of the request itself, which the client logs."""
    url, sent = str(request.url), origin_guard.sent
    clean_url = origin_guard.url_for_foreign_origin(url)
    if clean_url != url:
        request.url = httpx.URL(clean_url)
    for name in unwanted_headers(request.headers.items(), sent):
        del request.headers[name]
    cookies = request.headers.pop("Cookie", "")
    if clean_cookies := cookies_for_foreign_origin(cookies, sent):
        request.headers["Cookie"] = clean_cookies


def _is_repeatable(request: httpx.Request) -> bool:
    return request.method in IDEMPOTENT and is_replayable(request)


def _is_transient(error: Exception) -> bool:
    """Return whether a network fault may go away by waiting; a bad certificate doesn't."""
    if not isinstance(
        error, (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
    ):
        return False
    return not any(isinstance(cause, ssl.SSLError) for cause in faults.chain(error))
