"""`conn.httpx_client()` and `conn.async_httpx_client()`: clients of httpx over a signing transport."""

from __future__ import annotations

import ssl
from functools import partial
from typing import Any

from watchword import redact
from watchword.adapters import asynchronous
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.body_refusal import body_refusal_of
from watchword.adapters.extras import missing_extra
from watchword.adapters.origin_guard import OriginGuard, cookies_for_foreign_origin
from watchword.adapters.request_proxy import FlowDriver
from watchword.adapters.retry import IDEMPOTENT, with_retries
from watchword.adapters.token_usage import TokenUsage
from watchword.http.transport_options import TransportOptions
from watchword.http.urls import joined

try:
    import httpx
except ModuleNotFoundError as missing:
    raise missing_extra("httpx") from missing

from watchword.adapters.httpx_pools import Pools
from watchword.adapters.httpx_request import UnsignedRequest, address, clean_location, is_replayable
from watchword.adapters.httpx_response import ajudged, judged, marked
from watchword.redact import NeverPickled

redact.filter_logs()


class SigningTransport(httpx.BaseTransport):
    """Authenticates a copy of each request, at the last moment and only for allowed origins.

    The client above sees the request as it was made, so redirects, exceptions, history and
    `response.request` hold no credential, and every hop is judged and signed anew.
    """

    def __init__(self, authenticator: Authenticator, options: TransportOptions) -> None:
        self._authenticator = authenticator
        self._retries = options.retries
        self._origin_guard = OriginGuard(authenticator.origins)
        self._usage = TokenUsage(authenticator.token_cache)
        self._body_refusal = body_refusal_of(authenticator)
        self._pools: Pools[httpx.HTTPTransport] = Pools(options, _pool)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, authenticated where its origin may receive the credential.

        Raises:
            RequestError: the request can't take the credential, or its body can't be sent again.
            TokenError: the method needs a token and none could be had.
            httpx.TransportError: the network's faults, with no secret in them.
        """
        url = address(request.url)
        covered = self._origin_guard.covers(url)
        pool = self._pools.choose(url, covered=covered)
        if not covered:
            _clean_for_foreign_origin(self._origin_guard, request)
        unsigned = UnsignedRequest(request, url)
        attempt = self._authenticated if covered else _transmit_as_it_is
        if self._retries and _is_repeatable(request):
            response = with_retries(partial(attempt, unsigned, pool), self._retries, _passes)
        else:
            response = attempt(unsigned, pool)
        clean_location(response)
        return response

    def _authenticated(self, unsigned: UnsignedRequest, pool: httpx.HTTPTransport) -> httpx.Response:
        """Step the method's flow on copies of the request and return the last response."""
        if not self._usage.begun:
            self._usage.begin()
        body_refusal = self._body_refusal
        exchange = FlowDriver(self._authenticator, unsigned)
        signed = unsigned.signed(exchange.first())
        response = _transmit(signed, pool)
        try:
            while (
                again := exchange.following(
                    response if body_refusal is None else judged(body_refusal, response, unsigned.request)
                )
            ) is not None:
                self._authenticator.carry_cookies(again, response.headers.get_list("Set-Cookie"))
                response.close()  # unread: a refusal's body may be long in coming
                signed = unsigned.signed(again)
                response = _transmit(signed, pool)
        except BaseException:
            response.close()  # nobody else will: the caller gets the error alone
            raise
        unsigned.clean_echo(response, signed)
        return response

    def close(self) -> None:
        """Close the connections, and give the token back where the method wants that and nobody uses it."""
        for pool in self._pools.all():
            pool.close()
        self._usage.end()


