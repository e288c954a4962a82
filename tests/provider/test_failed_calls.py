"""What `ApiOperator` says about a call that failed: the same text on the worker and after the triggerer."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import tenacity
from airflow.sdk.exceptions import AirflowException

from airflow_provider_watchword import ApiOperator
from tests.provider.test_outages import answering
from tests.support import deferral
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
BOTH = pytest.mark.parametrize("deferrable", [True, False])
KEY = CREDENTIALS["api_key"]["api_key"]


def failure(expected: type[Exception] = Exception, **arguments: Any) -> str:
    """Return the text of the exception that an operator ends with; it holds no secret."""
    task = ApiOperator(task_id="call", http_conn_id="acme", **{"method": "GET", **arguments})
    with pytest.raises(expected) as caught:
        deferral.run(task)
    text = str(caught.value)
    assert KEY not in text
    assert "0wn-s3cret" not in text
    return text


@contextmanager
def closed_port() -> Iterator[str]:
    """Give a URL of loopback that refuses connections, and that no other program gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


REFUSALS = [
    (401, "401:Unauthorized", "unauthorized_401: The API refused the credential (401). Check"),
    (403, "403:Forbidden", "forbidden_403: The API forbids this call (403). Ask the provider"),
    (429, "429:Too Many Requests", "rate_limited_429: The API limits the rate of calls (429). "),
    (503, "503:Service Unavailable", "server_error_5xx: The API answered 503. "),
]


@BOTH
@pytest.mark.parametrize(("status", "start", "reason"), REFUSALS)
def test_a_refusal_names_call_connection_code_and_advice(
    connect: Connect, status: int, start: str, reason: str, *, deferrable: bool
) -> None:
    """The exception begins with the status as in `HttpOperator`, and goes on with everything for a remedy."""
    with answering(status) as url:
        connect("api_key", base_url=url, retries=0)
        text = failure(
            AirflowException, endpoint="/v1/a?access_token=0wn-s3cret&page=2", deferrable=deferrable
        )
    call = f"{start} for GET {url}/v1/a?access_token=***&page=2 (connection 'acme'): "
    assert text.startswith(call + reason)
    assert f"[status: {status}] [answer: " in text
    assert "The gateway is busy." in text


@BOTH
@pytest.mark.parametrize(("status", "start"), [(404, "404:Not Found"), (422, "422:Unprocessable")])
def test_an_error_of_the_call_itself_names_the_call(
    connect: Connect, status: int, start: str, *, deferrable: bool
) -> None:
    """A wrong path or parameter says nothing about the credential: the exception has the API's own words."""
    with answering(status) as url:
        connect("api_key", base_url=url)
        text = failure(AirflowException, endpoint="/v1/a", deferrable=deferrable)
    assert text.startswith(start)
    assert f"for GET {url}/v1/a (connection 'acme'). Check endpoint, method and data of this call." in text
    assert "The gateway is busy." in text


@BOTH
@pytest.mark.parametrize("redirects", [True, False])
def test_a_foreign_origin_names_allowed_origins(
    connect: Connect, *, deferrable: bool, redirects: bool
) -> None:
    """A refusal by another origin says that the call had no credential, and which field allows it."""
    with answering(401) as foreign, answering(307, {"Location": f"{foreign}/v1/b"}) as url:
        connect("api_key", base_url=url)
        endpoint = "/v1/a" if redirects else f"{foreign}/v1/b"
        text = failure(AirflowException, endpoint=endpoint, deferrable=deferrable)
    assert text.startswith(
        f"401:Unauthorized for GET {foreign}/v1/b (connection 'acme'): origin_not_allowed: "
    )
    assert "this origin isn't in allowed_origins. Add it there if it may receive the credential." in text


NO_RESPONSES = {
    "refused": ("connect_refused", "Check the port"),
    "proxy": ("proxy_error", "Check the address of the proxy"),
    "silent": ("read_timeout", "Try again; if the server"),
    "loop": ("redirect_loop", "Give the final URL"),
}


@BOTH
@pytest.mark.parametrize("kind", NO_RESPONSES)
def test_a_call_without_a_response_is_a_finding(connect: Connect, kind: str, *, deferrable: bool) -> None:
    """Code, advice, verb, URL without secrets, and connection are in the text of each network fault."""
    endpoint = "/v1/a?token=0wn-s3cret"
    with (
        closed_port() as closed,
        closed_port() as proxy,
        socket.create_server(("127.0.0.1", 0)) as silent,
        answering(302, {"Location": endpoint}) as loop,
    ):
        url = {"silent": f"http://127.0.0.1:{silent.getsockname()[1]}", "loop": loop}.get(kind, closed)
        connect("api_key", base_url=url, retries=0, **({"proxy": proxy} if kind == "proxy" else {}))
        options = {"timeout": 0.3} if kind == "silent" else {}
        text = failure(endpoint=endpoint, extra_options=options, deferrable=deferrable)
    code, advice = NO_RESPONSES[kind]
    assert re.match(rf"{code}: .*{re.escape(advice)}", text), text
    assert f"[call: GET {url}/v1/a?token=***] [connection: acme]" in text


def test_a_network_fault_keeps_its_type(connect: Connect) -> None:
    """On the worker the exception is still that of requests, whose type retry_args can name."""
    with closed_port() as url:
        connect("api_key", base_url=url)
        assert failure(requests.ConnectionError, endpoint="/v1/a").startswith("connect_refused: ")


@pytest.mark.parametrize("down", [True, False])
def test_retry_args_end_with_the_last_reason(connect: Connect, playground: Playground, *, down: bool) -> None:
    """After the last try, the exception is the last failure, and not tenacity's RetryError."""
    tries: list[int] = []
    arguments = {
        "stop": tenacity.stop_after_attempt(2),
        "retry": tenacity.retry_if_exception_type((requests.ConnectionError, AirflowException)),
        "before": lambda state: tries.append(state.attempt_number),
    }
    with closed_port() as closed:
        connect("api_key", **({"base_url": closed} if down else {}))
        playground.revoke("api_key")
        text = failure(endpoint="/v1/me", retry_args=arguments, deferrable=True)
    assert text.startswith("connect_refused: " if down else "401:Unauthorized for GET ")
    assert tries == [1, 2]


def test_retry_args_can_still_ask_for_tenacity_s_error(connect: Connect) -> None:
    """An explicit `reraise` counts."""
    with closed_port() as url:
        connect("api_key", base_url=url)
        arguments = {"stop": tenacity.stop_after_attempt(1), "reraise": False}
        failure(tenacity.RetryError, endpoint="/v1/a", retry_args=arguments)
