"""A small reverse proxy in front of several servers, as a load balancer stands before an application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from itertools import cycle
from types import TracebackType

from aiohttp import ClientSession, DummyCookieJar, web
from typing_extensions import Self
from yarl import URL

_OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)


class Proxy:
    """A port that hands each request to one of the servers in turn, or to the one that `only` names.

    Args:
        ports: the servers.
        prefix: the path that is theirs, such as /team/airflow; what is asked for elsewhere isn't found.
    """

    def __init__(self, ports: Sequence[int], prefix: str = "") -> None:
        self.only: int | None = None
        """The number of the server that gets every request, from 0; None lets them take turns."""

        self.requests = [0] * len(ports)
        """How many requests each server got."""

        self.port = 0
        self._ports = ports
        self._prefix = prefix
        self._turns = cycle(range(len(ports)))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._client = ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", f"{self._prefix}/{{path:.*}}", self._hand_on)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def _hand_on(self, request: web.Request) -> web.Response:
        """Hand on a request with its `Host`, so that the server knows the address that the person typed."""
        number = next(self._turns) if self.only is None else self.only
        self.requests[number] += 1
        target = URL(f"http://127.0.0.1:{self._ports[number]}{request.raw_path}", encoded=True)
        headers = [(name, text) for name, text in request.headers.items() if name.lower() not in _OF_ONE_HOP]
        body = await request.read()
        async with self._client.request(
            request.method, target, headers=headers, data=body, allow_redirects=False
        ) as response:
            content = await response.read()
        answer = web.Response(status=response.status, body=content)
        for name, text in response.headers.items():
            if name.lower() not in _OF_ONE_HOP - {"content-encoding"}:
                answer.headers.add(name, text)
        return answer
