"""Step exchanges in asyncio without ever blocking its loop: what may take long goes to threads of ours."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from requests import PreparedRequest

from watchword.adapters.portable import Unsigned, replayable, steps
from watchword.adapters.retry import Passes, pauses, wished_pause
from watchword.authenticator import Authenticator, Use
from watchword.flow import Answered, NeedToken
from watchword.tokens.keeper import Keeper
from watchword.tokens.token import Token

_THREADS = 2
"""Threads of a credential: one fetches, the other learns meanwhile that the old token still lasts.

Each credential has its own, so that a token endpoint that is slow to answer holds up no other's."""

_pools: WeakKeyDictionary[Keeper | Use, ThreadPoolExecutor] = WeakKeyDictionary()
_lock = Lock()

T = TypeVar("T")


class _Readable(Unsigned, Protocol):
    async def aread(self) -> None:
        """Read the body into memory."""


class _Response(Answered, Protocol):
    async def aclose(self) -> None: ...


R = TypeVar("R", bound=_Response)


class AsyncExchange:
    """The same as `portable.Exchange`; the loop runs on while a token is fetched, a fresh one is at hand."""

    def __init__(self, authenticator: Authenticator, unsigned: _Readable) -> None:
        self._authenticator = authenticator
        self._unsigned = unsigned
        self._steps = steps(authenticator, unsigned)
        self._wish: object = None

    def at_once(self) -> PreparedRequest | None:
        """Begin, and return what is to be sent where nothing has to be waited for: most requests' path."""
        self._wish = wish = next(self._steps)
        return wish if isinstance(wish, PreparedRequest) else None

    async def first(self) -> PreparedRequest:
        """Return what is to be sent where `at_once` had nothing; raises RequestError and TokenError."""
        granted = await self._granted(self._wish)
        if granted is None:
            raise TypeError("a flow sends its request at least once")
        return granted

    async def following(self, response: Answered) -> PreparedRequest | None:
        """Return what is to be sent again, None where the answer is good; raises the same as `first`."""
        try:
            wish = self._steps.send(response)
        except StopIteration:
            return None
        again = await self._granted(wish)
        return again and replayable(again, self._unsigned)

    async def _granted(self, wish: object) -> PreparedRequest | None:
        while not isinstance(wish, PreparedRequest):
            if isinstance(wish, NeedToken):
                token = await _token(self._authenticator, wish.rejected)
                try:
                    wish = self._steps.send(token)
                except StopIteration:  # it is no other than the refused one
                    return None
            else:
                await self._unsigned.aread()
                wish = next(self._steps)
        return wish


async def end(use: Use) -> None:
    """End the use of a token, which may log out; never behind those who wait for a token."""
    if use.begun:
        await _on_thread(use, use.end)


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
    keeper = authenticator.keeper
    if keeper is None:
        return authenticator.token(rejected)
    fresh = keeper.fresh(rejected)
    return fresh if fresh is not None else await _on_thread(keeper, lambda: keeper.get(rejected))


async def _on_thread(owner: Keeper | Use, work: Callable[[], T]) -> T:
    """Return what the work returns; who is cancelled meanwhile leaves it to the others who wait."""
    with _lock:
        pool = _pools.get(owner)
        if pool is None:
            pool = _pools[owner] = ThreadPoolExecutor(_THREADS, "watchword-token")
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _after_fork() -> None:
    global _lock, _pools  # the threads are the parent's, and so may the lock be
    _lock, _pools = Lock(), WeakKeyDictionary()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
