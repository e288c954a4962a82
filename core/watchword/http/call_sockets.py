"""The sockets that a call with a time limit has opened, so that none of them outlives the limit."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class CallSockets:
    """The sockets of one call; the thread that waits for the call may shut them down.

    Each is kept as a duplicate: the original changes hands when TLS or a response takes it over, and
    shutting down one of the two shuts down their network connection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._duplicates: list[socket.socket] = []
        self.is_over = False
        """Whether they were shut down: whatever the call reads after that is not what the server sent."""

    def add(self, opened: socket.socket) -> None:
        """Add a socket; one that was opened after the end is shut down at once."""
        with self._lock:
            if self.is_over:
                _shut_down(opened)
            else:
                self._duplicates.append(opened.dup())

    def shut_down(self) -> None:
        """End every network connection of the call: a read that waits returns at once."""
        with self._lock:
            self.is_over = True
            for duplicate in self._duplicates:
                _shut_down(duplicate)

    def close(self) -> None:
        """Give the duplicates back; the call has ended."""
        with self._lock:
            for duplicate in self._duplicates:
                duplicate.close()
            self._duplicates.clear()

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Add the sockets that this thread opens meanwhile, and give all of them back at the end."""
        _current.sockets = self
        try:
            yield
        finally:
            _current.sockets = None
            self.close()


class _Current(threading.local):
    sockets: CallSockets | None = None


_current = _Current()


def opened(new: socket.socket) -> socket.socket:
    """Return a socket that was just opened, after adding it to the call that this thread makes, if any."""
    if _current.sockets is not None:
        _current.sockets.add(new)
    return new


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):  # the server may have closed it
        sock.shutdown(socket.SHUT_RDWR)
