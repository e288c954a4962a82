"""Redirects and further tries, for each client: echoes, cookies and refusals."""

from __future__ import annotations

import asyncio
import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest

import watchword

ECHOED = ("oauth1, query", "aws_sigv4, query", "hmac_signature, query", "jwt_bearer, query, each anew")
ISSUED = "s3cret-issued"


@pytest.fixture
def documents(documents):
    """Give the table, and a JWT in the query that serves one request."""

    def single(url):
        return documents["jwt_bearer"](url) | {
            "add_to": "query",
            "lifetime": 0,
            "payload": {"jti": "{{uuid}}"},
        }

    def cookie(url):
        place = {"add_to": "cookie", "cookie_name": "sid"}
        return documents["session_login"](url) | place

    return documents | {"jwt_bearer, query, each anew": single, "session_login, cookie": cookie}


@pytest.mark.parametrize("name", ["jwt_bearer", "oauth2_client_credentials", "session_login", "digest"])
def test_a_refusal_is_final_without_a_newer_token_or_challenge(api, reply, send, documents, name):
    """The caller gets the 401 if the newest token is the refused one, or if the challenge is the same."""
    server = api(lambda _: reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n"'}))
    made = watchword.load(documents[name](server.url))
    assert [send(made, "GET", f"{server.url}/a").status for _ in range(3)] == [401] * 3


def test_a_session_cookie_that_the_api_sets_again_stays_at_home(api, serve, reply, send, documents):
    """Cookie jars ignore ports, so a session's cookie is kept out of them: other ports never get it."""
    foreign = serve(reply())
    away = {"Location": f"{foreign.url}/away", "Set-Cookie": f"sid={ISSUED}; Path=/"}
    server = api(lambda _: reply(302, headers=away))
    send(watchword.load(documents["session_login, cookie"](server.url)), "GET", f"{server.url}/a")
    assert foreign.seen
    assert not any(ISSUED in seen.text for seen in foreign.seen)


def test_other_cookies_travel_as_they_would(api, serve, reply, send, documents):
    """The jar handles cookies that hold no secret of the connection."""
    foreign = serve(reply())
    away = {"Location": f"http://127.0.0.1:{foreign.port}/away", "Set-Cookie": "theme=dark-mode; Path=/"}
    server = api(lambda _: reply(302, headers=away))
    send(watchword.load(documents["bearer, header"](server.url)), "GET", f"{server.url}/a")
    assert foreign.seen


@pytest.mark.parametrize("name", ECHOED)
def test_a_signature_does_not_travel_to_a_foreign_origin(api, serve, reply, send, documents, name):
    """A redirect to a foreign origin with a copy of the query carries neither signature nor JWT."""
    foreign = serve(reply())
    server = api(
        lambda seen: reply(307, headers={"Location": f"{foreign.url}/x?{seen.path.partition('?')[2]}"})
    )
    result = send(watchword.load(documents[name](server.url)), "GET", f"{server.url}/a?page=2")
    assert [seen.path for seen in foreign.seen] == ["/x?page=2"]
    assert not re.search(r"(?i)signature=\w|eyJ", result.text)


@pytest.mark.parametrize("name", ECHOED)
def test_an_echo_inside_the_origin_is_signed_anew(api, reply, senders, documents, name):
    """The redirect's own parameters stay, and the added ones are in the query once."""
    for client in ("requests", "httpx", "async httpx", "aiohttp"):
        server = api(
            lambda seen: (
                reply()
                if seen.path.startswith("/end")
                else reply(302, headers={"Location": f"/end?{seen.path.partition('?')[2]}&b=2"})
            )
        )
        made = watchword.load(documents[name](server.url))
        assert senders[client](made, "GET", f"{server.url}/a?a=1").status == 200
        (end,) = [seen.path for seen in server.seen if seen.path.startswith("/end")]
        names = re.findall(r"[?&]([\w-]+)=", end)
        assert len(names) == len(set(names)), client
        assert {"a", "b"} <= set(names)


def test_a_next_link_that_echoes_an_older_jwt_is_followed(api, documents):
    """The JWT of an earlier request in the query is replaced by the new one."""
    older = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS1sYXN0LXBhZ2U"
    server = api()
    with watchword.load(documents["jwt_bearer, query, each anew"](server.url)).session() as session:
        assert session.get(f"/a?jwt={older}&page=2").status_code == 200
    (seen,) = server.seen
    assert seen.path.startswith("/a?page=2&jwt=eyJ")
    assert older not in seen.path


@pytest.fixture
def sticky(serve, reply):
    """Give a Digest server behind a load balancer: only the node that the cookie names knows a nonce."""
    numbers = itertools.count()

    def answer(seen):
        number = re.search(r'nonce="n(\d+)"', seen.headers.get("Authorization", ""))
        if number and f"route=r{number[1]}" in seen.headers.get("Cookie", ""):
            return reply()
        new = next(numbers)
        challenge = f'Digest realm="r", nonce="n{new}", qop="auth"'
        return reply(401, headers={"WWW-Authenticate": challenge, "Set-Cookie": f"route=r{new}; Path=/"})

    return serve(answer)


def test_the_cookies_of_a_refusal_go_with_the_next_try(sticky, send):
    """The load balancer's cookie that came with the challenge is sent with the next try."""
    made = watchword.load(
        {"base_url": sticky.url, "method": "digest", "username": "u", "password": "s3cret-p"}
    )
    assert send(made, "GET", f"{sticky.url}/a").status == 200


def test_a_session_of_requests_keeps_the_cookies_of_a_refusal(sticky):
    """The next request goes to the same node, which knows the nonce: no further challenge is needed."""
    made = watchword.load(
        {"base_url": sticky.url, "method": "digest", "username": "u", "password": "s3cret-p"}
    )
    with made.session() as session:
        assert [session.get("/a").status_code for _ in range(3)] == [200] * 3
    assert len(sticky.seen) == 4


def test_uses_of_one_nonce_are_counted_once_for_all_threads(serve, reply):
    """Threads that get the same nonce at the same time share its counter: no count is sent twice."""
    used = []

    def answer(seen):
        count = re.search(r"nc=(\w+)", seen.headers.get("Authorization", ""))
        if count:
            used.append(count[1])
            return reply()
        return reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="same", qop="auth"'})

    server = serve(answer)
    made = watchword.load(
        {"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret-p"}
    )
    with made.session() as session, ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: session.get("/a").status_code, range(64))) == {200}
    assert len(used) == len(set(used)) == 64


