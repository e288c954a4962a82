"""Forks: what a child process resets, and what a fork has to wait for.

This is the only place that registers hooks at forks. A fork waits while a SQLite file is open: SQLite's
list of the files that this process has locked is copied to the child, but the locks are not. A child that
is forked in the middle of a transaction would rely on locks that it does not hold.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from typing import Protocol

_PATIENCE = 20.0
"""How long a fork waits for files to be closed, in seconds; every transaction is shorter."""


class ResetInChild(Protocol):
    """An object that a forked child resets."""

    def begin_child(self) -> None:
        """Replace what belongs to the parent, such as locks and connections."""


_objects: weakref.WeakSet[ResetInChild] = weakref.WeakSet()
_functions: list[Callable[[], None]] = []
_closed = Condition()
_open: dict[int, int] = {}
"""How many files each thread has open; guarded by the condition that forks wait for."""
_forks = 0
"""How many forks are under way; no thread opens its first file meanwhile."""


def reset_in_child(item: ResetInChild) -> None:
    """Call the object's `begin_child` in every forked child, as long as the object is alive."""
    _objects.add(item)


def in_child(function: Callable[[], None]) -> Callable[[], None]:
    """Call a module's function in every forked child; a decorator."""
    _functions.append(function)
    return function


@contextmanager
def no_fork() -> Iterator[None]:
    """Have other threads' forks wait until the block is left."""
    thread = get_ident()
    with _closed:
        if _forks:
            _closed.wait_for(lambda: not _forks or thread in _open)
        _open[thread] = _open.get(thread, 0) + 1
    try:
        yield
    finally:
        with _closed:
            _open[thread] -= 1
            if not _open[thread]:
                del _open[thread]
            _closed.notify_all()


def _before() -> None:
    global _forks  # noqa: PLW0603 - the state of the process
    _closed.acquire()
    _forks += 1
    # A thread that forks inside its own block can't wait for itself.
    _closed.wait_for(lambda: set(_open) <= {get_ident()}, _PATIENCE)


def _after_in_parent() -> None:
    global _forks  # noqa: PLW0603 - the state of the process
    _forks -= 1
    _closed.notify_all()
    _closed.release()


def _after_in_child() -> None:
    global _closed, _forks  # the parent's is held
    _closed, _forks = Condition(), 0
    for thread in set(_open) - {get_ident()}:
        del _open[thread]
    failure: Exception | None = None
    for reset in (*_functions, *(item.begin_child for item in tuple(_objects))):
        try:
            reset()
        except Exception as error:  # noqa: BLE001, PERF203 - the others must be reset all the same
            failure = error
    if failure:
        raise failure  # Python prints it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
