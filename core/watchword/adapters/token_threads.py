"""The threads on which asynchronous clients fetch tokens and log out, so that the event loop runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from watchword import forks
from watchword.adapters.token_usage import TokenUsage
from watchword.tokens.token_cache import TokenCache

_THREADS = 2
"""Threads of each credential: one fetches, and the other sees meanwhile that the old token still lasts.

Each credential has its own threads, so that a slow token endpoint holds up no other credential."""

_pools: WeakKeyDictionary[TokenCache | TokenUsage, ThreadPoolExecutor] = WeakKeyDictionary()
_lock = Lock()

T = TypeVar("T")


async def on_token_thread(owner: TokenCache | TokenUsage, work: Callable[[], T]) -> T:
    """Return what `work` returns; if the caller is cancelled, the work goes on for the others who wait."""
    with _lock:
        pool = _pools.get(owner)
        if pool is None:
            pool = _pools[owner] = ThreadPoolExecutor(_THREADS, "watchword-token")
    return await asyncio.get_running_loop().run_in_executor(pool, work)


async def end_usage(usage: TokenUsage) -> None:
    """End the use of a token, which may log out; this doesn't wait for those who wait for a token."""
    if usage.begun:
        await on_token_thread(usage, usage.end)


@forks.in_child
def _begin_child() -> None:
    global _lock, _pools  # the parent's threads don't exist in the child, and one of them may hold the lock
    _lock, _pools = Lock(), WeakKeyDictionary()
