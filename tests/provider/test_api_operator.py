"""`ApiOperator`, on the worker and in the triggerer: the same results as `HttpOperator`'s."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, TaskDeferred
from requests import Response

from airflow_provider_watchword import ApiOperator, api_call, operators
from airflow_provider_watchword.triggers import ApiTrigger
from tests.support import deferral
from watchword_playground import CREDENTIALS, Playground

Connect = Callable[..., str]
METHODS = [method for method in CREDENTIALS if method != "none"]
BOTH = pytest.mark.parametrize("deferrable", [True, False])


def operator(**arguments: Any) -> ApiOperator:
    return ApiOperator(
        task_id="call", http_conn_id="acme", **{"method": "GET", "deferrable": True, **arguments}
    )


def next_page(response: Response) -> dict[str, Any] | None:
    following = response.json()["next"]
    return {"endpoint": following} if following else None


def trigger_of(task: ApiOperator) -> ApiTrigger:
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    trigger = deferred.value.trigger
    assert isinstance(trigger, ApiTrigger)
    return trigger


@pytest.mark.parametrize("method", METHODS)
def test_a_deferred_call_is_authenticated(connect: Connect, playground: Playground, method: str) -> None:
    """Each method authenticates the call of the triggerer, and Airflow stores none of its secrets."""
    connect(method)
    task = operator(endpoint=f"{playground.url}/{method}/v1/me")
    stored = json.dumps(trigger_of(task).serialize())
    assert json.loads(deferral.run(task))["method"] == method
    fields = dict(CREDENTIALS[method])
    nested = fields.pop("secret_parameters", {})
    secrets = [*nested.values(), *(fields[name] for name in ("api_key", "password") if name in fields)]
    assert [secret for secret in secrets if secret in stored] == []


@BOTH
def test_pages_are_read_to_the_end(connect: Connect, playground: Playground, *, deferrable: bool) -> None:
    """The pagination function sees each page, and the filter gets all of them."""
    connect("api_key")
    task = operator(
        endpoint="/v1/airports?per_page=1000",
        pagination_function=next_page,
        response_filter=lambda pages: [len(page.json()["items"]) for page in pages],
        deferrable=deferrable,
    )
    assert deferral.run(task) == [1000, 1000, 1000, 376]


@BOTH
def test_the_response_looks_the_same(connect: Connect, *, deferrable: bool) -> None:
    """What functions of a DAG read from a response is the same on the worker and after the triggerer."""
    connect("api_key")
    task = operator(
        endpoint="/v1/me",
        response_check=lambda response: response.ok,
        response_filter=lambda response: (
            response.status_code,
            response.reason,
            response.headers["content-type"],
            response.encoding,
            response.url.rpartition("/")[2],
            response.json()["method"],
            response.elapsed.total_seconds() > 0,
            response.history,
            response.request.method,
            next(iter(response.iter_lines()))[:1],
        ),
        deferrable=deferrable,
    )
    expected = (200, "OK", "application/json", "utf-8", "me", "api_key", True, [], "GET", b"{")
    assert deferral.run(task) == expected


BODIES = [
    {"data": {"a": [1, 2], "b": None, "c": True}},
    {"data": "ü and text", "headers": {"Content-Type": "text/plain"}},
    {"data": json.dumps({"a": 1})},
    {"request_kwargs": {"json": {"a": [1, "ü"]}}},
    {"request_kwargs": {"params": {"q": "a b"}}, "data": {"x": "y"}},
    {},
]


@BOTH
@pytest.mark.parametrize("arguments", BODIES)
def test_bodies_are_sent_alike(connect: Connect, arguments: dict[str, Any], *, deferrable: bool) -> None:
    """A body has the same length on both ways, for each form of it that `HttpOperator` takes."""
    connect("api_key")
    lengths = [
        json.loads(
            deferral.run(operator(method="POST", endpoint="/v1/uploads", deferrable=each, **arguments))
        )
        for each in (deferrable, False)
    ]
    assert lengths[0] == lengths[1]


@BOTH
def test_a_refusal_fails_with_its_status(
    connect: Connect, playground: Playground, capsys: pytest.CaptureFixture[str], *, deferrable: bool
) -> None:
    """An error of the API fails the task, begins with the status, and shows no secret."""
    connect("api_key")
    playground.revoke("api_key")
    with pytest.raises(AirflowException, match=r"^401:Unauthorized"):
        deferral.run(operator(endpoint="/v1/me", deferrable=deferrable))
    logged = capsys.readouterr().out
    assert "The API responded 401 Unauthorized" in logged
    assert CREDENTIALS["api_key"]["api_key"] not in logged


@BOTH
def test_check_response_can_be_switched_off(
    connect: Connect, playground: Playground, *, deferrable: bool
) -> None:
    """With the option check_response off, an error's response reaches the filter."""
    connect("api_key")
    playground.revoke("api_key")
    task = operator(
        endpoint="/v1/me",
        extra_options={"check_response": False, "timeout": (3, 10), "allow_redirects": False},
        response_filter=lambda response: response.status_code,
        deferrable=deferrable,
    )
    assert deferral.run(task) == 401