def test_a_header_that_comes_twice_is_signed_as_both(api, documents, call):
    """AWS reads both lines as one value, and so does the signature."""
    server = api()
    made = watchword.load(documents["aws_sigv4"](server.url))
    twice = [("X-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")]
    call(made, "GET", "/a", headers=twice)
    call(made, "GET", "/a", headers={"X-Amz-Meta-A": "1,2"})
    first, second = (seen.headers["Authorization"] for seen in server.seen)
    assert first == second


def test_a_body_that_aiohttp_will_compress_is_not_signed(api, documents):
    """A body that is changed after signing is refused before anything is sent."""
    server = api()
    made = watchword.load(documents["aws_sigv4"](server.url))

    async def run():
        async with aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),)) as session:
            await session.post(f"{server.url}/a", data=b"a" * 2000, compress="deflate")

    with pytest.raises(watchword.RequestError) as error:
        asyncio.run(run())
    assert error.value.code == "body_not_signable"
    assert server.seen == []


def test_httpx_auth_does_not_take_the_challenge_of_a_foreign_origin(serve, reply):
    """A response after a redirect is passed on: the API doesn't get a second request."""
    challenge = {"WWW-Authenticate": 'Digest realm="evil", nonce="n", qop="auth"'}
    foreign = serve(reply(401, headers=challenge))
    server = serve(reply(307, headers={"Location": f"{foreign.url}/b"}))
    made = watchword.load(
        {"base_url": server.url, "method": "digest", "username": "u", "password": "s3cret-p"}
    )
    with httpx.Client(auth=made.httpx_auth(), follow_redirects=True, trust_env=False) as client:
        assert client.post(f"{server.url}/pay", content=b"1").status_code == 401
    assert len(server.seen) == 1
    assert "Authorization" not in foreign.seen[0].headers


@pytest.mark.parametrize("location", ["/a%2fb", "/a[1]/b?x={y}", "/a%", "/a b"])
@pytest.mark.parametrize("name", ["oauth1, header", "aws_sigv4", "hmac_signature", "digest"])
def test_a_redirects_url_is_signed_as_it_is_sent(api, reply, documents, name, location):
    """The URL of a redirect is normalized before it is signed."""
    server = api(
        lambda seen: reply() if seen.path != "/start" else reply(302, headers={"Location": location}),
        digest=name == "digest",
    )
    made = watchword.load(documents[name](server.url))
    with made.session() as session:
        assert session.get(f"{server.url}/start").status_code == 200
    sent = server.seen[-1]
    with made.session() as session:
        session.get(f"{server.url}{sent.path}")
    assert server.seen[-1].path == sent.path
    if name == "digest":
        assert f'uri="{sent.path}"' in sent.headers["Authorization"]
    else:
        assert server.seen[-1].headers["Authorization"] == sent.headers["Authorization"]
