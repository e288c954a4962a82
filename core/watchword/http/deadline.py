"""A limit for a whole call: the limits of sockets begin anew with every byte that a slow server sends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import requests

T = TypeVar("T")

THREAD = "watchword-deadline"
"""The name of threads that make such calls."""


class _Call(Generic[T]):
    """A call on a thread of its own, and what came of it."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self.result: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
            self.result.append(self._function())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.error = error


def read(response: requests.Response, most: int, seconds: float) -> bytes:
    """Return the body's first bytes, `most` at most, as far as they come within so many seconds."""
    deadline = time.monotonic() + seconds
    body = bytearray()
    while len(body) < most and time.monotonic() < deadline:
        piece = response.raw.read1(1 << 14, decode_content=True)  # what is there, without waiting for more
        if not piece:
            break
        body += piece
    return bytes(body[:most])


def run_with_deadline(seconds: float, function: Callable[[], T], *, must_finish: bool = False) -> T:
    """Return what the function returns, or raise what it raises, within so many seconds.

    Past them, or where the wait is interrupted, the call is left to itself on its thread. One that
    `must_finish` all the same is finished before the interpreter ends.

    Raises:
        requests.ReadTimeout: nothing came in time.
    """
    call = _Call(function)
    thread = threading.Thread(target=call.run, name=THREAD, daemon=not must_finish)
    thread.start()
    thread.join(seconds)
    if call.error is not None:
        raise call.error
    if not call.result:
        raise requests.ReadTimeout(f"no complete answer within {seconds:g} seconds")
    return call.result[0]
