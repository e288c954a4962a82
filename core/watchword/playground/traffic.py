"""A layer around the app that counts requests and lets queued faults strike."""

import asyncio
import time

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from watchword.playground.control import PREFIX
from watchword.playground.state import State

_BODILESS = (204, 205, 304)


class Traffic:
    """Plain ASGI, so that nothing stands between a fault and the socket."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, then delay it, replace its answer, or pass it on."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        fault = self._state.record(scope["path"])
        if fault is not None:
            await self._wait(fault.delay)
        if fault is None or fault.status is None:
            await self._app(scope, receive, send)
        else:
            await _disturbed(fault.status)(scope, receive, send)

    async def _wait(self, seconds: float) -> None:
        """Sleep in small steps, so that a long delay doesn't hold up the shutdown."""
        until = time.monotonic() + seconds
        # An event would belong to one loop, and the state outlives the server's.
        while not self._state.closing and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, 0.05))


def _disturbed(status: int) -> Response:
    if status in _BODILESS:
        return Response(status_code=status)
    return JSONResponse({"detail": f"a fault was asked for: {status}"}, status)
