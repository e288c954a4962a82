"""A connection that is fine, while its API is down or slow, or a proxy answers in its place."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSensorTimeout

from airflow_provider_watchword import CredentialSensor
from tests.support import deferral
from watchword_playground import Playground

Connect = Callable[..., str]
PAGE = b"<html><head><title>Sorry</title></head><body><h1>The gateway is busy.</h1></body></html>"
BOTH = pytest.mark.parametrize("deferrable", [True, False])


@contextmanager
def answering(status: int, headers: dict[str, str] | None = None) -> Iterator[str]:
    """Run a server that answers every request with a web page, and return its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "text/html", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        do_CONNECT = do_GET

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def outcome(deferrable: bool) -> str:  # noqa: FBT001 - the parameter of the tests
    """Return the exception of a sensor that waits 0.1 s at most: its class and its message."""
    gate = CredentialSensor(
        task_id="gate",
        http_conn_id="acme",
        timeout=0.1,
        poke_interval=0.01,
        mode="poke",
        deferrable=deferrable,
    )
    with pytest.raises((AirflowFailException, AirflowSensorTimeout)) as caught:
        deferral.run(gate)
    return f"{type(caught.value).__name__}: {caught.value}"


@BOTH
@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_s_page_is_waited_for(connect: Connect, status: int, *, deferrable: bool) -> None:
    """A gateway's error page is a transient fault, and the exception of the timeout names it."""
    with answering(status) as url:
        connect(base_url=url, test_url=f"{url}/v1/me")
        text = outcome(deferrable)
    assert text.startswith("AirflowSensorTimeout: ")
    assert "unreachable: server_error_5xx: " in text
    assert str(status) in text


@BOTH
def test_an_api_that_is_down_is_waited_for(connect: Connect, *, deferrable: bool) -> None:
    """A refused connection is a transient fault."""
    connect(base_url="http://127.0.0.1:9", test_url="http://127.0.0.1:9/v1/me")
    text = outcome(deferrable)
    assert text.startswith("AirflowSensorTimeout: ")
    assert "unreachable: connect_refused: " in text


@BOTH
def test_a_slow_api_is_waited_for(connect: Connect, *, deferrable: bool) -> None:
    """An API that doesn't answer in time is a transient fault."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        connect(base_url=url, test_url=f"{url}/v1/me", timeout=0.2)
        text = outcome(deferrable)
    assert text.startswith("AirflowSensorTimeout: ")
    assert "unreachable: read_timeout: " in text


@BOTH
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (502, r"AirflowSensorTimeout: .*unreachable: (server_error_5xx|proxy_error): "),
        (407, r"AirflowFailException: unreachable: proxy_authentication_required: "),
    ],
)
def test_a_proxy_that_answers_is_named(
    connect: Connect, playground: Playground, status: int, expected: str, *, deferrable: bool
) -> None:
    """A proxy's own refusal isn't taken for the API's: 502 is waited for, 407 is to be configured."""
    with answering(status, {"Proxy-Authenticate": "Basic"}) as proxy:
        connect(test_url=f"{playground.url}/bearer/v1/me", proxy=proxy)
        text = outcome(deferrable)
    assert re.match(expected, text), text
    assert playground.counts() == {}


@BOTH
def test_a_page_in_place_of_the_api_is_no_success(connect: Connect, *, deferrable: bool) -> None:
    """A proxy's page with status 200 proves nothing: the task fails, and is not called valid."""
    with answering(200) as url:
        connect(base_url=url, test_url=f"{url}/v1/me")
        text = outcome(deferrable)
    assert "valid_but_limited" not in text
    assert "AirflowFailException: " in text
