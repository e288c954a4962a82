"""A sleep that doesn't delay the shutdown."""

import asyncio
import time

from watchword_playground.state.state import State

STEP = 0.05
"""The longest time, in seconds, until a wait notices that the playground stops."""


async def pause(state: State, seconds: float) -> None:
    """Sleep in small steps, so that a long delay ends with the playground."""
    until = time.monotonic() + seconds
    # An event would belong to one event loop, but the state outlives the server's loop.
    while not state.closing and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110
        await asyncio.sleep(min(left, STEP))
