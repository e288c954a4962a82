"""The gate when the connection is fine, but the API is down or slow, or a proxy answers in its place."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import dagster as dg
import pytest

from dagster_watchword import ApiKeyResource, ApiResource, build_credentials_check

Materialize = Callable[..., dg.ExecuteInProcessResult]

PAGE = "<!doctype html><html><head><title>Proxy</title></head><body>Blocked by policy.</body></html>"


@dg.asset(deps=["acme_credentials"])
def orders(acme: ApiResource) -> None:
    """Never starts here."""


@contextmanager
def answering(status: int, body: str = "", slow: bool = False) -> Iterator[str]:  # noqa: FBT001, FBT002 - a test
    """Serve this answer to every request, as a proxy does too: its requests have whole URLs."""
    ended = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if slow:
                ended.wait(30)
            self.send_response(status)
            if status == 407:
                self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.send_header("Content-Type", "text/html" if body else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_CONNECT = do_GET

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def found(materialize: Materialize, api: str, **fields: Any) -> dg.AssetCheckEvaluation:
    """Return the check's evaluation; no extraction may have started."""
    resource = ApiKeyResource(
        name="acme", base_url=api, test_url=f"{api}/v1/me", api_key="made-up-s3cret", **fields
    )
    result = materialize([build_credentials_check("acme"), orders], acme=resource)
    (evaluation,) = result.get_asset_check_evaluations()
    assert not result.success
    assert "orders" not in {event.step_key for event in result.all_events if event.is_step_start}
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.ERROR
    assert "made-up" not in str(evaluation)
    return evaluation


def said(evaluation: dg.AssetCheckEvaluation) -> tuple[str, str, str]:
    """Return verdict, code and permanence; the reason must be in the description too."""
    values = {name: entry.value for name, entry in evaluation.metadata.items()}
    deciding = next(each for each in values["findings"] if each["code"] == values["code"])
    start = "transient: " if deciding["permanence"] == "transient" else ""
    assert str(evaluation.description).startswith(f"{start}{values['verdict']}: {values['code']}: ")
    assert deciding["message"] in str(evaluation.description)
    assert values["advice"] in str(evaluation.description)
    return values["verdict"], values["code"], deciding["permanence"]


def test_an_api_that_is_down_is_a_transient_fault(materialize: Materialize) -> None:
    """A refused connection says nothing about the credential, and may go away."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        evaluation = found(materialize, f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert said(evaluation) == ("unreachable", "connect_refused", "transient")


def test_a_slow_api_is_a_transient_fault(materialize: Materialize) -> None:
    """An API that takes longer than the timeout is told apart from one that refuses."""
    with answering(200, slow=True) as api:
        evaluation = found(materialize, api, timeout=0.5)
    assert said(evaluation) == ("unreachable", "read_timeout", "transient")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (407, "", ("unreachable", "proxy_authentication_required", "configuration")),
        (502, "", ("unreachable", "server_error_5xx", "transient")),
        (502, PAGE, ("unreachable", "server_error_5xx", "transient")),
        (200, PAGE, ("inconclusive", "unexpected_content_type", "inconclusive")),
    ],
    ids=["407", "502", "502 with a page", "a page with 200"],
)
def test_a_proxy_that_answers_for_the_api_is_no_proof(
    status: int, body: str, expected: tuple[str, str, str], materialize: Materialize
) -> None:
    """The proxy's login, its fault and its page are named; none of them counts as the API's answer."""
    with answering(status, body) as proxy:
        evaluation = found(
            materialize, "http://api.acme.test", proxy=proxy, allowed_origins=["http://api.acme.test"]
        )
    assert said(evaluation) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (407, ("unreachable", "proxy_authentication_required", "configuration")),
        (502, ("unreachable", "proxy_error", "transient")),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_named(
    status: int, expected: tuple[str, str, str], materialize: Materialize
) -> None:
    """With https the proxy's own answer to CONNECT decides."""
    with answering(status) as proxy:
        evaluation = found(materialize, "https://api.acme.test", proxy=proxy)
    assert said(evaluation) == expected
