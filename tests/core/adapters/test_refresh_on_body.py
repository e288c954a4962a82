"""`refresh_on_body`: an error body with status 200 renews the token, as a 401 does."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from itertools import count

import aiohttp
import httpx
import pytest
import requests

import watchword
from watchword.adapters.httpx_response import marked

RULES = {"error.code": "token_expired"}
EXPIRED = {"error": {"code": "token_expired"}, "note": "é" * 40}
ROWS = {"rows": [1, 2, 3], "note": "ü" * 40}
LARGEST = 1 << 16


DECOY = base64.b64encode(b"watchword-decoy").decode()
"""How the client of a decoy begins."""


class Api:
    """An API that answers 200 to an expired token, one of `ended`, with `refusal` and `headers`."""

    def __init__(self, serve, reply):
        self.numbers, self.ended, self.refusal = count(1), {"t1"}, EXPIRED
        self.headers, self.status, self.longest = {}, 200, 99
        self.reply, self.server = reply, serve(self.answer)

    @staticmethod
    def number(seen):
        return seen.headers.get("Authorization", "").removeprefix("Bearer ")

    def answer(self, seen):
        if seen.path == "/token":
            if DECOY in seen.headers.get("Authorization", ""):
                return self.reply(401, {"error": "invalid_client"})
            return self.reply(body={"access_token": f"t{next(self.numbers)}", "expires_in": 3600})
        if self.number(seen) in {*self.ended, ""} or len(self.number(seen)) > self.longest:
            return self.reply(self.status, body=self.refusal, headers=self.headers)
        return self.reply(body=ROWS)

    @property
    def sent(self):
        return [self.number(seen) for seen in self.server.seen if seen.path != "/token"]

    def connection(self, **more):
        return watchword.load(
            {
                "base_url": self.server.url,
                "method": "oauth2_client_credentials",
                "token_url": f"{self.server.url}/token",
                "client_id": "c",
                "client_secret": "s3cret-client",
                "refresh_on_body": RULES,
                **more,
            }
        )


@pytest.fixture
def api(serve, reply):
    """Give the API, whose first token has expired already."""
    return Api(serve, reply)


def by_session(made, *, stream=False):
    with made.session() as session, session.get("/a", stream=stream) as response:
        return b"".join(response.iter_content(1000))


def by_auth(made, *, stream=False):
    with (
        requests.Session() as session,
        session.get(f"{made.base_url}/a", auth=made.auth(), stream=stream) as response,
    ):
        return b"".join(response.iter_content(1000))


def by_httpx(made, *, stream=False):
    with made.httpx_client() as client:
        if stream:
            with client.stream("GET", "/a") as response:
                return b"".join(response.iter_bytes())
        response = client.get("/a")
        assert response.elapsed.total_seconds() > 0
        return response.content


def by_async_httpx(made, *, stream=False):
    async def run():
        async with made.async_httpx_client() as client:
            if not stream:
                return (await client.get("/a")).content
            async with client.stream("GET", "/a") as response:
                return b"".join([part async for part in response.aiter_bytes()])

    return asyncio.run(run())


def by_aiohttp(made, *, stream=False):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),)) as session,
            session.get(f"{made.base_url}/a") as response,
        ):
            if not stream:
                return await response.read()
            return b"".join([part async for part in response.content.iter_chunked(1000)])

    return asyncio.run(run())


SAY_WHETHER_THEY_STREAM = [by_session, by_auth, by_httpx, by_async_httpx]
CLIENTS = [*SAY_WHETHER_THEY_STREAM, by_aiohttp]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_body_that_refuses_renews_the_token_once(api, client):
    """The refused token is replaced, the request is sent again, and the caller gets the whole response."""
    assert json.loads(client(api.connection())) == ROWS
    assert api.sent == ["t1", "t2"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_second_refusal_is_the_caller_s(api, client):
    """If the newer token is refused too, the caller gets that response, whole."""
    api.ended |= {"t2", "t3"}
    assert json.loads(client(api.connection())) == EXPIRED
    assert api.sent == ["t1", "t2"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("rules", [{}, {"error.code": "other"}, {"error.text": "token_expired"}])
def test_a_body_without_a_pair_is_passed_on(api, client, rules):
    """Without a rule that matches, one request is sent and the body arrives unchanged."""
    assert json.loads(client(api.connection(refresh_on_body=rules))) == EXPIRED
    assert api.sent == ["t1"]


class Squeezed(str):
    """Text that the test's server sends compressed."""

    __slots__ = ()

    def encode(self, *_):
        return gzip.compress(super().encode())


@pytest.mark.parametrize("client", CLIENTS)
def test_compressed_bodies_are_checked_and_arrive_whole(api, client):
    """The rules match the decoded body, and the caller can still decode the response."""
    api.refusal, api.headers = Squeezed(json.dumps(EXPIRED)), {"Content-Encoding": "gzip"}
    api.ended |= {"t2"}
    assert json.loads(client(api.connection())) == EXPIRED
    assert api.sent == ["t1", "t2"]


@pytest.mark.parametrize("client", SAY_WHETHER_THEY_STREAM)
def test_a_streamed_response_is_left_alone(api, client):
    """A caller who streams gets the response unread and unchecked."""
    assert json.loads(client(api.connection(), stream=True)) == EXPIRED
    assert api.sent == ["t1"]


