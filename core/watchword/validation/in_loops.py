"""How validations share an event loop: what takes long runs on threads, and few at a time call one host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakKeyDictionary

from watchword import forks

_THREADS = 2
"""Few: each of them that computes makes the loop wait for Python's lock after every call of the system."""

_AT_A_TIME = 16
"""So many validations call one host at a time: the responses of more would come in bursts and block the loop.

A host that doesn't respond holds up no validation of another one.
"""

T = TypeVar("T")

_executor = ThreadPoolExecutor(_THREADS, "watchword-validation")

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Semaphore]] = WeakKeyDictionary()


def turn(host: str) -> asyncio.Semaphore:
    """Return the semaphore for the calls of one host in this event loop."""
    hosts = _turns.setdefault(asyncio.get_running_loop(), {})
    if host not in hosts:
        hosts[host] = asyncio.Semaphore(_AT_A_TIME)
    return hosts[host]


async def on_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns, which may read files or a store, or compute for long."""
    return await asyncio.get_running_loop().run_in_executor(_executor, work)


@forks.in_child
def _begin_child() -> None:
    global _executor  # noqa: PLW0603 - the parent's threads don't exist in the child
    _executor = ThreadPoolExecutor(_THREADS, "watchword-validation")
