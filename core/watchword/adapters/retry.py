"""Further tries of idempotent requests after a passing fault; each is signed anew."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from watchword.flow import FlowResponse
from watchword.http.durations import retry_after

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
PASSING = frozenset({429, 502, 503, 504})

LONGEST_PAUSE = 120.0
"""An API that wants a longer wait than this, in seconds, gets its answer passed on instead."""

Passes = Callable[[Exception], bool]
"""Says of a client library's exception whether waiting may mend it."""


class _Response(FlowResponse, Protocol):
    def close(self) -> None: ...


R = TypeVar("R", bound=_Response)


def with_retries(attempt: Callable[[], R], retries: int, passes: Passes) -> R:
    """Return the answer of the first try without a passing fault, or of the last one (RFC 9110, 9.2.2).

    The request must be idempotent and its body repeatable. A Retry-After in seconds is honoured;
    else the pause doubles from half a second, with jitter.
    """
    for usual in pauses(retries):
        try:
            response = attempt()
        except Exception as error:  # which of them pass is known to the library's adapter
            if not passes(error):
                raise
            pause = usual
        else:
            wished = wished_pause(response, usual)
            if wished is None:
                return response
            pause = wished
            response.close()
        time.sleep(pause)
    return attempt()


def pauses(retries: int) -> Iterator[float]:
    """Yield the usual pause before each further try, in seconds."""
    for number in range(retries):
        yield 0.5 * 2**number * random.uniform(0.5, 1.5)  # noqa: S311 - jitter


def wished_pause(response: FlowResponse, usual: float) -> float | None:
    """Return how long to wait after this answer, in seconds; None where it is to be passed on."""
    wished = retry_after(response.headers.get("Retry-After"))
    pause = usual if wished is None else wished
    return pause if response.status_code in PASSING and pause <= LONGEST_PAUSE else None
