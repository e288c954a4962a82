"""Real local servers for the core's tests."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from watchword import stores
from watchword.findings.finding import Finding
from watchword.http.deadline import THREAD as DEADLINE_THREAD
from watchword.redact import texts
from watchword.redact.registry import Registry
from watchword.tokens import token_caches

_DANGLING = re.compile(r":\s*(?:[.,;](?:\s|$)|$)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a PostgreSQL server; not every environment runs them."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if "postgres" in {*getattr(item, "fixturenames", ()), *(p for p in parameters if isinstance(p, str))}:
            item.add_marker(pytest.mark.postgres)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    certificate: bool = False
    """Whether the client showed a certificate of its own."""

    @property
    def text(self) -> str:
        """All of it, to look for secrets in."""
        return f"{self.method} {self.path} {self.headers} {self.body!r}"


@dataclass(frozen=True)
class Reply:
    """What a server answers: status, headers, a body (JSON unless it is text), seconds to wait first."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang_up: bool = False


class Server:
    """A server on loopback whose answers a test writes; `seen` is what arrived, in order."""

    def __init__(self, answer: Callable[[Seen], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def _any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                shown = isinstance(self.connection, ssl.SSLSocket) and bool(self.connection.getpeercert())
                body = self.rfile.read(length)
                seen = Seen(self.command, self.path, dict(self.headers), body, shown)
                outer.seen.append(seen)
                reply = answer(seen)
                time.sleep(reply.delay)
                if reply.hang_up:
                    self.close_connection = True
                    return
                content = (
                    reply.body.encode() if isinstance(reply.body, str) else json.dumps(reply.body).encode()
                )
                # A test that gives a date means that one, beside which there is no other.
                (self.send_response_only if "Date" in reply.headers else self.send_response)(reply.status)
                headers = {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(content)),
                } | reply.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_CONNECT = _any

            def log_message(self, *_: Any) -> None: ...

        class Quiet(ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, *_: Any) -> None:
                """Clients of the tests hang up, or refuse the certificate, on purpose."""

            def shutdown_request(self, request: Any) -> None:
                # Closing with unread data would reset the connection, and a TLS alert be lost on its way.
                with contextlib.suppress(OSError):
                    request.shutdown(socket.SHUT_WR)
                    request.settimeout(0.5)
                    while request.recv(4096):
                        pass
                self.close_request(request)

        self._server = Quiet(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that starts a server: `serve(answer)`, where answer is a Reply or a function."""
    running: list[Server] = []

    def start(answer: Reply | Callable[[Seen], Reply], tls: ssl.SSLContext | None = None) -> Server:
        server = Server(answer if callable(answer) else lambda _: answer, tls)
        running.append(server)
        return server

    yield start
    for server in running:
        server.close()


@pytest.fixture
def reply() -> type[Reply]:
    """Give the class of answers, since test folders can't be imported from."""
    return Reply


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """Give a server context whose certificate is made out to localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test its own registry of secrets, and of tokens: another's would blank its texts.

    Calls that a test gave up end with it: they would use the next one's registries, settings and servers.
    """
    monkeypatch.setattr(token_caches, "_token_caches", token_caches.TokenCaches())
    monkeypatch.setattr(stores, "_stores", {})
    monkeypatch.setattr(texts, "_registry", Registry())
    yield
    for thread in threading.enumerate():
        if thread.name == DEADLINE_THREAD:
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _whole_messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test fail if one of its findings ends in a colon and an empty list."""
    dangling: list[str] = []
    completed = Finding.__post_init__

    def noticing(self: Finding) -> None:
        completed(self)
        dangling.extend(text for text in (self.message, self.advice) if _DANGLING.search(text))

    monkeypatch.setattr(Finding, "__post_init__", noticing)
    yield
    assert dangling == []


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the machine's own proxies, bundles and tokens out of the tests."""
    monkeypatch.setenv("WATCHWORD_HOME", str(tmp_path / "watchword"))
    monkeypatch.setenv("WATCHWORD_STORE", "memory://")
    monkeypatch.delenv("WATCHWORD_KEY", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
