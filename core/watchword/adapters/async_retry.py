"""Further tries of idempotent requests in an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from watchword.adapters.async_driver import AsyncClosableResponse
from watchword.adapters.retry import IsTransient, pause_after, usual_pauses

R = TypeVar("R", bound=AsyncClosableResponse)


async def async_with_retries(
    attempt: Callable[[], Awaitable[R]], retries: int, is_transient: IsTransient
) -> R:
    """Return the same as `retry.with_retries`; the loop runs on during the pauses."""
    for usual_pause in usual_pauses(retries):
        try:
            response = await attempt()
        except Exception as error:  # the client's adapter knows which errors are transient
            if not is_transient(error):
                raise
            pause = usual_pause
        else:
            wanted_pause = pause_after(response, usual_pause)
            if wanted_pause is None:
                return response
            pause = wanted_pause
            await response.aclose()
        await asyncio.sleep(pause)
    return await attempt()
