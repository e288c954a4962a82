"""Wait on loopback for the browser that comes back from a sign-in page (RFC 8252 section 7.3)."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from watchword.errors import TokenError
from watchword.findings.finding import printable
from watchword.http.origins import is_loopback

HOST = "127.0.0.1"

_REASON = "The command that began it says why.\n"
_DONE = "Thank you. You may close this page and go back to where you began the sign-in.\n"
_OTHER_SIGN_IN = "This is not the sign-in that began on this machine, which still waits for the right one.\n"
_USED = "This address was opened before. Unless you did that, end the sign-in and begin it again.\n"

# The characters that have a meaning in URLs (RFC 3986), and escapes.
_UNQUOTED = ":/?#[]@!$&'()*+,;=%~"

_REQUEST_TIMEOUT = 10.0
"""Longest wait for the request of a browser that has connected, in seconds."""

_TAKEN_TIMEOUT = 1.0
"""Longest wait for the command to take a visit, in seconds: a browser in the terminal holds the command."""

_RESULT_TIMEOUT = 60.0
"""Longest wait of a browser's page for the result of the sign-in, in seconds."""


@dataclass
class _Result:
    """What the browser's page says at the end: it is known after the code has been exchanged."""

    text: str = _DONE
    is_known: Event = field(default_factory=Event)


@dataclass
class Callback:
    """An absolute URL on loopback that a browser may visit once.

    Once `state` is set, visits without it are ignored: any open page may send a browser to a path that it
    can guess.
    """

    url: str
    _visits: Queue[str]
    state: str = ""
    _redirects: dict[str, str] = field(default_factory=dict)
    _result: _Result | None = None
    _is_taken: Event = field(default_factory=Event)
    _is_answered: Event = field(default_factory=Event)

    @contextlib.contextmanager
    def showing_result(self, name: str) -> Iterator[None]:
        """Let the browser's page wait for the end of the block, and say how the sign-in to `name` ended."""
        result = self._result = _Result()
        subject = f"The sign-in to {printable(name)}"
        try:
            yield
            result.text = f"Signed in to {printable(name)}. You may close this page.\n"
        except TokenError as error:
            result.text = f"{subject} {'failed' if error.retryable else 'was refused'}. {_REASON}"
            raise
        except BaseException:
            result.text = f"{subject} failed. {_REASON}"
            raise
        finally:
            result.is_known.set()
            if self._visits.unfinished_tasks:  # a browser waits for the result
                self._is_answered.wait(_REQUEST_TIMEOUT)

    def result(self) -> str:
        """Return the text of the browser's page, once it is known."""
        result = self._result if self._is_taken.wait(_TAKEN_TIMEOUT) else None
        return result.text if result and result.is_known.wait(_RESULT_TIMEOUT) else _DONE

    def is_answered(self) -> None:
        """Say that the browser has received its page."""
        self._is_answered.set()

    def redirecting_to(self, page: str) -> str:
        """Return an unguessable URL of this listener that redirects a browser to a page, once."""
        path = f"/{secrets.token_urlsafe(16)}"
        self._redirects[path] = quote(page, safe=_UNQUOTED)
        return urljoin(self.url, path)

    def redirect_of(self, path: str) -> str | None:
        """Return the page that a path redirects to; "" if it was used before, None if there is none."""
        page = self._redirects.get(path)
        if page:
            # Of two requests at once only one gets the page.
            page = self._redirects.pop(path, "")
            self._redirects[path] = ""
        return page

    def visited(self, seconds: float) -> str | None:
        """Return path and query of the visit, or None if there is none within so many seconds."""
        try:
            visit = self._visits.get(timeout=seconds)
        except Empty:
            return None
        self._is_taken.set()
        return visit

    def is_expected(self, query: str) -> bool:
        """Return whether a visit with this query belongs to the sign-in."""
        return not self.state or self.state in {value for name, value in parse_qsl(query) if name == "state"}


@dataclass(frozen=True)
class ListenAddress:
    """Where to listen on this machine; port 0 takes any free one."""

    host: str = HOST
    port: int = 0
    path: str = ""


def listen_address_of(redirect_uri: str) -> ListenAddress | None:
    """Return where to listen for a redirect URI, or None if it isn't plain http on loopback."""
    if not redirect_uri.lower().startswith("http://") or not is_loopback(redirect_uri):
        return None
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port or 0
    except ValueError:
        return None
    host = parts.hostname or ""
    return ListenAddress(HOST if host == "localhost" else host, port, parts.path or "/")


@contextlib.contextmanager
def listening(port: int = 0, path: str = "", host: str = HOST) -> Iterator[Callback]:
    """Listen on loopback; port 0 takes any free port, and without a path an unguessable one is made.

    Raises:
        OSError: the port can't be used.
    """
    unguessable = secrets.token_urlsafe(16)
    # At a path that can be guessed, no visit counts before the state is known.
    callback = Callback("", Queue[str](1), state=unguessable if path else "")
    path = path or f"/{unguessable}"
    kind = _Server6 if ":" in host else _Server
    with kind((host, port), _handler(path, callback)) as server:
        url_host = f"[{host}]" if ":" in host else host
        callback.url = f"http://{url_host}:{server.server_port}{path}"
        Thread(target=server.serve_forever, args=(0.1,), name="watchword-callback", daemon=True).start()
        try:
            yield callback
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
        """Print nothing: browsers open connections in advance and close them unused."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _handler(path: str, callback: Callback) -> type[BaseHTTPRequestHandler]:
    visits = callback._visits  # noqa: SLF001 - of this module

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT

        def do_GET(self) -> None:
            """Take the first visit; other paths that a browser asks for, such as an icon, are not found."""
            page = callback.redirect_of(self.path)
            if page is not None:
                self._redirect(page)
                return
            requested, _, query = self.path.partition("?")
            if requested != path or visits.full():
                self.send_error(404)
                return
            if not callback.is_expected(query):
                self._respond(400, _OTHER_SIGN_IN)
                return
            with contextlib.suppress(Full):
                visits.put_nowait(self.path)
            try:
                self._respond(200, callback.result())
            finally:
                callback.is_answered()

        def _redirect(self, page: str) -> None:
            if page:
                self._respond(302, "", page)
            else:
                self._respond(410, _USED)

        def _respond(self, status: int, text: str, location: str = "") -> None:
            body = text.encode()
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
            """Print nothing: the request line holds the verifier."""

    return Handler
