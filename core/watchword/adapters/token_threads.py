"""The threads on which asynchronous clients fetch tokens and log out, so that the event loop runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from watchword import forks
from watchword.adapters.token_usage import TokenUsage
from watchword.tokens.token_cache import TokenCache

_THREADS = 2
"""Threads of each credential: one fetches, and the other sees meanwhile that the old token still lasts.

Each credential has its own threads, so that a slow token endpoint holds up no other credential."""


@dataclass
class _Pool:
    """The threads of one credential, and how much work they have; they end with the last of it."""

    executor: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, "watchword-token")
    )
    pending: int = 0


_pools: dict[TokenCache | TokenUsage, _Pool] = {}
_lock = Lock()

T = TypeVar("T")


async def on_token_thread(owner: TokenCache | TokenUsage, work: Callable[[], T]) -> T:
    """Return what `work` returns; if the caller is cancelled, the work goes on for the others who wait."""
    with _lock:
        pool = _pools.setdefault(owner, _Pool())
        future = pool.executor.submit(work)
        pool.pending += 1
    future.add_done_callback(lambda _: _end_work(owner, pool))
    return await asyncio.wrap_future(future)


async def end_usage(usage: TokenUsage) -> None:
    """End the use of a token, which may log out; this doesn't wait for those who wait for a token."""
    if usage.begun:
        await on_token_thread(usage, usage.end)


def _end_work(owner: TokenCache | TokenUsage, pool: _Pool) -> None:
    """End the threads if they have nothing left to do: idle ones would stay as long as the credential."""
    with _lock:
        pool.pending -= 1
        if pool.pending or _pools.get(owner) is not pool:
            return
        del _pools[owner]
    pool.executor.shutdown(wait=False)


@forks.in_child
def _begin_child() -> None:
    global _lock, _pools  # the parent's threads don't exist in the child, and one of them may hold the lock
    _lock, _pools = Lock(), {}
