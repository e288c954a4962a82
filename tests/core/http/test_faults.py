"""A network fault is told apart by the call's own exception, in every client, whatever the caller handles."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import aiohttp
import httpx
import pytest
import requests
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

import watchword
from watchword.connection import Connection
from watchword.findings.report import Report
from watchword.http import faults

API = "http://127.0.0.1:1"
FOREIGN = "customer 42 of another program"


@pytest.fixture
def closed() -> Iterator[int]:
    """Give a port of loopback that refuses connections, and that no other program gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def validate(connection: Connection) -> Report:
    return connection.validate()


def avalidate(connection: Connection) -> Report:
    return asyncio.run(connection.avalidate())


def fail() -> NoReturn:
    """Raise an exception of the caller's own, which looks like another fault."""
    raise ssl.SSLError(1, FOREIGN)


def while_handling(validating: Callable[[Connection], Report]) -> Callable[[Connection], Report]:
    """Return a function that validates while its caller handles an exception of its own."""

    def handling(connection: Connection) -> Report:
        try:
            fail()
        except ssl.SSLError:
            return validating(connection)

    return handling


async def avalidate_while_handling(connection: Connection) -> Report:
    try:
        fail()
    except ssl.SSLError:
        return await connection.avalidate()


FORMS = {
    "validate": validate,
    "avalidate": avalidate,
    "validate, while handling": while_handling(validate),
    "avalidate, while handling": lambda connection: asyncio.run(avalidate_while_handling(connection)),
}
EACH = pytest.mark.parametrize("form", FORMS)


def document(url: str, *, stored: bool = False, **fields: Any) -> Connection:
    key = {"method": "api_key", "api_key": "s3cret-key-of-a-test", "retries": 0}
    return watchword.load({"base_url": url, "test_url": f"{url}/me", **key, **fields}, stored=stored)


@EACH
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_down_is_named(closed: int, form: str, scheme: str) -> None:
    """If nothing listens at the proxy's address, both forms name the proxy and not the API."""
    url = f"{scheme}://127.0.0.1:1"
    report = FORMS[form](document(url, proxy=f"http://user:pr0xy-s3cret@127.0.0.1:{closed}"))
    assert report.deciding.code.name == "proxy_error"
    assert report.deciding.message == "The proxy on the way to the API at 127.0.0.1:1 failed."
    assert report.deciding.evidence["error"].startswith("ConnectionRefusedError: [Errno ")
    assert "s3cret" not in str(report)


@EACH
def test_a_proxy_of_the_environment_that_is_down_is_named(
    closed: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment's proxy is named as one that the connection names."""
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed}")
    monkeypatch.setenv("no_proxy", "")
    assert FORMS[form](document("https://api.invalid")).deciding.code.name == "proxy_error"


@EACH
def test_a_proxy_without_an_address_is_named(form: str) -> None:
    """A proxy whose name isn't in DNS is the proxy's fault, too: the API's name is never looked up."""
    report = FORMS[form](document(API, proxy="http://proxy.invalid:3128"))
    assert report.deciding.code.name == "proxy_error"


@EACH
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_the_caller_handles_stays_out_of_the_report(closed: int, form: str, host: str) -> None:
    """The evidence is the call's own exception, also if several addresses of the host were tried."""
    report = FORMS[form](document(f"http://{host}:{closed}"))
    assert report.deciding.code.name == "connect_refused"
    assert report.deciding.evidence["error"].startswith("ConnectionRefusedError: [Errno ")
    assert FOREIGN not in f"{report} {report.as_dict()}"


@EACH
def test_a_host_without_an_address_is_no_fault_of_a_proxy(form: str) -> None:
    """Without a proxy, the code names the look-up of the API's host, also if its addresses are judged."""
    for stored in (False, True):
        report = FORMS[form](document("https://api.invalid", stored=stored))
        assert report.deciding.code.name in {"dns_not_found", "dns_temporary"}
        assert FOREIGN not in str(report)


def answers_of_proxies(status: str) -> list[Exception]:
    """Return what each client raises if a proxy answers CONNECT with this status."""
    number, _, reason = status.partition(" ")
    info = aiohttp.RequestInfo(URL(API), "CONNECT", CIMultiDictProxy(CIMultiDict()))
    return [
        requests.exceptions.ProxyError(OSError(f"Tunnel connection failed: {status}")),
        httpx.ProxyError(status),
        aiohttp.ClientHttpProxyError(info, (), status=int(number), message=reason),
    ]


PROXY_ANSWERS = [
    ("407 Proxy Authentication Required", "proxy_authentication_required"),
    ("407 Who are you?", "proxy_authentication_required"),
    ("502 Bad Gateway", "proxy_error"),
    ("403 Forbidden by rule 407", "proxy_error"),
]


@pytest.mark.parametrize(("status", "code"), PROXY_ANSWERS)
def test_a_proxy_s_answer_has_its_code_in_each_client(status: str, code: str) -> None:
    """Only the status 407 asks for a user, not the same digits in a reason."""
    errors = answers_of_proxies(status)
    assert [faults.classify(error, "the API").code.name for error in errors] == [code] * len(errors)


@pytest.mark.parametrize("text", ["host='127.0.0.1', port=14070", "port=407", "with url: /v1/407 (Caused by"])
def test_the_digits_407_in_an_address_ask_for_no_user(text: str) -> None:
    """A port or a path with these digits is no refusal by the proxy."""
    error = requests.exceptions.ProxyError(f"HTTPConnectionPool({text})")
    assert faults.classify(error, "the API").code.name == "proxy_error"


def test_aiohttp_s_error_of_a_dead_proxy_is_named(closed: int) -> None:
    """The exception of aiohttp for a proxy that is down has the same code."""

    async def call() -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(API, proxy=f"http://127.0.0.1:{closed}")

    with pytest.raises(aiohttp.ClientProxyConnectionError) as caught:
        asyncio.run(call())
    assert faults.classify(caught.value, "the API").code.name == "proxy_error"
