"""A script that loads, calls, validates and signs in, as a user types it."""

from __future__ import annotations

from collections.abc import Sequence

import aiohttp
import httpx
import requests
from typing_extensions import assert_type

import watchword
from watchword.findings.finding import Permanence
from watchword.sign_in import device, oauth2, revocation
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.health import Health

connection = watchword.load({"base_url": "https://api.example.com", "method": "none"}, name="acme")
assert_type(connection, watchword.Connection)
assert_type(watchword.load(b"{}", store="memory://"), watchword.Connection)
assert_type(watchword.connect("acme"), watchword.Connection)
assert_type(connection.base_url, str)
assert_type(connection.name, str | None)
assert_type(connection.lint(), list[watchword.Finding])


def call() -> None:
    """Sessions and clients are those of requests, httpx and aiohttp."""
    with connection.session() as api:
        session: requests.Session = api
        assert_type(api.get("/v1/orders"), requests.Response)
        assert_type(session.get("/v1/orders"), requests.Response)
        connection.session().gett("/v1/orders")  # type: ignore[attr-defined]
    with connection.httpx_client() as client:
        like_any_other: httpx.Client = client
        assert_type(client.get("/v1/orders"), httpx.Response)
        assert_type(like_any_other.get("/v1/orders"), httpx.Response)
    requests.get("https://api.example.com/v1/orders", auth=connection.auth(), timeout=10)
    httpx.get("https://api.example.com/v1/orders", auth=connection.httpx_auth())


async def call_asynchronously() -> None:
    """The asynchronous clients are awaited."""
    async with connection.async_httpx_client() as client:
        assert_type(await client.get("/v1/orders"), httpx.Response)
    async with aiohttp.ClientSession(middlewares=(connection.aiohttp_middleware(),)) as session:
        response = await session.get("https://api.example.com/v1/orders")
        assert_type(response.status, int)


def validate() -> None:
    """A report has a verdict, findings and a summary."""
    report = connection.validate(
        "https://api.example.com/v1/me", http_method="GET", expected_status=(200, 204), timeout=5
    )
    assert_type(report, watchword.Report)
    assert_type(report.ok, bool)
    assert_type(report.verdict, watchword.Verdict)
    assert_type(report.permanence, Permanence)
    assert_type(report.summary, str)
    assert_type(report.deciding, watchword.Finding)
    assert_type(report.findings, tuple[watchword.Finding, ...])
    assert_type(report.as_dict(), dict[str, object])
    connection.validate(test_url=7)  # type: ignore[arg-type]
    connection.validate("https://api.example.com/v1/me", "GET")  # type: ignore[call-arg]
    connection.validate(url="https://api.example.com/v1/me")  # type: ignore[call-arg]
    connection.validate(expected_status=200)  # type: ignore[arg-type]


def fail() -> Sequence[watchword.Finding]:
    """Every error is a WatchwordError with findings; a sign-in that is missing is a token error."""
    try:
        connection.session().close()
    except watchword.SignInRequired as error:
        token_error: watchword.TokenError = error
        assert_type(error.retryable, bool)
        return token_error.findings
    except (watchword.DocumentError, watchword.SecretError, watchword.RequestError) as error:
        any_error: watchword.WatchwordError = error
        return any_error.findings
    return []


def sign_in() -> None:
    """A sign-in is begun and finished with the connection that it is for."""
    begun = oauth2.begin(connection, "http://127.0.0.1:8400/")
    assert_type(begun.authorize_url, str)
    assert_type(oauth2.finish(connection, "http://127.0.0.1:8400/?code=made-up"), list[watchword.Finding])
    assert_type(device.begin(connection).user_code, str)
    assert_type(stored_sign_in(connection).health(), Health)
    revocation.sign_out(connection)
    oauth2.begin("acme", "http://127.0.0.1:8400/")  # type: ignore[arg-type]


watchword.load({}, "acme", "memory://")  # type: ignore[call-arg]
watchword.load({}, stored="yes")  # type: ignore[arg-type]
watchword.lod({})  # type: ignore[attr-defined]


def mistype() -> None:
    """A name that the package doesn't have is an error where it is imported."""
    from watchword import Connexion  # type: ignore[attr-defined]  # noqa: F401, PLC0415 - a wrong use
