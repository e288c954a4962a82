"""The event loop is never blocked while a token is fetched, and one fetch serves all waiting tasks."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
from contextlib import asynccontextmanager

import aiohttp
import pytest

import watchword
from tests.support.leftovers import left, threads_now
from watchword.adapters.token_threads import on_token_thread
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache

TASKS = 32


@asynccontextmanager
async def with_httpx(connection):
    async with connection.async_httpx_client() as api:

        async def get(url):
            return (await api.get(url)).status_code

        yield get


@asynccontextmanager
async def with_aiohttp(connection):
    async with aiohttp.ClientSession(middlewares=(connection.aiohttp_middleware(),)) as api:

        async def get(url):
            async with api.get(url) as response:
                return response.status

        yield get


@pytest.fixture(params=[with_httpx, with_aiohttp], ids=["httpx", "aiohttp"])
def opened(request):
    """Give each client in turn: a context that yields `get(url)`, which returns a status."""
    return request.param


@pytest.fixture
def calls(opened):
    """Give a coroutine function that makes several calls at once and returns their statuses or errors."""

    async def several(connection, url, times):
        async with opened(connection) as get:
            return await asyncio.gather(*(get(url) for _ in range(times)), return_exceptions=True)

    return several


class Gate:
    """Delays a token endpoint's response until the test opens the gate."""

    def __init__(self):
        self.asked, self.open = threading.Event(), threading.Event()

    def wait(self):
        self.asked.set()
        self.open.wait(30)


@pytest.fixture
def acme(serve, reply):
    """Give an API that accepts the last token issued; `acme.gate`, if set, delays the issue."""
    issued = []

    def answer(seen):
        if seen.path == "/token":
            if server.gate:
                server.gate.wait()
            issued.append(f"s3cret-{len(issued)}")
            return reply(body={"access_token": issued[-1], "expires_in": 3600})
        return reply(200 if issued and seen.headers.get("Authorization") == f"Bearer {issued[-1]}" else 401)

    server = serve(answer)
    server.gate, server.issued = None, issued
    return server


def connection(server, **fields):
    document = {
        "base_url": server.url, "method": "oauth2_client_credentials", "token_url": f"{server.url}/token",
        "client_id": f"client-{server.port}", "client_secret": "s3cret-client", **fields,
    }  # fmt: skip
    return watchword.load(document)


def test_thirty_two_tasks_share_one_token_request(acme, calls):
    """Without a token at hand one task fetches it, and all calls are sent with it."""
    assert asyncio.run(calls(connection(acme), f"{acme.url}/a", TASKS)) == [200] * TASKS
    assert len(acme.issued) == 1


def test_a_refused_token_is_renewed_once_for_all_tasks(acme, calls):
    """If the API refuses the token of all tasks, one new token serves all of them."""
    asyncio.run(calls(connection(acme), f"{acme.url}/a", 1))
    acme.issued.append("revoked elsewhere")
    assert asyncio.run(calls(connection(acme), f"{acme.url}/a", TASKS)) == [200] * TASKS
    assert len(acme.issued) == 3


def test_the_loop_runs_on_while_a_token_is_fetched(acme, calls):
    """A slow token endpoint holds up no other task of the loop."""
    acme.gate = Gate()

    async def ticking():
        await asyncio.to_thread(acme.gate.asked.wait, 30)
        for _ in range(100):
            await asyncio.sleep(0)
        acme.gate.open.set()  # a blocked loop would never come here, and the calls would fail

    async def main():
        statuses, _ = await asyncio.gather(calls(connection(acme, timeout=10), f"{acme.url}/a", 8), ticking())
        return statuses

    assert asyncio.run(main()) == [200] * 8
    assert len(acme.issued) == 1


def test_a_slow_token_endpoint_holds_up_no_other_credential(acme, serve, reply, calls):
    """Calls that wait for one connection's token leave threads free for another connection's."""
    acme.gate = Gate()
    other = serve(
        lambda seen: reply(body={"access_token": "s3cret-other"}) if seen.path == "/token" else reply()
    )

    async def main():
        waiting = asyncio.create_task(calls(connection(acme), f"{acme.url}/a", TASKS))
        await asyncio.to_thread(acme.gate.asked.wait, 30)
        quick = await calls(connection(other), f"{other.url}/a", 4)
        acme.gate.open.set()
        return quick, await waiting

    assert asyncio.run(main()) == ([200] * 4, [200] * TASKS)


