"""Calls against servers that send a byte now and then: they end in time, and leave nothing behind."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest

import watchword
from watchword.http.deadline import THREAD

pytestmark = pytest.mark.timeout(120)

HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "headers": (HEAD, b"X-Drip: so slowly that the greatest number of headers is not reached\r\n"),
    "one header": (HEAD + b"X-Drip: ", b"1"),
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "interim responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a body": (HEAD + b"Content-Length: 80000\r\n\r\n", b"a"),
    "a chunk's length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a body without an end": (HEAD + b"\r\n", b"a"),
    "a trailer": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X-Drip: so slowly that the greatest number of headers is not reached\r\n",
    ),
    "a redirect": (
        b"HTTP/1.1 302 Found\r\nLocation: /next\r\n",
        b"X-Drip: so slowly that the greatest number of headers is not reached\r\n",
    ),
}
"""What a server sends first, and what it repeats, byte by byte, until its client is gone."""

DRIP, LIMIT = 0.05, 1.0
"""Seconds between two bytes, and the time limit of a call: no byte of its own ends a call."""


class Dripping:
    """A server that drips; `open` is the number of its clients that are still there."""

    def __init__(self, first, drop):
        self._first, self._drop = first, drop
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.open = self.clients = 0
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._stopped.set()
        self._listener.close()

    def _accept(self):
        while not self._stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.open, self.clients = self.open + 1, self.clients + 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            with client:
                client.sendall(self._first)
                for byte in cycle(self._drop):
                    if self._stopped.wait(DRIP):
                        break
                    client.sendall(bytes([byte]))
        except OSError:
            pass  # the client is gone
        finally:
            with self._lock:
                self.open -= 1


@pytest.fixture
def dripping():
    """Give a function that starts a server: `dripping(first, drop)`."""
    running = []

    def start(first, drop):
        running.append(Dripping(first, drop))
        return running[-1]

    yield start
    for server in running:
        server.close()


def side_by_side(number, call):
    """Return the results of so many calls, which wait at the same time."""
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(call, range(number)))


def calls_left():
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def wait_for_the_end(server):
    """Wait until no call is left, and no client of the server."""
    while calls_left() or server.open:
        time.sleep(0.05)


@pytest.mark.parametrize("drip", DRIPS)
def test_twenty_validations_leave_no_thread_and_no_connection(dripping, drip):
    """After validations of an API that drips, whatever it drips, no thread and no socket is left."""
    server = dripping(*DRIPS[drip])
    made = watchword.load({"base_url": server.url, "method": "api_key", "api_key": "s3cret-key"})
    reports = side_by_side(20, lambda _: made.validate(f"{server.url}/me", timeout=LIMIT))
    assert {report.deciding.code.name for report in reports} == {"read_timeout"}
    while server.clients < 20:  # it accepts in its own time
        time.sleep(0.05)
    wait_for_the_end(server)


@pytest.mark.parametrize("drip", ["headers", "the status line", "interim responses", "a body"])
def test_logins_leave_no_thread_and_no_connection(dripping, drip):
    """After logins at a server that drips, no thread and no socket is left."""
    server = dripping(*DRIPS[drip])
    document = {
        "base_url": server.url,
        "method": "session_login",
        "password": "s3cret-login",
        "login_url": f"{server.url}/login",
        "login_body": {"user": "{{username}}"},
        "response_access_path": "access_token",
        "timeout": LIMIT,
    }
    made = [watchword.load({**document, "username": f"ann{number}"}) for number in range(10)]
    assert not any(side_by_side(10, lambda number: made[number].validate()))
    wait_for_the_end(server)


@pytest.mark.parametrize("drip", ["headers", "the status line", "a body"])
def test_token_requests_leave_no_thread_and_no_connection(dripping, drip):
    """A token request that outlives its caller ends at its own limit, however slowly the server drips."""
    server = dripping(*DRIPS[drip])
    document = {
        "base_url": server.url,
        "method": "oauth2_client_credentials",
        "client_secret": "s3cret-client",
        "token_url": f"{server.url}/token",
        "timeout": LIMIT,
    }
    made = [watchword.load({**document, "client_id": f"c{number}"}) for number in range(10)]
    reports = side_by_side(10, lambda number: made[number].validate())
    assert {report.deciding.code.name for report in reports} == {"read_timeout"}
    wait_for_the_end(server)


def test_a_renewal_of_a_sign_in_ends_too(dripping):
    """A renewal outlives its caller, but not its own limit, which headers can't stretch."""
    server = dripping(*DRIPS["headers"])
    document = {
        "base_url": server.url,
        "method": "oauth2_authorization_code",
        "client_id": "c",
        "client_secret": "s3cret-client",
        "token_url": f"{server.url}/token",
        "refresh_token": "s3cret-refresh",
        "timeout": LIMIT,
    }
    with pytest.raises(watchword.TokenError), watchword.load(document, name="acme").session() as session:
        session.get("/x")
    assert server.open == 1
    wait_for_the_end(server)


# urllib3 lets the garbage collector close a TLS socket whose connection ended before its handshake.
unclosed_by_urllib3 = pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket")


@unclosed_by_urllib3
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_drips_leaves_nothing(dripping, scheme):
    """A proxy that drips its answer, also the answer to CONNECT, leaves no thread and no socket."""
    server = dripping(*DRIPS["headers"])
    document = {
        "base_url": f"{scheme}://api.test",
        "allowed_origins": [f"{scheme}://api.test"],
        "method": "api_key",
        "api_key": "s3cret-key",
        "proxy": server.url,
    }
    made = watchword.load(document)
    assert not any(side_by_side(10, lambda _: made.validate(f"{scheme}://api.test/me", timeout=LIMIT)))
    wait_for_the_end(server)


@unclosed_by_urllib3
def test_a_handshake_that_drips_leaves_nothing(dripping):
    """A server that drips in the middle of a TLS handshake leaves no thread and no socket."""
    server = dripping(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x00")
    url = server.url.replace("http://", "https://")
    made = watchword.load({"base_url": url, "method": "api_key", "api_key": "s3cret-key"})
    assert not any(side_by_side(10, lambda _: made.validate(f"{url}/me", timeout=LIMIT)))
    wait_for_the_end(server)


def test_a_good_validation_leaves_no_socket(serve, reply):
    """The duplicates that watch over a call's sockets are closed with it."""
    server = serve(lambda seen: reply(200 if "s3cret-key" in seen.text else 401, body={"id": 1}))
    made = watchword.load({"base_url": server.url, "method": "api_key", "api_key": "s3cret-key"})
    assert made.validate(f"{server.url}/me").ok
    before = open_files()
    for _ in range(5):
        assert made.validate(f"{server.url}/me").ok
    while open_files() > before:  # the server's ends are closed a moment later
        time.sleep(0.05)


def open_files():
    return sum(1 for _ in Path("/dev/fd").iterdir())
