"""`ApiHook` against the playground."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from airflow.sdk.bases.hook import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

import watchword
from airflow_provider_watchword import ApiHook
from watchword import DocumentError
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
METHODS = [method for method in CREDENTIALS if method != "none"]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_authenticates(connect: Connect, method: str) -> None:
    """Requests of `run` and of the hook's session are authenticated for every method."""
    hook = ApiHook(connect(method))
    assert hook.run("/v1/me").json()["method"] == method
    with hook.get_conn() as api:
        assert api.get("/v1/me").json()["method"] == method


def test_a_connection_gives_the_hook(connect: Connect) -> None:
    """`Connection.get_hook` returns an ApiHook and passes parameters by name, as HttpOperator needs it."""
    hook = BaseHook.get_connection(connect()).get_hook(hook_params={"method": "GET", "auth_type": None})
    assert isinstance(hook, ApiHook)
    assert hook.run("v1/me").status_code == 200


@pytest.mark.parametrize("tcp_keep_alive", [True, False])
def test_sockets_are_kept_alive_as_http_hook_does(connect: Connect, *, tcp_keep_alive: bool) -> None:
    """The socket has HttpHook's keep-alive options."""
    hook = ApiHook(connect(), tcp_keep_alive=tcp_keep_alive, tcp_keep_alive_idle=77)
    with hook.get_conn() as api, api.get("/v1/me", stream=True) as response:
        sock = response.raw.connection.sock
        assert bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)) is tcp_keep_alive
        if tcp_keep_alive:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 77


def test_auth_type_is_refused() -> None:
    """`auth_type` is an error, because the connection already says how to authenticate."""
    with pytest.raises(ValueError, match="Leave auth_type out"):
        ApiHook("acme", auth_type=requests.auth.HTTPBasicAuth)


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [(None, ""), ("v1/me", "/v1/me"), ("/v1/me", "/v1/me"), ("/v1/me?a=b", "/v1/me?a=b")],
)
def test_endpoints_join_the_base_url(
    connect: Connect, playground: Playground, endpoint: str | None, path: str
) -> None:
    """A relative endpoint is joined with one slash, also before the first call."""
    assert ApiHook(connect()).url_from_endpoint(endpoint) == f"{playground.url}/bearer{path}"


def test_absolute_endpoints_stay_as_they_are(connect: Connect) -> None:
    """An absolute endpoint, such as a link to the next page, is used as it is."""
    url = "https://api.example.com/v1/airports?page=2"
    assert ApiHook(connect()).url_from_endpoint(url) == url


def test_the_connection_makes_no_headers(connect: Connect, playground: Playground) -> None:
    """The hook doesn't send the connection's extra as headers, as Airflow's own hooks do."""
    conn_id = connect(scope=None, test_url=f"{playground.url}/bearer/v1/me")
    with ApiHook(conn_id).get_conn({"X-Mine": "1"}) as api:
        names = {name.lower() for name in api.headers}
    assert names == {"user-agent", "accept-encoding", "accept", "connection", "x-mine"}


def test_the_options_of_a_call_are_honoured(connect: Connect) -> None:
    """The options of a call have HttpHook's names and effects."""
    options = {
        "stream": True,
        "verify": "/etc/authorities.pem",
        "cert": "/etc/client.pem",
        "proxies": {"https": "http://proxy.example.com"},
        "max_redirects": 2,
        "trust_env": False,
    }
    with ApiHook(connect()).get_conn(extra_options=options) as api:
        assert {name: getattr(api, name) for name in options} == options


def test_headers_of_one_call_stay_with_it(connect: Connect, playground: Playground) -> None:
    """Sessions share the adapter, but not the headers of one call."""
    hook = ApiHook(connect("none"))
    sent = hook.run("/v1/me", headers={"X-Mine": "1"}).request.headers
    assert sent["X-Mine"] == "1"
    assert "X-Mine" not in hook.run("/v1/me").request.headers


def test_a_timeout_is_passed_on(connect: Connect, playground: Playground) -> None:
    """A call's timeout, in seconds, applies to its request."""
    playground.fault(delay=5, path="/bearer")
    with pytest.raises(requests.ReadTimeout):
        ApiHook(connect()).run("/v1/me", extra_options={"timeout": 0.2})


def test_an_error_is_quoted_shortly_and_masked(
    connect: Connect, capsys: pytest.CaptureFixture[str], echo: str
) -> None:
    """An error's text is logged in part and masked; Airflow's own hooks log all of it."""
    secret = CREDENTIALS["bearer"]["bearer_token"]
    hook = ApiHook(connect(base_url=echo))
    with pytest.raises(AirflowException, match=r"^500:Internal Server Error for GET http.*\*\*\*") as caught:
        hook.run("/anything")
    logged = capsys.readouterr().out
    [line] = [line for line in logged.splitlines() if "[error" in line]
    assert "The API responded 500 Internal Server Error: Host: " in line
    assert "***" in line
    assert len(line) < 500
    assert secret not in f"{logged}{caught.value}"
    assert len(str(caught.value)) < 800


