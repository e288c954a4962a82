"""A table of documents and a table of clients: a test makes its claim for each client with each method."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import aiohttp
import httpx
import pytest
import requests
from dlt.sources.helpers.rest_client import RESTClient
from yarl import URL

from tests.support.names import Names, Trap
from watchword import connection, redact
from watchword.flow import Context

FORM = "application/x-www-form-urlencoded"

_KEY = {"method": "api_key", "api_key": "s3cret/k+y w1th=all"}

DOCUMENTS = {
    "none": {"method": "none", "extra_parameters": {"query:lang": "en", "header:Accept-Version": "2"}},
    "api_key, header": {**_KEY, "key_name": "X-API-Key"},
    "api_key, query": {**_KEY, "add_to": "query", "key_name": "k"},
    "api_key, cookie": {**_KEY, "api_key": "s3cret-cookie", "add_to": "cookie", "key_name": "sid"},
    "api_key, body": {**_KEY, "add_to": "body", "key_name": "k"},
    "bearer, header": {"method": "bearer", "bearer_token": "s3cret-bearer"},
    "bearer, query": {"method": "bearer", "bearer_token": "s3cret-bearer+/=", "add_to": "query"},
    "basic": {"method": "basic", "username": "ann", "password": "s3cret pässword"},
    "custom": {
        "method": "custom",
        "secret_parameters": {"header:X-Id": "s3cret-id", "query:k": "s3cret?&", "cookie:c": "s3cret-c"},
    },
    "oauth2_client_credentials": {
        "method": "oauth2_client_credentials",
        "token_url": "/token",
        "client_id": "c",
        "client_secret": "s3cret-client",
    },
    "oauth2_client_credentials, query": {
        "method": "oauth2_client_credentials",
        "token_url": "/token",
        "client_id": "c",
        "client_secret": "s3cret-client",
        "add_to": "query",
    },
    "jwt_bearer": {"method": "jwt_bearer", "algorithm": "HS256", "jwt_secret": "s3cret" * 8},
    "digest": {"method": "digest", "username": "jürgen", "password": "s3cret-digest"},
    "session_login": {
        "method": "session_login",
        "login_url": "/token",
        "username": "ann",
        "password": "s3cret-login",
        "login_body": {"user": "{{username}}", "password": "{{secret:password}}"},
        "response_access_path": "access_token",
    },
    "aws_sigv4": {
        "method": "aws_sigv4",
        "access_key": "AKIDEXAMPLE",
        "secret_key": "s3cret-aws",
        "session_token": "s3cret-session",
        "region": "eu-central-1",
        "service": "execute-api",
    },
    "aws_sigv4, query": {
        "method": "aws_sigv4",
        "access_key": "AKIDEXAMPLE",
        "secret_key": "s3cret-aws",
        "region": "eu-central-1",
        "service": "execute-api",
        "add_to": "query",
    },
    "hmac_signature": {
        "method": "hmac_signature",
        "key_id": "reports",
        "hmac_secret": "s3cret-hmac",
        "string_to_sign": "{{method}}\n{{host}}\n{{path_and_query}}\n{{body}}\n{{timestamp}}{{nonce}}",
        "signature_parameters": {
            "header:Authorization": "ACME {{key_id}}:{{signature}}",
            "header:X-Time": "{{timestamp}}",
            "header:X-Nonce": "{{nonce}}",
        },
        "signature_encoding": "base64",
    },
    "hmac_signature, query": {
        "method": "hmac_signature",
        "key_id": "reports",
        "hmac_secret": "s3cret-hmac",
        "string_to_sign": "{{query}}",
        "signature_parameters": {
            "header:X-Client": "{{key_id}}",
            "query:timestamp": "{{timestamp}}",
            "query:sig": "{{signature}}",
        },
    },
} | {
    f"oauth1, {place}": {
        "method": "oauth1",
        "consumer_key": "c",
        "consumer_secret": "s3cret-consumer",
        "access_token": "s3cret-token",
        "token_secret": "s3cret-token-secret",
        "add_to": place,
    }
    for place in ("header", "query", "body")
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """The part of a response that a caller sees: its status, and everything that its objects show."""

    status: int
    text: str


@dataclass(frozen=True)
class Call:
    """A request with the parameters that every client has."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None
    follow: bool


def by_requests(made, call):
    with made.session() as api:
        return _requests(api.request(call.method, call.url, headers=call.headers, data=call.content,
                                     allow_redirects=call.follow))  # fmt: skip


def by_dlt(made, call):
    with requests.Session() as session:
        client = RESTClient(made.base_url, session=session)
        response = client.request(call.url, call.method, headers=call.headers, data=call.content,
                                  auth=made.dlt_auth(), allow_redirects=call.follow)  # fmt: skip
        return _requests(response)


def by_httpx(made, call):
    with made.httpx_client() as api:
        return _httpx(api.request(call.method, call.url, headers=call.headers, content=call.content,
                                  follow_redirects=call.follow))  # fmt: skip


