"""Serve the console on loopback, to the person who opens the URL that it prints."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from watchword.console.app import create_app
from watchword.console.local import COOKIE, LocalHost

ENTRANCE = "key"
"""The parameter of the one-time URL."""

HOST = "127.0.0.1"

_USED = "This URL was opened before. Stop watchword console and start it again.\n"


class _Entrance:
    """Exchanges the one-time key of the first URL for a cookie, so that no URL lets anybody in afterwards."""

    def __init__(self, host: LocalHost, key: str) -> None:
        self._host = host
        self._key = key

    async def __call__(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        given = request.query_params.get(ENTRANCE)
        if request.url.path != "/" or given is None or not self._host.accepts(request):
            return await call_next(request)
        if not self._key or not secrets.compare_digest(given.encode(), self._key.encode()):
            return PlainTextResponse(_USED, 403)
        self._key = ""
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, self._host.key, httponly=True, samesite="lax")
        return response


def local_app(port: int) -> tuple[FastAPI, str]:
    """Return the app for a port of this machine, and the absolute URL that lets one browser in, once."""
    host, key = LocalHost(port), secrets.token_urlsafe(32)
    app = create_app(host)
    app.add_middleware(BaseHTTPMiddleware, dispatch=_Entrance(host, key))
    return app, f"http://{HOST}:{port}/?{ENTRANCE}={key}"


def serve(port: int, opens: Callable[[str], object]) -> None:
    """Serve the console until Ctrl-C; `opens` is called with the URL that lets a browser in.

    Raises:
        OSError: the port can't be used.
    """
    with socket.create_server((HOST, port)) as listener:
        app, url = local_app(listener.getsockname()[1])
        # Its access log would hold the one-time key.
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        )
        opens(url)
        server.run([listener])