def test_the_check_of_the_response_can_be_left_out(connect: Connect, echo: str) -> None:
    """`check_response: False` suppresses the error of a bad status, as in HttpHook."""
    hook = ApiHook(connect(base_url=echo))
    assert hook.run("/anything", extra_options={"check_response": False}).status_code == 500


@pytest.fixture
def echo() -> Iterator[str]:
    """An API that answers 500 and repeats, at length, the headers that it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (str(self.headers) * 50).encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_validation_gives_the_report(connect: Connect, playground: Playground) -> None:
    """The hook passes its arguments to the validation and returns its report."""
    hook = ApiHook(connect())
    assert hook.validate(f"{playground.url}/bearer/v1/me").ok
    assert hook.validate().deciding.code.name == "not_proven"
    assert hook.connection.name == "acme"


@pytest.mark.parametrize("method", [method for method in METHODS if not watchword.METHODS[method].signs_in])
def test_the_test_button_is_green_when_valid(connect: Connect, playground: Playground, method: str) -> None:
    """The button is green if a call to the connection's test URL succeeds."""
    ok, text = ApiHook(connect(method, test_url=f"{playground.url}/{method}/v1/me")).test_connection()
    assert ok, text
    assert text.startswith("valid: ")


def test_the_test_button_needs_no_test_url_for_a_token(connect: Connect) -> None:
    """A new token proves client id and secret, so the button needs no test URL."""
    assert ApiHook(connect("oauth2_client_credentials")).test_connection()[0] is True


def test_the_test_button_is_red_when_nothing_is_proven(connect: Connect) -> None:
    """A fixed secret without a test URL can't be validated, so the button is red."""
    ok, text = ApiHook(connect()).test_connection()
    assert not ok
    assert "not_proven: No call was made. Give a test URL" in text


def test_the_test_button_says_why_it_is_red(connect: Connect, playground: Playground) -> None:
    """The button shows cause and advice of a failure."""
    playground.revoke("bearer")
    ok, text = ApiHook(connect(test_url=f"{playground.url}/bearer/v1/me")).test_connection()
    assert not ok
    assert "unauthorized_401" in text


def test_the_test_button_shows_any_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The button shows any error, watchword's and Airflow's, as its text."""
    monkeypatch.setenv("AIRFLOW_CONN_ACME", json.dumps({"conn_type": "watchword", "extra": {"method": "x"}}))
    assert "schema_version_missing" in ApiHook("acme").test_connection()[1]
    assert "connection_missing: There is no connection 'nobody'" in ApiHook("nobody").test_connection()[1]


BAD = [
    ({"drop": ("bearer_token",)}, "missing_field"),
    ({"bearer_token": "***"}, "placeholder_secret"),
    ({"bearer_token": "env:HOME"}, "reference_not_allowed"),
    ({"bearer_token": "canary-1\ncanary-2"}, "header_illegal"),
    ({"bearer_token": ["canary-1"]}, "wrong_type"),
    ({"method_": "canary"}, "unknown_field"),
    ({"base_url": "ftp://api.example.com"}, "url_not_absolute"),
    ({"base_url": "http://api.example.com"}, "url_plain_http"),
    ({"base_url": None}, "missing_field"),
    ({"timeout": "canary-1"}, "wrong_type"),
    ({"secret_parameters": {"nowhere": "canary-1"}}, "parameter_malformed"),
    ({"ca_bundle": "/nowhere.pem"}, "file_missing"),
    ({"client_certificate": "/nowhere.pem"}, "reference_not_allowed"),
]


@pytest.mark.parametrize(("changes", "code"), BAD)
def test_bad_documents_end_in_a_finding(
    connect: Connect, playground: Playground, changes: dict[str, Any], code: str
) -> None:
    """A bad document gives a finding with code and advice; no request is sent, and no secret is shown."""
    hook = ApiHook(connect(**changes))
    with pytest.raises(DocumentError) as caught:
        hook.get_conn()
    assert code in [found.code.name for found in caught.value.findings]
    assert all(found.advice for found in caught.value.findings)
    assert "canary" not in str(caught.value).replace("'canary'", "")
    assert not hook.test_connection()[0]
    assert playground.counts() == {}


def test_an_unknown_connection_stays_airflows_error() -> None:
    """An unknown connection raises Airflow's own error, so Airflow's retries apply; it says what to do."""
    with pytest.raises(
        AirflowNotFoundException, match=r"^connection_missing: .*'nobody'.* Correct the id, or"
    ):
        ApiHook("nobody").get_conn()
