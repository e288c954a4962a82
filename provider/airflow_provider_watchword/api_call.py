"""One call of an API in an event loop, with the arguments of Airflow's `HttpHook.run`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

import requests

from airflow_provider_watchword import failed_calls
from airflow_provider_watchword.response_data import data_of
from airflow_provider_watchword.trigger_threads import on_thread
from watchword import redact
from watchword.http.urls import joined

if TYPE_CHECKING:
    import httpx

    from watchword import Connection

LARGEST_BODY = 8 << 20
"""The largest response that is handed on to a task, in bytes: it passes through Airflow's database."""

OPTIONS = frozenset({"allow_redirects", "check_response", "max_redirects", "timeout"})
"""The entries of `extra_options` that this module carries out; the task itself checks the response."""

REQUEST_OPTIONS = frozenset({"cookies", "json", "params"})
"""The entries of `request_kwargs` that this module carries out."""


class Call(TypedDict):
    """The arguments of `HttpHook.run`, with the HTTP method, as plain JSON."""

    method: str
    endpoint: str | None
    data: Any
    headers: dict[str, str | None]
    extra_options: dict[str, Any]
    request_kwargs: dict[str, Any]


async def event_of(connection: Connection, call: Call, http_conn_id: str) -> dict[str, Any]:
    """Make the call and return its response, or why there is none, as plain JSON.

    `{"response": …}` is as in `response_data`, also if the API refuses; `{"too_large": true}` means that
    the body is larger than `LARGEST_BODY`; `{"error": …}` is a network fault in words.

    Raises:
        WatchwordError: the connection can't be used, or no token was obtained.
    """
    import httpx  # noqa: PLC0415 - import time

    client = await on_thread(connection.async_httpx_client)  # reads secrets and certificates
    try:
        async with client:
            prepared = _prepared(connection, call)
            return await _answer(client, prepared, call, has_body_rules=_has_body_rules(connection))
    except httpx.RequestError as error:
        verb, url = error.request.method, str(error.request.url)
        return {"error": failed_calls.unanswered(error, verb, url, http_conn_id)}
    except (httpx.InvalidURL, requests.RequestException) as error:
        url = joined(connection.base_url, call["endpoint"] or "")
        return {"error": failed_calls.unanswered(error, call["method"], url, http_conn_id)}


def _has_body_rules(connection: Connection) -> bool:
    """Return whether a body may ask for a new token; the client reads the body itself then."""
    return connection.document.common.body_rules is not None


async def _answer(
    client: httpx.AsyncClient, prepared: requests.PreparedRequest, call: Call, *, has_body_rules: bool
) -> dict[str, Any]:
    options = call["extra_options"]
    request = client.build_request(
        prepared.method or "",
        prepared.url or "",
        headers=dict(prepared.headers),
        content=prepared.body,
        **_timeout(options),
    )
    if "max_redirects" in options:
        client.max_redirects = options["max_redirects"]
    response = await client.send(
        request, stream=not has_body_rules, follow_redirects=options.get("allow_redirects", True)
    )
    try:
        body = await _body(response)
    finally:
        await response.aclose()
    if body is None:
        return {"too_large": True}
    return {"response": await on_thread(partial(_described, response, body))}


def _described(response: httpx.Response, body: bytes) -> dict[str, Any]:
    """Describe a response; an error's text is masked here, since the task that logs it knows no token."""
    if response.is_error:
        body = redact.text(body.decode("latin-1")).encode("latin-1")
    return data_of(response, body)


async def _body(response: httpx.Response) -> bytes | None:
    """Return the body, None if it is too large."""
    if response.is_stream_consumed:
        return response.content if len(response.content) <= LARGEST_BODY else None
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _prepared(connection: Connection, call: Call) -> requests.PreparedRequest:
    """Return the request as requests would send it, so that a body has the same form as in a task."""
    method = call["method"].upper()
    url = joined(connection.base_url, call["endpoint"] or "")
    place = {"GET": "params", "HEAD": None}.get(method, "data")
    content = {place: call["data"]} if place else {}
    headers = {name: value for name, value in call["headers"].items() if value is not None}
    return requests.Request(method, url, headers=headers, **{**content, **call["request_kwargs"]}).prepare()


def _timeout(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return httpx's timeout for that of requests: a number, or one for connecting and one for reading."""
    import httpx  # noqa: PLC0415 - import time

    timeout = options.get("timeout")
    if timeout is None:
        return {}  # the connection's own
    if isinstance(timeout, list):
        connect, read = timeout
        return {"timeout": httpx.Timeout(read, connect=connect)}
    return {"timeout": timeout}
