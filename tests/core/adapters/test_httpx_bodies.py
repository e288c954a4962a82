"""Bodies in the clients of httpx: read if a method needs them, sent whole, and sent again if possible."""

from __future__ import annotations

import io

import httpx
import pytest

import watchword

KEY = {"method": "api_key", "api_key": "s3cret-key"}
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


def test_a_form_with_files_is_signed_and_sent_again(serve, reply, call):
    """A form arrives whole, whether a method has read its body or left it to httpx."""
    server = serve(reply())
    received = []
    for fields in (KEY, SIGNED):
        call(
            made(server.url, fields),
            "POST",
            "/a",
            data={"n": "1"},
            files={"f": ("f.txt", io.BytesIO(b"content"))},
        )
        received.append(server.seen[-1])
    assert all(b"content" in seen.body and b'name="n"' in seen.body for seen in received)
    assert "SignedHeaders=content-type;host;x-amz-" in received[1].headers["Authorization"]


def test_a_body_is_left_unread_if_no_method_needs_it(serve, reply):
    """With a key in a header, a file is sent in chunks and never read into memory."""
    server = serve(reply())
    with made(server.url).httpx_client() as api:
        request = api.build_request("POST", "/a", files={"f": io.BytesIO(b"content")})
        api.send(request)
        with pytest.raises(httpx.RequestNotRead):
            request.content  # noqa: B018 - reading it is the point
    assert b"content" in server.seen[0].body


def test_a_stream_that_can_t_be_signed_or_sent_again_is_named(serve, reply, call):
    """A generator can neither be signed nor be sent again with a newer token: each has its own error."""
    tokens = iter(("s3cret-1", "s3cret-2", "s3cret-3"))
    server = serve(
        lambda seen: reply(body={"access_token": next(tokens)}) if seen.path == "/token" else reply(401)
    )
    asynchronous = "async" in call.__name__

    async def chunks():
        yield b"abc"

    def stream():
        return chunks() if asynchronous else iter([b"abc"])

    with pytest.raises(watchword.RequestError) as unsigned:
        call(made(server.url, SIGNED), "POST", "/a", content=stream())
    with pytest.raises(watchword.RequestError) as gone:
        call(made(server.url, OAUTH2, token_url=f"{server.url}/token"), "POST", "/a", content=stream())
    assert (unsigned.value.code, gone.value.code) == ("body_not_signable", "body_not_replayable")


def test_a_refused_token_is_replaced_within_the_call(serve, reply, call):
    """After a 401 the same request, also a form with files, is sent again with a newer token."""
    tokens = iter(("s3cret-1", "s3cret-2"))
    server = serve(
        lambda seen: (
            reply(body={"access_token": next(tokens), "expires_in": 3600})
            if seen.path == "/token"
            else reply(200 if seen.headers["Authorization"].endswith("2") else 401)
        )
    )
    connection = made(server.url, OAUTH2, token_url=f"{server.url}/token")
    assert call(connection, "POST", "/a", files={"f": b"content"}).status_code == 200
    first, second = (seen.body for seen in server.seen if seen.path == "/a")
    assert first == second