def test_response_check_fails_the_task(connect: Connect) -> None:
    """A response check that returns False fails the task."""
    connect("api_key")
    with pytest.raises(AirflowException, match="Response check returned False"):
        deferral.run(operator(endpoint="/v1/me", response_check=lambda _: False))


@pytest.mark.parametrize(("changes", "code"), [({"bearer_tokn": "x"}, "unknown_field"), ({}, "timed")])
def test_a_connection_that_can_t_be_used_fails_with_its_finding(
    connect: Connect, playground: Playground, changes: dict[str, Any], code: str
) -> None:
    """A wrong document, or a token that isn't issued, fails the task with its finding."""
    if changes:
        connect(**changes)
    else:
        connect("oauth2_client_credentials", client_secret="wrong")
        code = "invalid_client"
    with pytest.raises(AirflowException, match=code):
        deferral.run(operator(endpoint="/v1/me"))


@BOTH
def test_an_unknown_connection_is_named(*, deferrable: bool) -> None:
    """An unknown connection fails the task, and the exception says what to do."""
    with pytest.raises(AirflowException, match=r"^connection_missing: .*'acme'.* Correct the id, or create"):
        deferral.run(operator(endpoint="/v1/me", deferrable=deferrable))


OBSTACLES = [
    {"retry_args": {"reraise": True}},
    {"extra_options": {"verify": False}},
    {"method": "POST", "endpoint": "/v1/uploads", "data": b"bytes"},
    {"method": "POST", "endpoint": "/v1/uploads", "request_kwargs": {"files": {"a": io.BytesIO(b"b")}}},
]


@pytest.mark.parametrize("arguments", OBSTACLES)
def test_what_the_triggerer_can_t_do_is_done_by_the_worker(
    connect: Connect, playground: Playground, arguments: dict[str, Any]
) -> None:
    """A call that can't be stored as JSON, or needs an option of requests, isn't deferred, and succeeds."""
    connect("api_key")
    assert operator(**{"endpoint": "/v1/me", **arguments}).execute({})


def test_a_large_response_is_read_by_the_worker(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is too large for Airflow's database is read again by the worker; a POST is not repeated."""
    connect("api_key")
    monkeypatch.setattr(api_call, "LARGEST_BODY", 1000)
    task = operator(endpoint="/v1/airports?per_page=1000", pagination_function=next_page)
    assert len(deferral.run(task)) == 4
    monkeypatch.setattr(api_call, "LARGEST_BODY", 5)
    with pytest.raises(AirflowException, match=r"The POST is not repeated\. Set deferrable=False"):
        deferral.run(operator(method="POST", endpoint="/v1/uploads", data="x"))


def test_many_pages_go_on_by_the_worker(
    connect: Connect, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that are too large together don't wait in Airflow's database: the worker reads the others."""
    connect("api_key")
    monkeypatch.setattr(operators, "_MOST_HELD", 1000)
    task = operator(endpoint="/v1/airports?per_page=1000", pagination_function=next_page)
    assert len(deferral.run(task)) == 4
    assert playground.counts()["/api_key/v1/airports"] == 4


def test_airflow_logs_no_response(connect: Connect) -> None:
    """What Airflow logs of an event names its kind, and nothing of the response."""
    connect("api_key")

    async def shown() -> str:
        trigger = deferral.revived(trigger_of(operator(endpoint="/v1/me")))
        return repr(await anext(trigger.run()))

    assert deferral.asyncio.run(shown()) == "TriggerEvent<response>"


def test_auth_type_is_refused() -> None:
    """The connection authenticates, so another authentication is an error when the DAG is loaded."""
    with pytest.raises(ValueError, match="Leave auth_type out"):
        operator(auth_type=object)


def test_the_defaults_are_those_of_the_stock_operator() -> None:
    """Only the connection's default id differs from `HttpOperator`'s arguments and templates."""
    task = ApiOperator(task_id="call")
    assert (task.http_conn_id, task.method, task.deferrable) == ("watchword_default", "POST", False)
    assert set(task.template_fields) == {"endpoint", "data", "headers", "http_conn_id"}
