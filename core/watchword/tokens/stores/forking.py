"""Stores and forks: a child begins anew, and none is forked while a SQLite file is open.

SQLite's own books about which file this process has locked are copied by a fork, although the locks
are not: a child that is born in a transaction would believe in locks that it does not have.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, get_ident
from typing import Protocol

_PATIENCE = 20.0
"""How long a fork waits for files to be closed, in seconds; every transaction is shorter."""


class Begins(Protocol):
    """Something that a forked child begins anew."""

    def begin_child(self) -> None:
        """Replace what belongs to the parent, such as locks and connections."""


_heirs: weakref.WeakSet[Begins] = weakref.WeakSet()
_closed = Condition()
_open: dict[int, int] = {}
"""How many files each thread has open; guarded by the condition that forks wait for."""
_forks = 0
"""How many forks are under way; no thread opens its first file meanwhile."""


def inherit(heir: Begins) -> None:
    """Have something begin anew in every forked child, as long as it lives."""
    _heirs.add(heir)


@contextmanager
def no_fork() -> Iterator[None]:
    """Have other threads' forks wait until the block is left."""
    thread = get_ident()
    with _closed:
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
    global _forks  # noqa: PLW0603 - likewise
    _forks -= 1
    _closed.notify_all()
    _closed.release()


def _after_in_child() -> None:
    global _closed, _forks  # the parent's is held
    _closed, _forks = Condition(), 0
    for thread in set(_open) - {get_ident()}:
        del _open[thread]
    for heir in tuple(_heirs):
        heir.begin_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
