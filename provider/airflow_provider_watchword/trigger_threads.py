"""The threads on which triggers do what would block the triggerer's event loop.

They are few, and not those of the loop: the loop's own threads look up host names for all triggers, and
would be taken by a token store or a Secret Manager that is slow.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_THREADS = 2

_executor = ThreadPoolExecutor(_THREADS, "watchword-trigger")

T = TypeVar("T")


async def on_thread(work: Callable[[], T]) -> T:
    """Return what `work` returns; what it logs belongs to the trigger that waits for it."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(_executor, context.run, work)
