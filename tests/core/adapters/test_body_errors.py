"""Errors while a body is read hold no secret, whatever the server has sent in the place of a body."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import traceback

import aiohttp
import pytest
import requests

import watchword

KEY = "s3cret-key-0123456789"
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
CHUNKED = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n"

BROKEN = {
    "chunk header": CHUNKED + "5\r\nhello\r\n" + KEY + "\r\n",
    "first chunk header": CHUNKED + KEY + "\r\n",
    "chunk extension": CHUNKED + f"5\r\nhello\r\nzz;{KEY}={KEY}\r\n",
    "end of a chunk": CHUNKED + f"5\r\nhello{KEY}\r\n0\r\n\r\n",
    "trailer": CHUNKED + f"5\r\nhello\r\n0\r\n{KEY}\x00 {KEY}\r\n\r\n",
    "long chunk header": CHUNKED + "5\r\nhello\r\n" + KEY * 900 + "\r\n",
    "content encoding": f"{HEAD}Content-Encoding: gzip, {KEY}\r\nContent-Length: 5\r\n\r\nhello",
    "content length": f"{HEAD}Content-Length: 50\r\n\r\n{KEY}",
}

AIOHTTP_MAY_HANG = 2.0
"""Seconds: aiohttp 3.14 waits for ever after some errors in a packet of their own, also without watchword."""


@pytest.fixture
def broken(request):
    """Give the URL of a server that answers each request with the given bytes in two parts, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1)  # a client that fails may keep its side open
                connection.recv(65536)
                head, blank, body = request.param.partition("\r\n\r\n")
                connection.sendall((head + blank).encode("latin-1"))
                connection.sendall(body.encode("latin-1"))
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def by_requests(made, url):
    with made.session() as session:
        session.get(url)


def by_streaming_requests(made, url):
    with made.session() as session, session.get(url, stream=True) as response:
        list(response.iter_content(3))


def by_raw_requests(made, url):
    with made.session() as session, session.get(url, stream=True) as response:
        response.raw.read(decode_content=True)
        response.raw.read()


def by_foreign_requests(made, url):
    with requests.Session() as session, session.get(url, auth=made.auth(), stream=True) as response:
        list(response.iter_lines())


def by_httpx(made, url):
    with made.httpx_client() as client:
        client.get(url)


def by_streaming_httpx(made, url):
    with made.httpx_client() as client, client.stream("GET", url) as response:
        list(response.iter_raw())


def by_async_httpx(made, url):
    async def run():
        async with made.async_httpx_client() as client:
            await client.get(url)

    asyncio.run(run())


def by_streaming_async_httpx(made, url):
    async def run():
        async with made.async_httpx_client() as client, client.stream("GET", url) as response:
            [part async for part in response.aiter_bytes()]

    asyncio.run(run())


def by_aiohttp(made, url):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),)) as session,
            session.get(url) as response,
        ):
            await response.read()

    asyncio.run(asyncio.wait_for(run(), AIOHTTP_MAY_HANG))


def by_streaming_aiohttp(made, url):
    async def run():
        async with (
            aiohttp.ClientSession(middlewares=(made.aiohttp_middleware(),)) as session,
            session.get(url) as response,
        ):
            await asyncio.sleep(0.05)  # the error is there before the body is read
            async for _ in response.content.iter_chunked(3):
                pass

    asyncio.run(asyncio.wait_for(run(), AIOHTTP_MAY_HANG))


READERS = {
    name.removeprefix("by_"): reader for name, reader in list(globals().items()) if name.startswith("by_")
}


def everything_in(error):
    """Return all that an exception, its causes and what they hold show."""
    pending, seen, texts = [error], set(), traceback.format_exception(error)
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, BaseException):
            texts += [repr(current), str(current), str(current.args), str(vars(current))]
            pending += [current.__cause__, current.__context__, *current.args, *vars(current).values()]
    return "\n".join(texts)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN, indirect=True)
@pytest.mark.parametrize("reader", READERS)
def test_the_error_of_a_broken_body_holds_no_secret(broken, reader):
    """Neither the exception nor one of its causes quotes the key that the server has sent as its body."""
    made = watchword.load({"base_url": broken, "method": "api_key", "api_key": KEY})
    try:
        READERS[reader](made, f"{broken}/a")
    except asyncio.TimeoutError:
        assert "aiohttp" in reader
    except Exception as error:  # noqa: BLE001 - each library has its own
        libraries = {"requests", "urllib3", "httpx", "aiohttp"}
        is_of_aiohttp = "aiohttp" in reader and str(error) == "Connection closed."  # a RuntimeError
        assert is_of_aiohttp or type(error).__module__.split(".")[0] in libraries
        shown = everything_in(error)
        assert KEY[:12] not in shown
