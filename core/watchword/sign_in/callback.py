"""Wait on loopback for the browser that comes back from a sign-in page."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

_PAGE = b"Thank you. You may close this page and go back to where you began the sign-in.\n"

_SILENCE = 10.0
"""Longest wait for a connected browser to say something, in seconds."""


@dataclass(frozen=True)
class Callback:
    """An absolute URL on 127.0.0.1 that a browser may visit once."""

    url: str
    _visits: Queue[str]

    def visited(self, seconds: float) -> str | None:
        """Return path and query of the visit; None where nobody comes within so many seconds."""
        try:
            return self._visits.get(timeout=seconds)
        except Empty:
            return None


@contextlib.contextmanager
def listening(port: int = 0) -> Iterator[Callback]:
    """Listen on 127.0.0.1 at a path that nobody can guess; port 0 takes any that is free.

    Raises:
        OSError: the port can't be had.
    """
    path, visits = f"/{secrets.token_urlsafe(16)}", Queue[str](1)
    with _Server(("127.0.0.1", port), _handler(path, visits)) as server:
        Thread(target=server.serve_forever, args=(0.1,), name="watchword-callback", daemon=True).start()
        try:
            yield Callback(f"http://127.0.0.1:{server.server_port}{path}", visits)
        finally:
            server.shutdown()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
        """Print nothing: browsers open connections on suspicion and hang up."""


def _handler(path: str, visits: Queue[str]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _SILENCE

        def do_GET(self) -> None:
            """Take the first visit; what else a browser asks for, such as an icon, is not there."""
            if self.path.partition("?")[0] != path or visits.full():
                self.send_error(404)
                return
            try:
                self._answer()
            finally:
                with contextlib.suppress(Full):
                    visits.put_nowait(self.path)

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(_PAGE)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(_PAGE)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the base's signature
            """Print nothing: the request line holds the verifier."""

    return Handler
