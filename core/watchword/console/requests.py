"""Which requests the console answers, and how each answer is protected.

Airflow's API server protects none of its plugins' routes: every rule is here, and holds for every route.
"""

from __future__ import annotations

import html
import logging
import traceback
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from watchword import redact
from watchword.console.host import Host, User

_log = logging.getLogger(__name__)

Next = Callable[[Request], Awaitable[Response]]

_CSRF = "watchword.console.form"

_LIFETIME = 12 * 3600
"""How long a page's forms may be sent after the page was made, in seconds."""

MOST_BYTES = 1 << 20
"""The longest body of a request, in bytes."""

CALLBACK_PATH = "/callback"
"""Where a browser comes back to from a provider's sign-in page."""

_HIDDEN = "null"
"""The origin of a sender that doesn't tell it (RFC 6454 section 7.3)."""

_READING = frozenset({"GET", "HEAD"})

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'self'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
}


_SESSION_ENDED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign in again</title></head>
<body>
<h1>Sign in again</h1>
<p role="alert">Your session has ended, so nothing was done.</p>
<p><a href="{list_url}">Sign in and go to the list</a></p>
</body>
</html>
"""


class Gate:
    """Lets in the requests of people that the host knows, and state changes from the console's own pages."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._signer = URLSafeTimedSerializer(host.signing_key, salt=_CSRF)

    async def __call__(self, request: Request, call_next: Next) -> Response:
        """Answer a request, or refuse it; every answer is protected."""
        response = await self._refusal(request) or await self._answer(request, call_next)
        if _is_callback(request):
            # Servers log the query after the answer: this one holds the code of a sign-in.
            request.scope["query_string"] = b""
        for name, value in _HEADERS.items():
            response.headers[name] = value
        return response

    def form_token(self, user: User) -> str:
        """Return the token that a page's forms send back; it serves one person for twelve hours."""
        return self._signer.dumps(user.id)

    def made(self, token: str, user: User) -> bool:
        """Return whether a form's token was made for a person, not longer ago than twelve hours."""
        try:
            return bool(self._signer.loads(token, max_age=_LIFETIME) == user.id)
        except BadSignature:
            return False

    async def _answer(self, request: Request, call_next: Next) -> Response:
        try:
            return await call_next(request)
        except Exception as error:  # noqa: BLE001 - the server would log the error's text, which may hold a secret
            lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
            _log.error("The console failed: %s", redact.text("".join(lines)))
            return PlainTextResponse("The console failed; its log says why.\n", 500)

    async def _refusal(self, request: Request) -> Response | None:
        if not self._host.accepts(request):
            return PlainTextResponse("This host name is not that of the console.\n", 421)
        user = await self._host.user_of(request)
        if user is None:
            return self._to_sign_in(request)
        request.state.console_user = user  # a host may keep its own `user` there
        if request.method in _READING:
            return None
        if not self._is_from_here(request):
            return PlainTextResponse("This request came from another site and was refused.\n", 403)
        if not 0 <= _length(request) <= MOST_BYTES:
            return PlainTextResponse("The form is too long.\n", 413)
        return None

    def _to_sign_in(self, request: Request) -> Response:
        if _is_callback(request):
            # The host's page would get the code of a sign-in in its own URL.
            return PlainTextResponse("Sign in here first, then begin at the connection's page again.\n", 401)
        url = self._host.sign_in_url(request)
        if not url or "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Sign in first.\n", 401)
        if request.method in _READING:
            return RedirectResponse(url, 307)
        # A form: the sign-in could not come back to what was sent. The list leads to the sign-in and back.
        list_url = html.escape(f"{request.scope.get('root_path', '')}/")
        return HTMLResponse(_SESSION_ENDED.format(list_url=list_url), 401)

    def _is_from_here(self, request: Request) -> bool:
        """Return whether a browser sent the request from a page of the console's own origin.

        `Sec-Fetch-Site` says so in every browser since 2023, and older ones send `Origin`. A form of a page
        with the policy `no-referrer` sends the origin `null`.
        """
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin", _HIDDEN)
        # A deployment may have another address than the one that it is configured with.
        is_own = origin in {_origin(self._host.root_url(request)), _origin(str(request.url))}
        return is_own if site is None else site == "same-origin" and (is_own or origin == _HIDDEN)


def _is_callback(request: Request) -> bool:
    return request.url.path == f"{request.scope.get('root_path', '')}{CALLBACK_PATH}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _length(request: Request) -> int:
    """Return the declared length of the body, -1 if it isn't declared: uvicorn holds senders to it."""
    if "transfer-encoding" in request.headers:
        return -1
    try:
        return int(request.headers.get("content-length", "0"))
    except ValueError:
        return -1
