"""Connections to PostgreSQL: opened for one transaction, and closed when its time is over.

The limits of the server and of TCP end nothing while the server's processes are stopped: its machine still
acknowledges every packet. So the time is limited here, where the answer is awaited.
"""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import BoundedSemaphore
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

from watchword.stores.store_failures import failure, has_no_room, of_postgres

T = TypeVar("T")

Arguments: TypeAlias = Mapping[str, Any]
"""What psycopg connects with."""

LONGEST = 15.0
"""How long a transaction takes at most, in seconds, once it is connected."""

PATIENCE = 30.0
"""How long a server that has no connection left is waited for, in seconds."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 3.0
"""Pauses meanwhile, in seconds; each varies by half. A refused attempt, too, costs the server a process."""

_INTERVAL = 0.1
"""How often the time is looked at while an answer is awaited, in seconds."""


class OvertimeError(psycopg.OperationalError):
    """The server did not answer in time; whether it will still commit is not known."""


class _Connection(psycopg.Connection[TupleRow]):
    """A connection that is closed at its deadline, which is on the monotonic clock."""

    deadline = 0.0

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:  # noqa: ARG002
        """Wait for the server, but not past the deadline."""
        try:
            return super().wait(_until(self.deadline, gen), interval)
        except OvertimeError:
            self.close()
            raise


def _until(deadline: float, steps: PQGen[T]) -> PQGen[T]:
    """Take the same steps; raise OvertimeError where one has to wait and the time is over."""
    ready: Any = None
    while True:
        try:
            wanted = steps.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result
        if time.monotonic() >= deadline:
            raise OvertimeError("no answer in time")
        ready = yield wanted


@contextmanager
def transaction(arguments: Arguments, slots: BoundedSemaphore, display_url: str) -> Iterator[_Connection]:
    """Open a connection for one transaction; leaving the block commits it, an exception undoes it.

    `slots` limits the connections of this process. Raises StoreError for any failure.
    """
    if not slots.acquire(timeout=PATIENCE):
        raise failure("store_locked", display_url, "all connections of this process are in use")
    try:
        with _connected(arguments) as connection:
            yield connection
            connection.commit()
            return
    except OvertimeError:
        why = f"it did not answer within {LONGEST:g} seconds"
        failed = failure("store_unreachable", display_url, why)
    except psycopg.Error as error:
        failed = of_postgres(error, display_url)
    finally:
        slots.release()
    raise failed  # here, so that it does not keep the driver's error alive, and with that an open socket


@contextmanager
def _connected(arguments: Arguments) -> Iterator[_Connection]:
    connection = _connect(arguments)
    connection.deadline = time.monotonic() + LONGEST
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    try:
        yield connection
    except BaseException:
        with suppress(psycopg.Error):  # a pooler in between keeps its connection to the server then
            connection.rollback()
        raise
    finally:
        connection.close()


def _connect(arguments: Arguments) -> _Connection:
    """Connect, as soon as the server has a connection left."""
    pause, begun = _FIRST_PAUSE, time.monotonic()
    while True:
        try:
            return _Connection.connect(**arguments)
        except psycopg.OperationalError as error:
            traceback.clear_frames(error.__traceback__)  # they hold the socket, and the error holds them
            if not has_no_room(error) or time.monotonic() - begun > PATIENCE:
                raise
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, so that all of them get their turn
        pause = min(pause * 2, _LONGEST_PAUSE)
