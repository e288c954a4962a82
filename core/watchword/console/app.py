"""The console's app, which every host serves."""

from __future__ import annotations

from importlib.resources import files

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from watchword import redact
from watchword.console import (
    building,
    device_codes,
    hand_over,
    importing,
    listing,
    one_connection,
    signing_in,
    signing_out,
)
from watchword.console.guard import Guard
from watchword.console.host import Host
from watchword.console.pages import Pages
from watchword.console.requests import Gate
from watchword.errors import WatchwordError

_REFUSED, _UNAVAILABLE = 400, 503

_WORDS = {
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Changed meanwhile",
    413: "Too long",
}


def create_app(host: Host) -> FastAPI:
    """Return the app that serves the console for a host; its paths are relative to where it is mounted."""
    gate, pages = Gate(host), Pages(host.title)
    guard = Guard(host, gate)
    app = FastAPI(title="watchword console", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(BaseHTTPMiddleware, dispatch=gate)
    rooms = (
        *(listing, building, importing, one_connection),
        *(signing_in, device_codes, hand_over, signing_out),
    )
    for room in rooms:
        app.include_router(room.router(guard, pages))
    app.mount("/static", StaticFiles(directory=str(files("watchword.console") / "static")), name="static")

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        heading = _WORDS.get(error.status_code, "That didn't work")
        return pages.message(request, heading, str(error.detail), error.status_code)

    @app.exception_handler(WatchwordError)
    def failed(request: Request, error: WatchwordError) -> Response:
        status = _UNAVAILABLE if error.retryable else _REFUSED
        return pages.message(request, "That didn't work", redact.text(str(error)), status)

    return app
