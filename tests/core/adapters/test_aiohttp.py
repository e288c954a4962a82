"""The middleware of aiohttp beyond what all clients share: bodies, errors and the session's defaults."""

from __future__ import annotations

import asyncio
import io

import aiohttp
import pytest

import watchword

KEY = {"method": "api_key", "api_key": "s3cret/key"}
SIGNED = {
    "method": "aws_sigv4",
    "access_key": "A",
    "secret_key": "s3cret",
    "region": "r",
    "service": "execute-api",
}
OAUTH2 = {"method": "oauth2_client_credentials", "client_id": "c", "client_secret": "s3cret-client"}


def made(url, fields=KEY, **more):
    return watchword.load({"base_url": url, **fields, **more})


def call(connection, method, url, *, raise_for_status=False, **options):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(connection.aiohttp_middleware(),)) as api,
            api.request(method, url, raise_for_status=raise_for_status, **options) as response,
        ):
            await response.read()
            return response

    return asyncio.run(run())


def form():
    content = aiohttp.FormData({"n": "1"})
    content.add_field("f", io.BytesIO(b"content"), filename="f.txt")
    return content


@pytest.mark.parametrize("body", [form, lambda: io.BytesIO(b"content"), lambda: b"content"])
@pytest.mark.parametrize("fields", [KEY, SIGNED], ids=["key", "signed"])
def test_bodies_arrive_whole_read_or_not(serve, reply, body, fields):
    """A body arrives whole and with its length, even if a method has read it."""
    server = serve(reply())
    call(made(server.url, fields), "POST", f"{server.url}/a", data=body())
    (seen,) = server.seen
    assert b"content" in seen.body
    assert int(seen.headers["Content-Length"]) == len(seen.body)
    assert ("AWS4-HMAC-SHA256" in seen.text) is (fields is SIGNED)


def test_a_stream_that_can_t_be_signed_or_sent_again_is_named(serve, reply):
    """An asynchronous generator can neither be signed nor be sent again: each has its own error."""
    tokens = iter(("s3cret-1", "s3cret-2", "s3cret-3"))
    server = serve(
        lambda seen: reply(body={"access_token": next(tokens)}) if seen.path == "/token" else reply(401)
    )

    async def chunks():
        yield b"abc"

    with pytest.raises(watchword.RequestError) as unsigned:
        call(
            made(server.url, SIGNED), "PUT", f"{server.url}/a", data=chunks(), headers={"Content-Length": "3"}
        )
    oauth2 = made(server.url, OAUTH2, token_url=f"{server.url}/token")
    with pytest.raises(watchword.RequestError) as gone:
        call(oauth2, "PUT", f"{server.url}/a", data=chunks(), headers={"Content-Length": "3"})
    assert (unsigned.value.code, gone.value.code) == ("body_not_signable", "body_not_replayable")


@pytest.mark.parametrize("body", [{"json": {"x": 1}}, {"data": form}], ids=["json", "files"])
def test_a_refused_token_is_replaced_within_the_call(serve, reply, body):
    """After a 401 the same request is sent again with a newer token."""
    tokens = iter(("s3cret-1", "s3cret-2"))
    server = serve(
        lambda seen: (
            reply(body={"access_token": next(tokens), "expires_in": 3600})
            if seen.path == "/token"
            else reply(200 if seen.headers["Authorization"].endswith("2") else 401)
        )
    )
    options = {name: value() if callable(value) else value for name, value in body.items()}
    oauth2 = made(server.url, OAUTH2, token_url=f"{server.url}/token")
    assert call(oauth2, "POST", f"{server.url}/a", **options).status == 200
    first, second = (seen.body for seen in server.seen if seen.path == "/a")
    assert first == second


def test_a_request_survives_an_idle_connection_that_was_lost(serve, reply):
    """If an idle connection was lost, aiohttp sends the request again: signed, and with its whole body."""
    answers = iter([reply(), reply(hang_up=True), reply()])
    server = serve(lambda _: next(answers))
    connection = made(server.url)

    async def run():
        async with aiohttp.ClientSession(middlewares=(connection.aiohttp_middleware(),)) as api:
            for _ in range(2):
                async with api.put(f"{server.url}/a", data=b"content") as response:
                    assert response.status == 200

    asyncio.run(run())
    assert [(seen.body, seen.headers["X-API-Key"]) for seen in server.seen] == [
        (b"content", "s3cret/key")
    ] * 3


@pytest.mark.parametrize("fields", [KEY, KEY | {"add_to": "query"}], ids=["header", "query"])
def test_a_response_error_holds_no_credential(serve, reply, fields):
    """The error of `raise_for_status` shows the request as it was made, in text, repr and attributes."""
    server = serve(reply(500))
    with pytest.raises(aiohttp.ClientResponseError) as error:
        call(made(server.url, fields), "GET", f"{server.url}/a?page=2", raise_for_status=True)
    assert "s3cret" in server.seen[0].text
    assert "page=2" in repr(error.value)
    assert "s3cret" not in f"{error.value} {error.value!r} {error.value.request_info}"


def test_the_error_of_an_invalid_response_shows_no_credential(serve, reply):
    """An error of aiohttp's parser shows the request as it was made."""
    server = serve(reply(headers={"Bad\x00Name": "x"}))
    with pytest.raises(aiohttp.ClientError) as error:
        call(made(server.url, KEY | {"add_to": "query"}), "GET", f"{server.url}/a?page=2")
    assert "page=2" in repr(error.value)
    assert "s3cret" not in f"{error.value} {error.value!r} {vars(error.value)}"


def test_two_challenges_in_two_headers_are_both_seen(serve, reply):
    """If a server offers Basic and Digest in two headers, Digest is used."""

    def answer(seen):
        if "Authorization" in seen.headers:
            return reply()
        offers = 'Basic realm="r"\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'
        return reply(401, headers={"WWW-Authenticate": offers})

    server = serve(answer)
    digest = made(server.url, {"method": "digest", "username": "ann", "password": "s3cret"})
    assert call(digest, "GET", f"{server.url}/a").status == 200
    assert server.seen[1].headers["Authorization"].startswith("Digest ")


def test_the_session_s_own_defaults_stay(serve, reply):
    """Headers and cookies of the session arrive together with the credential."""
    server = serve(reply())
    connection = made(server.url, KEY | {"add_to": "cookie", "api_key": "s3cret", "key_name": "sid"})

    async def run():
        middleware = (connection.aiohttp_middleware(),)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(
            headers={"X-Mine": "1"}, cookie_jar=jar, middlewares=middleware
        ) as api:
            api.cookie_jar.update_cookies({"lang": "en"})
            await (await api.get(f"{server.url}/a")).read()

    asyncio.run(run())
    assert server.seen[0].headers["X-Mine"] == "1"
    assert server.seen[0].headers["Cookie"] == "lang=en; sid=s3cret"
