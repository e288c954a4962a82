"""A time limit for a whole call: a socket's limit begins again with every byte that a slow server sends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import requests

from watchword.http.at_exit import happened, wait_at_exit
from watchword.http.call_sockets import CallSockets

T = TypeVar("T")

THREAD = "watchword-deadline"
"""The name of the threads that make such calls."""


class _Call(Generic[T]):
    """A call on its own thread, with its result or error."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self.result: list[T] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self.sockets = CallSockets()

    def run(self) -> None:
        """Make the call; after its sockets were shut down it has neither result nor error.

        Half a response looks whole then: the end of the connection ends the headers.
        """
        try:
            with self.sockets.collecting():
                result = self._function()
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            if not self.sockets.is_over:
                self.error = error
        else:
            if not self.sockets.is_over:
                self.result.append(result)
        finally:
            happened(self.ended)


def read(response: requests.Response, most: int, seconds: float, *, is_packed: bool = False) -> bytes:
    """Return the body, at most `most` bytes of it; `is_packed` leaves it compressed as it was sent.

    Raises:
        requests.ReadTimeout: neither its end nor so many bytes came within so many seconds.
    """
    deadline = time.monotonic() + seconds
    body = bytearray()
    while len(body) < most:
        if time.monotonic() >= deadline:
            raise _timeout(seconds)
        chunk = response.raw.read1(1 << 14, decode_content=not is_packed)  # doesn't wait for more bytes
        if not chunk:
            break
        body += chunk
    return bytes(body[:most])


def run_with_deadline(seconds: float, function: Callable[[], T], *, must_finish: float | None = None) -> T:
    """Return what the function returns, or raise what it raises, within so many seconds.

    After that time, or if the wait is interrupted, the network connections of the call are shut down, so
    that its thread ends soon. `must_finish` is for a call that must not be cut off: it runs on instead, alone
    on its thread, and a process that ends waits for it, for so many seconds from its beginning.

    Raises:
        requests.ReadTimeout: the call took too long.
    """
    call = _Call(function)
    thread = threading.Thread(target=call.run, name=THREAD, daemon=must_finish is None)
    if must_finish is not None:
        wait_at_exit(call.ended, must_finish)
    try:
        thread.start()
    except RuntimeError:  # the system gives no more threads
        happened(call.ended)
        raise
    try:
        # Not `join`: on Python 3.10 to 3.12 an exception in it, as of a signal, marks the thread as ended.
        call.ended.wait(seconds)
    finally:
        if must_finish is None:
            call.sockets.shut_down()
    if call.error is not None:
        raise call.error
    if not call.result:
        raise _timeout(seconds)
    return call.result[0]


def _timeout(seconds: float) -> requests.ReadTimeout:
    return requests.ReadTimeout(f"no complete response within {seconds:g} seconds")