def test_aiohttp_can_stream_a_response_that_was_checked(api):
    """A middleware of aiohttp can't see who streams: each response is checked, and can still be streamed."""
    assert json.loads(by_aiohttp(api.connection(), stream=True)) == ROWS
    assert api.sent == ["t1", "t2"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_big_body_is_not_checked(api, client):
    """A body of more than 64 KiB is never a refusal, and arrives whole."""
    api.refusal = {**EXPIRED, "note": "x" * LARGEST}
    assert json.loads(client(api.connection())) == api.refusal
    assert api.sent == ["t1"]


@pytest.mark.parametrize("client", CLIENTS)
def test_bodies_that_are_not_json_are_passed_on(api, client):
    """Plain text, broken JSON and an empty body are never refusals."""
    for body in ("token_expired", '{"error": {"code": "token_expired"', ""):
        api.refusal = body
        client(api.connection())
    assert set(api.sent) == {"t1"}


@pytest.mark.parametrize(("kind", "sent"), [("application/json", 2), ("text/event-stream", 1)])
def test_aiohttp_waits_only_for_the_end_of_json(api, kind, sent):
    """A body without a length may never end: it is read only if it is declared as JSON."""
    numbers, writers = [], []

    async def answer(reader, writer):
        writers.append(writer)
        request = await reader.readuntil(b"\r\n\r\n")
        numbers.append(request.partition(b"Bearer ")[2].partition(b"\r\n")[0])
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n{json.dumps(EXPIRED)}".encode())
        await writer.drain()
        if "json" in kind:
            writer.close()

    async def run():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            signing = api.connection(base_url=url).aiohttp_middleware()
            async with aiohttp.ClientSession(middlewares=(signing,)) as session, session.get(url) as response:
                assert json.loads(await response.content.readany()) == EXPIRED
            for writer in writers:
                writer.close()
                await writer.wait_closed()

    asyncio.run(run())
    assert numbers == [b"t1", b"t2"][:sent]


@pytest.mark.parametrize("client", CLIENTS)
def test_any_status_may_carry_the_body(api, client):
    """A 400 with the error in its body refuses the token as a 200 does."""
    api.status = 400
    assert json.loads(client(api.connection())) == ROWS


def test_streaming_is_decided_for_each_call(api):
    """A request of httpx that was streamed once is checked when it is sent again without streaming."""
    with api.connection().httpx_client() as client:
        request = client.build_request("GET", "/a")
        client.send(request, stream=True).close()
        assert client.send(request).json() == ROWS
    assert marked(httpx.Request("GET", "http://a.test"), stream=False).extensions == {}


def test_httpx_auth_refuses_what_it_can_t_do(api):
    """A foreign client of httpx does not tell its auth who streams: that is said at once, not ignored."""
    with pytest.raises(watchword.DocumentError) as refused:
        api.connection().httpx_auth()
    assert refused.value.code == "adapter_unsuitable"
    assert "refresh_on_body" in str(refused.value)
    api.connection(refresh_on_body={}).httpx_auth()


def test_other_token_methods_renew_too(serve, reply):
    """A session login is made anew where the body says that the session has ended."""
    api = Api(serve, reply)
    made = watchword.load(
        {
            "base_url": api.server.url,
            "method": "session_login",
            "login_url": f"{api.server.url}/token",
            "username": "ann",
            "password": "s3cret-login",
            "response_access_path": "access_token",
            "refresh_on_body": RULES,
        }
    )
    assert json.loads(by_session(made)) == ROWS
    assert api.sent == ["t1", "t2"]


def test_a_static_credential_is_sent_once(serve, reply):
    """A static credential can't be renewed, so the caller gets the body after one request."""
    server = serve(reply(body=EXPIRED))
    made = watchword.load(
        {"base_url": server.url, "method": "api_key", "api_key": "s3cret", "refresh_on_body": RULES}
    )
    assert json.loads(by_session(made)) == EXPIRED
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("expected", [(), (200, 400)])
def test_a_validation_takes_the_body_for_a_refusal(api, status, expected):
    """A body that renews the token in a session never proves a validation, even with an expected status."""
    api.ended |= {"t1", "t2", "t3"}
    api.refusal, api.status = {"outcome": 7}, status
    made = api.connection(refresh_on_body={"outcome": "7"})
    report = made.validate(f"{api.server.url}/a", expected_status=expected)
    assert report.deciding.code.name == "refused_in_200_body"
    assert not report.ok
    assert "refresh_on_body" in report.deciding.message


def test_a_validation_proves_by_such_a_body(api):
    """Data with the credential, and the refusing body to others and without it, prove the credential."""
    api.ended, api.refusal, api.longest = set(), {"outcome": 7}, 2
    made = api.connection(refresh_on_body={"outcome": 7})
    assert made.validate(f"{api.server.url}/a").deciding.code.name == "authenticated"


def test_a_status_with_its_own_meaning_decides(serve, reply):
    """A 429 is a rate limit, even if its body matches a rule."""
    server = serve(reply(429, body=EXPIRED))
    made = watchword.load(
        {"base_url": server.url, "method": "api_key", "api_key": "s3cret", "refresh_on_body": RULES}
    )
    assert made.validate(f"{server.url}/a").deciding.code.name == "rate_limited_429"