def by_async_httpx(made, call):
    async def run():
        async with made.async_httpx_client() as api:
            return _httpx(await api.request(call.method, call.url, headers=call.headers, content=call.content,
                                            follow_redirects=call.follow))  # fmt: skip

    return asyncio.run(run())


def by_aiohttp(made, call):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),)) as api,
            api.request(call.method, URL(call.url, encoded=True), headers=call.headers, data=call.content,
                        allow_redirects=call.follow) as response,
        ):  # fmt: skip
            hops = [*response.history, response]
            texts = [f"{hop.url} {hop.real_url} {hop.request_info}" for hop in hops]
            return Result(response.status, "\n".join(texts))

    return asyncio.run(run())


def _requests(response: requests.Response) -> Result:
    hops = [*response.history, response]
    texts = [f"{hop.url} {vars(hop.request)} {hop.headers.get('Location')}" for hop in hops]
    return Result(response.status_code, "\n".join(texts))


def _httpx(response: httpx.Response) -> Result:
    hops = [*response.history, response]
    texts = [
        f"{hop.url} {vars(hop.request)} {hop.request.headers.raw} {hop.headers.get('Location')}"
        for hop in hops
    ]
    return Result(response.status_code, "\n".join(texts))


SENDERS: dict[str, Callable[[Any, Call], Result]] = {
    "requests": by_requests,
    "httpx": by_httpx,
    "async httpx": by_async_httpx,
    "aiohttp": by_aiohttp,
    "dlt": by_dlt,
}


@pytest.fixture(params=DOCUMENTS)
def document(request):
    """Give each document in turn: a function of the API's URL."""
    return partial(_document, DOCUMENTS[request.param])


@pytest.fixture
def documents():
    """Give the table: functions of the API's URL by name."""
    return {name: partial(_document, fields) for name, fields in DOCUMENTS.items()}


def _document(fields, url):
    addressed = {name: f"{url}{value}" for name, value in fields.items() if name.endswith("_url")}
    return {"base_url": url, **fields, **addressed}


@pytest.fixture(params=SENDERS)
def send(request):
    """Give each client in turn, as `send(connection, method, url, …)`."""
    return partial(_sent, SENDERS[request.param])


@pytest.fixture
def senders():
    """Give all clients by name, to compare them."""
    return {name: partial(_sent, sender) for name, sender in SENDERS.items()}


def _sent(sender, made, method, url, *, headers=None, content=None, follow=True):
    return sender(made, Call(method, url, headers or {}, content, follow))


CHALLENGE = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'


@pytest.fixture
def api(serve, reply):
    """Give a server that issues tokens, sends Digest challenges on demand, and answers other requests."""

    def start(answer=None, *, digest=False):
        def whole(seen):
            if seen.path.startswith("/token"):
                return reply(body={"access_token": "s3cret-issued", "expires_in": 3600})
            if digest and not seen.headers.get("Authorization", "").startswith("Digest "):
                return reply(401, headers={"WWW-Authenticate": CHALLENGE})
            return answer(seen) if answer else reply()

        return serve(whole)

    return start


_context = cache(httpx.create_ssl_context)


@pytest.fixture(autouse=True)
def _one_bundle(monkeypatch):
    """Load the public authorities' certificates once: loading takes longer than most of these tests."""
    monkeypatch.setattr(httpx, "create_ssl_context", _context)


@pytest.fixture(autouse=True)
def _fixed_chance(monkeypatch):
    """Fix the clock and the nonces of signatures, so that the same request gets the same signature."""
    fixed = partial(Context, now=lambda: 1_700_000_000.0, nonce=lambda: "0123456789abcdef" * 2)
    monkeypatch.setattr(connection, "Context", fixed)


@pytest.fixture
def secrets_in():
    """Give a function that finds secrets and signatures in a text."""

    def found(text):
        known = [form for form in (*redact.known(), "s3cret", "Authorization") if form in text]
        return known or re.findall(r"(?i)_?signature(?:=|%3D|[\"': ]+)[A-Za-z0-9%+/=]{16,}", text)

    return found


@pytest.fixture(params=["sync", "async"])
def call(request):
    """Give a function that sends with `conn.httpx_client()`, and with its asynchronous twin."""

    def once(made, method, url, **options):
        with made.httpx_client() as api:
            return api.request(method, url, **options)

    def once_async(made, method, url, **options):
        async def run():
            async with made.async_httpx_client() as api:
                return await api.request(method, url, **options)

        return asyncio.run(run())

    return once if request.param == "sync" else once_async


@pytest.fixture
def names(monkeypatch):
    """Give the name server of this process: `names["api.test"] = ["127.0.0.1"]`."""
    server = Names()
    monkeypatch.setattr(socket, "getaddrinfo", server.lookup)
    return server


@pytest.fixture
def trap():
    """Give a server at the refused address."""
    made = Trap()
    with made.socket:
        yield made
