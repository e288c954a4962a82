"""Step exchanges in asyncio without ever blocking its loop: what may take long goes to threads of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from requests import PreparedRequest

from watchword import forks
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.request_proxy import Unsigned, replayable, start_flow
from watchword.adapters.retry import Passes, pauses, wished_pause
from watchword.adapters.token_usage import TokenUsage
from watchword.flow import FlowResponse, NeedToken
from watchword.tokens.token import Token
from watchword.tokens.token_cache import TokenCache

_THREADS = 2
"""Threads of a credential: one fetches, the other learns meanwhile that the old token still lasts.

Each credential has its own, so that a token endpoint that is slow to answer holds up no other's."""

_pools: WeakKeyDictionary[TokenCache | TokenUsage, ThreadPoolExecutor] = WeakKeyDictionary()
_lock = Lock()

T = TypeVar("T")


class _Readable(Unsigned, Protocol):
    async def aread(self) -> None:
        """Read the body into memory."""


class _Response(FlowResponse, Protocol):
    async def aclose(self) -> None: ...


R = TypeVar("R", bound=_Response)


class AsyncFlowDriver:
    """The same as `portable.Exchange`; the loop runs on while a token is fetched, a fresh one is at hand."""

    def __init__(self, authenticator: Authenticator, unsigned: _Readable) -> None:
        self._authenticator = authenticator
        self._unsigned = unsigned
        self._steps = start_flow(authenticator, unsigned)
        self._step: object = None

    def at_once(self) -> PreparedRequest | None:
        """Begin, and return what is to be sent where nothing has to be waited for: most requests' path."""
        self._step = step = next(self._steps)
        return step if isinstance(step, PreparedRequest) else None

    async def first(self) -> PreparedRequest:
        """Return what is to be sent where `at_once` had nothing; raises RequestError and TokenError."""
        granted = await self._granted(self._step)
        if granted is None:
            raise TypeError("a flow sends its request at least once")
        return granted

    async def following(self, response: FlowResponse) -> PreparedRequest | None:
        """Return what is to be sent again, None where the answer is good; raises the same as `first`."""
        try:
            step = self._steps.send(response)
        except StopIteration:
            return None
        again = await self._granted(step)
        return again and replayable(again, self._unsigned)

    async def _granted(self, step: object) -> PreparedRequest | None:
        while not isinstance(step, PreparedRequest):
            if isinstance(step, NeedToken):
                token = await _token(self._authenticator, step.rejected)
                try:
                    step = self._steps.send(token)
                except StopIteration:  # it is no other than the refused one
                    return None
            else:
                await self._unsigned.aread()
                step = next(self._steps)
        return step


async def end(usage: TokenUsage) -> None:
    """End the use of a token, which may log out; never behind those who wait for a token."""
    if usage.begun:
        await _on_thread(usage, usage.end)


async def with_retries(attempt: Callable[[], Awaitable[R]], retries: int, passes: Passes) -> R:
    """Return the same as `retry.with_retries`; the loop runs on in the pauses."""
    for usual in pauses(retries):
        try:
            response = await attempt()
        except Exception as error:  # which of them pass is known to the library's adapter
            if not passes(error):
                raise
            pause = usual
        else:
            wished = wished_pause(response, usual)
            if wished is None:
                return response
            pause = wished
            await response.aclose()
        await asyncio.sleep(pause)
    return await attempt()


async def _token(authenticator: Authenticator, rejected: Token | None) -> Token:
    token_cache = authenticator.token_cache
    if token_cache is None:
        return authenticator.token(rejected)
    fresh = token_cache.fresh(rejected)
    return fresh if fresh is not None else await _on_thread(token_cache, lambda: token_cache.get(rejected))


async def _on_thread(owner: TokenCache | TokenUsage, work: Callable[[], T]) -> T:
    """Return what the work returns; who is cancelled meanwhile leaves it to the others who wait."""
    with _lock:
        pool = _pools.get(owner)
        if pool is None:
            pool = _pools[owner] = ThreadPoolExecutor(_THREADS, "watchword-token")
    return await asyncio.get_running_loop().run_in_executor(pool, work)


@forks.in_child
def _begin_child() -> None:
    global _lock, _pools  # the parent's threads do not exist here, and one of them may hold the lock
    _lock, _pools = Lock(), WeakKeyDictionary()
