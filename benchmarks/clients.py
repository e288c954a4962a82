"""The cost of authentication in each HTTP client, compared with a fixed header of the client itself.

The socket of each client is replaced. What remains is the client's own work, with and without watchword; the
difference is the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
import requests
from harness import Comparison, compare, show
from requests.adapters import HTTPAdapter

import watchword

BASE = "https://api.example.com"
URL = f"{BASE}/v1/orders?page=2"
HEADERS = {"Authorization": "Bearer a-bearer-token"}
CONNECTION = watchword.load({"base_url": BASE, "method": "bearer", "bearer_token": "a-bearer-token"})

CALLS = 50
"""Requests in one run of an asynchronous client, because starting the event loop costs time too."""


def main() -> None:
    """Measure each client and print the tables."""
    for comparison in comparisons():
        show(comparison)


def comparisons() -> list[Comparison]:
    """Return the cost of a request in each client, first with the client's fixed header."""
    return [sync_requests(), sync_httpx(), async_httpx(), async_aiohttp()]


def sync_requests() -> Comparison:
    """Compare `conn.session()` with a session that has the header."""
    response = requests.Response()
    response.status_code = 200
    HTTPAdapter.send = lambda *_, **__: response  # type: ignore[method-assign]
    plain = requests.Session()
    plain.headers.update(HEADERS)
    ours = CONNECTION.session()
    contenders = {"its own fixed header": lambda: plain.get(URL), "watchword": lambda: ours.get(URL)}
    return compare("requests session", contenders)


def sync_httpx() -> Comparison:
    """Compare `conn.httpx_client()` with a client that has the header."""
    httpx.HTTPTransport.handle_request = lambda *_: httpx.Response(200)  # type: ignore[method-assign]
    plain, ours = httpx.Client(headers=HEADERS), CONNECTION.httpx_client()
    contenders = {"its own fixed header": lambda: plain.get(URL), "watchword": lambda: ours.get(URL)}
    return compare("httpx client", contenders)


def async_httpx() -> Comparison:
    """Compare `conn.async_httpx_client()` with a client that has the header."""

    async def respond(*_: object) -> httpx.Response:
        return httpx.Response(200)

    httpx.AsyncHTTPTransport.handle_async_request = respond  # type: ignore[method-assign]
    plain, ours = httpx.AsyncClient(headers=HEADERS), CONNECTION.async_httpx_client()
    contenders = {
        "its own fixed header": looped(lambda: plain.get(URL)),
        "watchword": looped(lambda: ours.get(URL)),
    }
    return per_call(compare("httpx client, asynchronous", contenders))


def async_aiohttp() -> Comparison:
    """Compare `conn.aiohttp_middleware()` with a middleware that sets the header."""
    middleware = CONNECTION.aiohttp_middleware()
    response = SimpleNamespace(status=200, headers={}, content=None)

    async def handler(_: aiohttp.ClientRequest) -> Any:  # noqa: ANN401 - stands for the network
        return response

    async def plain(request: aiohttp.ClientRequest, call_next: Callable[..., Awaitable[Any]]) -> None:
        request.headers["Authorization"] = HEADERS["Authorization"]
        await call_next(request)

    request = asyncio.run(an_aiohttp_request())
    contenders = {
        "its own fixed header": looped(lambda: plain(request, handler)),
        "watchword": looped(lambda: middleware(request, handler)),
    }
    return per_call(compare("aiohttp middleware", contenders))


async def an_aiohttp_request() -> aiohttp.ClientRequest:
    """Return a request as aiohttp passes it to a middleware."""
    requests_seen: list[aiohttp.ClientRequest] = []

    async def capture(request: aiohttp.ClientRequest, _: object) -> Any:  # noqa: ANN401 - never returns
        requests_seen.append(request)
        raise ConnectionAbortedError

    async with aiohttp.ClientSession(middlewares=(capture,)) as session:
        try:
            await session.get(URL)
        except aiohttp.ClientOSError:
            return requests_seen[0]
    raise AssertionError("aiohttp made no request")


def per_call(comparison: Comparison) -> Comparison:
    """Return the cost of one call of a run that makes `CALLS`."""
    return replace(
        comparison, seconds={name: seconds / CALLS for name, seconds in comparison.seconds.items()}
    )


def looped(call: Callable[[], Awaitable[object]]) -> Callable[[], None]:
    """Return a run of `CALLS` awaited calls."""

    async def run() -> None:
        for _ in range(CALLS):
            await call()

    return lambda: asyncio.run(run())


if __name__ == "__main__":
    main()