class AsyncSigningTransport(httpx.AsyncBaseTransport):
    """The same as `SigningTransport` in an event loop of asyncio, which it never blocks."""

    def __init__(self, authenticator: Authenticator, options: TransportOptions) -> None:
        self._authenticator = authenticator
        self._retries = options.retries
        self._origin_guard = OriginGuard(authenticator.origins)
        self._usage = TokenUsage(authenticator.token_cache)
        self._body_refusal = body_refusal_of(authenticator)
        self._pools: Pools[httpx.AsyncHTTPTransport] = Pools(options, _async_pool)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and raise as `SigningTransport.handle_request` does."""
        url = address(request.url)
        covered = self._origin_guard.covers(url)
        pool = self._pools.choose(url, covered=covered)
        if not covered:
            _clean_for_foreign_origin(self._origin_guard, request)
        unsigned = UnsignedRequest(request, url)
        attempt = self._authenticated if covered else _async_transmit_as_it_is
        if self._retries and _is_repeatable(request):
            tried = partial(attempt, unsigned, pool)
            response = await asynchronous.with_retries(tried, self._retries, _passes)
        else:
            response = await attempt(unsigned, pool)
        clean_location(response)
        return response

    async def _authenticated(
        self, unsigned: UnsignedRequest, pool: httpx.AsyncHTTPTransport
    ) -> httpx.Response:
        if not self._usage.begun:
            self._usage.begin()
        body_refusal = self._body_refusal
        exchange = asynchronous.AsyncFlowDriver(self._authenticator, unsigned)
        signed = unsigned.signed(exchange.at_once() or await exchange.first())
        response = await _async_transmit(signed, pool)
        try:
            while (
                again := await exchange.following(
                    response
                    if body_refusal is None
                    else await ajudged(body_refusal, response, unsigned.request)
                )
            ) is not None:
                self._authenticator.carry_cookies(again, response.headers.get_list("Set-Cookie"))
                await response.aclose()
                signed = unsigned.signed(again)
                response = await _async_transmit(signed, pool)
        except BaseException:
            await response.aclose()
            raise
        unsigned.clean_echo(response, signed)
        return response

    async def aclose(self) -> None:
        """Close the connections, and give the token back where the method wants that and nobody uses it."""
        for pool in self._pools.all():
            await pool.aclose()
        if self._authenticator.token_cache is not None:
            await asynchronous.end(self._usage)


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


def _pool(tls: ssl.SSLContext, proxy: str | None) -> httpx.HTTPTransport:
    return httpx.HTTPTransport(verify=tls, proxy=proxy)


def _async_pool(tls: ssl.SSLContext, proxy: str | None) -> httpx.AsyncHTTPTransport:
    return httpx.AsyncHTTPTransport(verify=tls, proxy=proxy)


def _transmit(request: httpx.Request, pool: httpx.HTTPTransport) -> httpx.Response:
    try:
        return pool.handle_request(request)
    except Exception as error:  # whatever it is, it may quote what was to be sent
        redact.exception(error)
        raise


def _transmit_as_it_is(unsigned: UnsignedRequest, pool: httpx.HTTPTransport) -> httpx.Response:
    return _transmit(unsigned.request, pool)


async def _async_transmit_as_it_is(
    unsigned: UnsignedRequest, pool: httpx.AsyncHTTPTransport
) -> httpx.Response:
    return await _async_transmit(unsigned.request, pool)


async def _async_transmit(request: httpx.Request, pool: httpx.AsyncHTTPTransport) -> httpx.Response:
    try:
        return await pool.handle_async_request(request)
    except Exception as error:  # likewise
        redact.exception(error)
        raise


def _clean_for_foreign_origin(origin_guard: OriginGuard, request: httpx.Request) -> None:
    """Remove known secrets from URL and cookies of a request to another origin, in place, for its log."""
    url = str(request.url)
    kept = origin_guard.for_foreign_origin(url)
    if kept != url:
        request.url = httpx.URL(kept)
    cookies = request.headers.pop("Cookie", "")
    if kept := cookies_for_foreign_origin(cookies):
        request.headers["Cookie"] = kept


def _is_repeatable(request: httpx.Request) -> bool:
    return request.method in IDEMPOTENT and is_replayable(request)


def _passes(error: Exception) -> bool:
    """Return whether waiting may mend a fault of the network; no waiting mends a certificate."""
    if not isinstance(
        error, (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
    ):
        return False
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return False
        cause = cause.__cause__ or cause.__context__
    return True
