"""A layer around the app that counts requests and lets queued faults strike."""

import asyncio

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from watchword_playground.control import PREFIX
from watchword_playground.distort import distorted
from watchword_playground.faults import Fault
from watchword_playground.pause import STEP, pause
from watchword_playground.state import State

_BODILESS = (204, 205, 304)


class Traffic:
    """Plain ASGI, so that nothing stands between a fault and the socket."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count the request, then delay it, replace or spoil its answer, or pass it on."""
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        fault = self._state.record(scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        await pause(self._state, fault.delay)
        if fault.status is not None:
            await _answer(fault, fault.status)(scope, receive, send)
        elif fault.kind == "answer":
            await self._app(scope, receive, send)
        elif fault.kind in ("lost_reply", "no_reply"):
            await self._app(scope, receive, _nowhere)
            await self._fall_silent(scope, receive, hold=fault.kind == "no_reply")
        else:
            await distorted(self._app, fault.kind)(scope, receive, send)

    async def _fall_silent(self, scope: Scope, receive: Receive, *, hold: bool) -> None:
        """Drop the connection: now, or once the client goes away or the playground stops."""
        while hold and not self._state.closing:
            try:
                message = await asyncio.wait_for(receive(), STEP)
            except asyncio.TimeoutError:
                continue
            hold = message["type"] != "http.disconnect"
        transport = self._state.transports.get(tuple(scope["client"] or ("", 0)))
        if transport is None:
            raise RuntimeError("only the playground's own server can drop a connection")
        transport.abort()
        # Until it hears of that, the server would send an answer of its own.
        while (await receive())["type"] != "http.disconnect":
            pass


async def _nowhere(_message: Message) -> None:
    """Lose what the app answers."""


def _answer(fault: Fault, status: int) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if status in _BODILESS:
        return Response(status_code=status, headers=headers)
    words = f"a fault was asked for: {status}"
    content = {"detail": words}
    if fault.error is not None:
        content = {"error": fault.error, "error_description": words}
    return JSONResponse(content, status, headers)
