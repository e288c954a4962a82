"""One server on loopback that serves all traps, each below the path of its name."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.traps.answers import Answer, Asked, Caller, Reply
from tests.traps.forms import FORMS, Request, is_real_client
from tests.traps.trap import Trap

TOKEN_PATH = "token"
LONGEST = 6.0
"""Seconds after which the server ends an answer that never ends: longer than each time limit of a trap."""


class Traps:
    """The traps by name, how often each of them was called, and with which credentials but the real one."""

    def __init__(self, traps: list[Trap]) -> None:
        self.traps = {trap.name: trap for trap in traps}
        self.calls: Counter[tuple[str, Caller]] = Counter()
        self.others: dict[str, set[str]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request, by the trap of its path and by its credential."""
        _, name, rest = urlsplit(request.target).path.split("/", 2)
        trap = self.traps[name]
        if rest == TOKEN_PATH and trap.token:
            is_real = is_real_client(request, trap.secret or FORMS[trap.form].secret)
            return _made(trap.token[not is_real], Asked("real", 1, "", request.verb, request.target, {}))
        sent, caller = self._caller(trap, request)
        with self._lock:
            self.calls[name, caller] += 1
            count = self.calls[name, caller]
            if caller == "other":
                self.others.setdefault(name, set()).add(sent)
        asked = Asked(caller, count, sent, request.verb, request.target, request.headers)
        return _made(trap.reply(caller), asked)

    @staticmethod
    def _caller(trap: Trap, request: Request) -> tuple[str, Caller]:
        form = FORMS[trap.form]
        sent = form.sent(request)
        if not sent:
            return sent, "none"
        return sent, "real" if form.is_real(sent, trap.secret or form.secret) else "other"


def _made(reply: Reply, asked: Asked) -> Answer:
    return reply(asked) if callable(reply) else reply


@contextmanager
def serving(traps: Traps) -> Iterator[str]:
    """Serve the traps, and give the server's URL without a slash at the end."""

    class Handler(_Handler):
        is_ending = threading.Event()

    Handler.traps = traps
    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        Handler.is_ending.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    traps: Traps
    is_ending: threading.Event

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(LONGEST)  # a kept connection that nobody uses

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client has gone, which is its right
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Print nothing: pytest shows what failed."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        answer = self.traps.answer(Request(self.command, self.path, headers, body))
        if answer.wait:
            self.is_ending.wait(answer.wait)
        if answer.fault in {"hang", "reset"}:
            self._nothing(answer)
            return
        self._head(answer)
        if self.command != "HEAD":
            self._body(answer)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def _nothing(self, answer: Answer) -> None:
        if answer.fault == "hang":
            self.is_ending.wait(LONGEST)
        self.close_connection = True

    def _head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.fault in {"drip", "endless"}:
            self.send_header("Connection", "close")
        elif answer.status not in {204, 304}:
            missing = 1000 if answer.fault == "cut" else 0
            self.send_header("Content-Length", str(len(answer.body) + missing))
        self.end_headers()

    def _body(self, answer: Answer) -> None:
        if answer.fault == "drip":
            self._drip(answer.body)
        elif answer.fault == "endless":
            self._repeat(answer.body * 2000)
        else:
            self.wfile.write(answer.body)
        if answer.fault:
            self.close_connection = True

    def _drip(self, body: bytes) -> None:
        end = time.monotonic() + LONGEST
        for number in range(1000):
            if time.monotonic() > end or self.is_ending.wait(0.1):
                return
            self.wfile.write(body[number : number + 1] or b" ")

    def _repeat(self, block: bytes) -> None:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end and not self.is_ending.is_set():
            self.wfile.write(block)
