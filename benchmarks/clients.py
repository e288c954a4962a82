"""What authentication adds to a request in each HTTP client, beside the client's own fixed header.

The socket is taken out of each client; what is left is the client's own work, with and without
watchword. The difference is what counts.
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
"""Requests that one run of an asynchronous client makes, since starting the loop costs too."""


def main() -> None:
    """Measure each client and print the tables."""
    for comparison in comparisons():
        show(comparison)


def comparisons() -> list[Comparison]:
    """Return what a request costs in each client, first with its own fixed header."""
    return [sync_requests(), sync_httpx(), async_httpx(), async_aiohttp()]


def sync_requests() -> Comparison:
    """`conn.session()` beside a session with the header."""
    answer = requests.Response()
    answer.status_code = 200
    HTTPAdapter.send = lambda *_, **__: answer  # type: ignore[method-assign]
    plain = requests.Session()
    plain.headers.update(HEADERS)
    ours = CONNECTION.session()
    contenders = {"its own fixed header": lambda: plain.get(URL), "watchword": lambda: ours.get(URL)}
    return compare("requests session", contenders)


def sync_httpx() -> Comparison:
    """`conn.httpx_client()` beside a client with the header."""
    httpx.HTTPTransport.handle_request = lambda *_: httpx.Response(200)  # type: ignore[method-assign]
    plain, ours = httpx.Client(headers=HEADERS), CONNECTION.httpx_client()
    contenders = {"its own fixed header": lambda: plain.get(URL), "watchword": lambda: ours.get(URL)}
    return compare("httpx client", contenders)


def async_httpx() -> Comparison:
    """`conn.async_httpx_client()` beside a client with the header."""

    async def answered(*_: object) -> httpx.Response:
        return httpx.Response(200)

    httpx.AsyncHTTPTransport.handle_async_request = answered  # type: ignore[method-assign]
    plain, ours = httpx.AsyncClient(headers=HEADERS), CONNECTION.async_httpx_client()
    contenders = {
        "its own fixed header": looped(lambda: plain.get(URL)),
        "watchword": looped(lambda: ours.get(URL)),
    }
    return each(compare("httpx client, asynchronous", contenders))


def async_aiohttp() -> Comparison:
    """`conn.aiohttp_middleware()` beside a middleware that sets the header."""
    middleware = CONNECTION.aiohttp_middleware()
    answer = SimpleNamespace(status=200, headers={})

    async def handler(_: aiohttp.ClientRequest) -> Any:  # noqa: ANN401 - stands for the network
        return answer

    async def plain(request: aiohttp.ClientRequest, following: Callable[..., Awaitable[Any]]) -> None:
        request.headers["Authorization"] = HEADERS["Authorization"]
        await following(request)

    request = asyncio.run(an_aiohttp_request())
    contenders = {
        "its own fixed header": looped(lambda: plain(request, handler)),
        "watchword": looped(lambda: middleware(request, handler)),
    }
    return each(compare("aiohttp middleware", contenders))


async def an_aiohttp_request() -> aiohttp.ClientRequest:
    """Return a request as aiohttp hands it to a middleware."""
    seen: list[aiohttp.ClientRequest] = []

    async def keep(request: aiohttp.ClientRequest, _: object) -> Any:  # noqa: ANN401 - never answers
        seen.append(request)
        raise ConnectionAbortedError

    async with aiohttp.ClientSession(middlewares=(keep,)) as session:
        try:
            await session.get(URL)
        except aiohttp.ClientOSError:
            return seen[0]
    raise AssertionError("aiohttp made no request")


def each(comparison: Comparison) -> Comparison:
    """Return what one call costs, where a run makes many."""
    return replace(
        comparison, seconds={name: seconds / CALLS for name, seconds in comparison.seconds.items()}
    )


def looped(call: Callable[[], Awaitable[object]]) -> Callable[[], None]:
    """Return a run of many awaited calls."""

    async def run() -> None:
        for _ in range(CALLS):
            await call()

    return lambda: asyncio.run(run())


if __name__ == "__main__":
    main()