def test_a_task_that_waits_for_a_token_can_be_cancelled(acme, opened):
    """The cancelled call ends at once, the fetch goes on for the others, and later calls use its token."""
    acme.gate = Gate()

    async def main():
        async with opened(connection(acme)) as get:
            leaving, staying = (asyncio.create_task(get(f"{acme.url}/a")) for _ in range(2))
            await asyncio.to_thread(acme.gate.asked.wait, 30)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            assert not acme.issued
            acme.gate.open.set()
            return [await staying, await get(f"{acme.url}/a")]

    assert asyncio.run(main()) == [200, 200]
    assert len(acme.issued) == 1


def test_a_client_is_closed_while_a_token_is_fetched(acme, calls):
    """A cancelled task closes its own client at once, even while others wait for the token."""
    acme.gate = Gate()
    made = connection(acme)

    async def main():
        staying = asyncio.create_task(calls(made, f"{acme.url}/a", TASKS))
        await asyncio.to_thread(acme.gate.asked.wait, 30)
        leaving = asyncio.create_task(calls(made, f"{acme.url}/a", 1))
        await asyncio.sleep(0.05)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert not acme.issued
        acme.gate.open.set()
        return await staying

    assert asyncio.run(main()) == [200] * TASKS


def test_a_cancelled_call_gives_its_connection_back(serve, reply, calls):
    """A call that is cancelled while the API is silent ends at once, and the client goes on."""
    arrived = threading.Event()

    def answer(seen):
        arrived.set()
        return reply(delay=20 if seen.path == "/slow" else 0.0)

    server = serve(answer)
    made = watchword.load({"base_url": server.url, "method": "bearer", "bearer_token": "s3cret-token"})

    async def main():
        slow = asyncio.create_task(calls(made, f"{server.url}/slow", 1))
        await asyncio.to_thread(arrived.wait, 30)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        return await calls(made, f"{server.url}/quick", 2)

    assert asyncio.run(main()) == [200, 200]


def test_a_refused_token_request_is_a_typed_error_for_each_task(serve, reply, calls):
    """Every waiting task gets the error, and the token endpoint gets one request."""
    server = serve(reply(401, {"error": "invalid_client"}))
    errors = asyncio.run(calls(connection(server), f"{server.url}/a", 8))
    assert [error.code for error in errors] == ["invalid_client"] * 8
    assert len(server.seen) == 1


def test_no_task_waits_while_the_old_token_is_valid(acme):
    """While one task renews a token that is due, the others use the old one."""
    fetching, go_on = threading.Event(), threading.Event()
    now = [0.0]

    def fetch():
        if now[0]:
            fetching.set()
            go_on.wait(30)
        return Token("s3cret-new" if now[0] else "s3cret-old", lifetime=100.0)

    token_cache = TokenCache(LocalTokens(fetch), lambda: now[0])
    token_cache.get()
    now[0] = 95.0

    async def main():
        renewing = asyncio.create_task(on_token_thread(token_cache, token_cache.get))
        await asyncio.to_thread(fetching.wait, 30)
        others = [await on_token_thread(token_cache, token_cache.get) for _ in range(8)]
        go_on.set()
        return others, await renewing

    others, renewed = asyncio.run(main())
    assert {token.access_token for token in others} == {"s3cret-old"}
    assert renewed.access_token == "s3cret-new"


def test_threads_end_with_their_credential():
    """The threads of a credential end when the credential is no longer in use."""

    async def main():
        token_cache = TokenCache(LocalTokens(lambda: Token("s3cret-token")))
        return (await on_token_thread(token_cache, token_cache.get)).access_token

    before = threads_now()
    assert asyncio.run(main()) == "s3cret-token"
    gc.collect()
    assert left(threads_now, before) == set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(acme, calls):
    """The parent's threads don't exist in the child, which fetches on new threads."""
    made = connection(acme)
    asyncio.run(calls(made, f"{acme.url}/a", 1))
    made.credential.token_cache._held = None  # so that the child has to fetch
    child = os.fork()
    if not child:
        signal.alarm(60)
        try:
            os._exit(0 if asyncio.run(calls(made, f"{acme.url}/a", 1)) == [200] else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
