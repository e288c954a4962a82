"""Wait on loopback for the browser that comes back from a sign-in page (RFC 8252 section 7.3)."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from watchword.http.origins import is_loopback

HOST = "127.0.0.1"

_PAGE = "Thank you. You may close this page and go back to where you began the sign-in.\n"
_STRANGE = "This is not the sign-in that was begun on this machine. It still waits for the right one.\n"

_USED = "This address was opened before. Unless that was you, end the sign-in and begin it again.\n"

# What RFC 3986 gives a meaning in URLs, and escapes.
_AS_IT_IS = ":/?#[]@!$&'()*+,;=%~"

_SILENCE = 10.0
"""Longest wait for a connected browser to say something, in seconds."""


@dataclass
class Callback:
    """An absolute URL on loopback that a browser may visit once.

    Visits without the `state`, once that is set, are somebody else's and don't count: any page that is
    open may send a browser to a path that it can guess.
    """

    url: str
    _visits: Queue[str]
    state: str = ""
    _leads: dict[str, str] = field(default_factory=dict)

    def leading_to(self, page: str) -> str:
        """Return an unguessable URL of this listener that leads a browser on to a page, once."""
        path = f"/{secrets.token_urlsafe(16)}"
        self._leads[path] = quote(page, safe=_AS_IT_IS)
        return urljoin(self.url, path)

    def lead(self, path: str) -> str | None:
        """Return the page that a path leads to, "" where somebody was there before, None where nowhere."""
        page = self._leads.get(path)
        if page:
            # Of two at once one alone gets it.
            page = self._leads.pop(path, "")
            self._leads[path] = ""
        return page

    def visited(self, seconds: float) -> str | None:
        """Return path and query of the visit; None where nobody comes within so many seconds."""
        try:
            return self._visits.get(timeout=seconds)
        except Empty:
            return None

    def is_expected(self, query: str) -> bool:
        """Return whether a visit with this query belongs to the sign-in that is waited for."""
        return not self.state or self.state in {value for name, value in parse_qsl(query) if name == "state"}


@dataclass(frozen=True)
class ListenAddress:
    """Where on this machine to listen; port 0 takes any that is free."""

    host: str = HOST
    port: int = 0
    path: str = ""


def listen_address_of(redirect_uri: str) -> ListenAddress | None:
    """Return where to listen for a redirect URI's visit; None where that is not plain http on loopback."""
    if not redirect_uri.lower().startswith("http://") or not is_loopback(redirect_uri):
        return None
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port or 0
    except ValueError:
        return None
    named = parts.hostname or ""
    return ListenAddress(HOST if named == "localhost" else named, port, parts.path or "/")


@contextlib.contextmanager
def listening(port: int = 0, path: str = "", host: str = HOST) -> Iterator[Callback]:
    """Listen on loopback; port 0 takes any that is free, no path is one that nobody can guess.

    Raises:
        OSError: the port can't be had.
    """
    unguessable = secrets.token_urlsafe(16)
    # At a path that can be guessed nobody is let in before the state is known.
    callback = Callback("", Queue[str](1), state=unguessable if path else "")
    path = path or f"/{unguessable}"
    kind = _Server6 if ":" in host else _Server
    with kind((host, port), _handler(path, callback)) as server:
        shown = f"[{host}]" if ":" in host else host
        callback.url = f"http://{shown}:{server.server_port}{path}"
        Thread(target=server.serve_forever, args=(0.1,), name="watchword-callback", daemon=True).start()
        try:
            yield callback
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
        """Print nothing: browsers open connections on suspicion and hang up."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler(path: str, callback: Callback) -> type[BaseHTTPRequestHandler]:
    visits = callback._visits  # noqa: SLF001 - of this module

    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE

        def do_GET(self) -> None:
            """Take the first visit; what else a browser asks for, such as an icon, is not there."""
            page = callback.lead(self.path)
            if page is not None:
                self._lead_to(page)
                return
            came, _, query = self.path.partition("?")
            if came != path or visits.full():
                self.send_error(404)
                return
            if not callback.is_expected(query):
                self._answer(400, _STRANGE)
                return
            try:
                self._answer(200, _PAGE)
            finally:
                with contextlib.suppress(Full):
                    visits.put_nowait(self.path)

        def _lead_to(self, page: str) -> None:
            if page:
                self._answer(302, "", page)
            else:
                self._answer(410, _USED)

        def _answer(self, status: int, text: str, location: str = "") -> None:
            page = text.encode()
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
            """Print nothing: the request line holds the verifier."""

    return Handler
