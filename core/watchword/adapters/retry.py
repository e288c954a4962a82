"""Further tries of idempotent requests after a transient fault; each try is signed anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from watchword.adapters.driver import ClosableResponse
from watchword.flow import FlowResponse
from watchword.http.durations import retry_after

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
TRANSIENT = frozenset({429, 502, 503, 504})
"""The statuses after which a request is tried again."""

LONGEST_PAUSE = 120.0
"""If an API asks for a longer pause than this, in seconds, its response is passed on instead."""

IsTransient = Callable[[Exception], bool]
"""Returns whether a client library's exception may go away by waiting."""

R = TypeVar("R", bound=ClosableResponse)


def with_retries(attempt: Callable[[], R], retries: int, is_transient: IsTransient) -> R:
    """Return the response of the first try without a transient fault, or of the last try (RFC 9110, 9.2.2).

    The request must be idempotent and its body repeatable. The pause is that of Retry-After if there is
    one; otherwise it begins at half a second and doubles, with jitter.
    """
    for usual_pause in usual_pauses(retries):
        try:
            response = attempt()
        except Exception as error:  # the client's adapter knows which errors are transient
            if not is_transient(error):
                raise
            pause = usual_pause
        else:
            wanted_pause = pause_after(response, usual_pause)
            if wanted_pause is None:
                return response
            pause = wanted_pause
            response.close()
        time.sleep(pause)
    return attempt()


def usual_pauses(retries: int) -> Iterator[float]:
    """Yield the pause before each further try, in seconds, for an API that asks for none."""
    for number in range(retries):
        yield 0.5 * 2**number * random.uniform(0.5, 1.5)  # noqa: S311 - jitter


def pause_after(response: FlowResponse, usual_pause: float) -> float | None:
    """Return how long to wait after this response, in seconds; None if the response is to be passed on."""
    asked_for = retry_after(response.headers.get("Retry-After"))
    pause = usual_pause if asked_for is None else asked_for
    return pause if response.status_code in TRANSIENT and pause <= LONGEST_PAUSE else None
