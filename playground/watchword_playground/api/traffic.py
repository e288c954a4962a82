"""The ASGI layer around the app that counts requests and applies the queued faults."""

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchword_playground.api.control import PREFIX
from watchword_playground.api.distort import distorted
from watchword_playground.state.faults import Fault
from watchword_playground.state.pause import STEP, pause
from watchword_playground.state.state import State

_BODILESS = (204, 205, 304)


class Traffic:
    """Plain ASGI, so that a fault acts on the socket directly."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, then delay it, replace or distort its response, or pass it on."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        fault = self._state.record(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        await pause(self._state, fault.delay)
        if fault.status is not None:
            await _response(fault, fault.status)(scope, receive, send)
        elif fault.kind == "answer":
            await self._app(scope, receive, send)
        elif fault.kind in ("lost_reply", "no_reply"):
            await self._app(scope, receive, _discard)
            await self._drop_connection(scope, receive, silent=fault.kind == "no_reply")
        else:
            await distorted(self._app, fault.kind)(scope, receive, send)

    async def _drop_connection(self, scope: Scope, receive: Receive, *, silent: bool) -> None:
        """Drop the connection: at once, or, if `silent`, when the client or the playground ends it."""
        while silent and not self._state.closing:
            try:
                message = await asyncio.wait_for(receive(), STEP)
            except asyncio.TimeoutError:
                continue
            silent = message["type"] != "http.disconnect"
        transport = self._state.transports.get(tuple(scope["client"] or ("", 0)))
        if transport is None:
            raise RuntimeError("only the playground's own server can drop a connection")
        transport.abort()
        # Until the server notices the disconnect, it would send its own response.
        while (await receive())["type"] != "http.disconnect":
            pass


async def _discard(_message: Message) -> None:
    """Drop a part of the response."""


def _response(fault: Fault, status: int) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if status in _BODILESS:
        return Response(status_code=status, headers=headers)
    detail = f"a fault was asked for: {status}"
    content = {"detail": detail}
    if fault.error is not None:
        content = {"error": fault.error, "error_description": detail}
    return JSONResponse(content, status, headers)
