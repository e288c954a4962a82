"""The store in memory, beyond the contract of all stores."""

from __future__ import annotations

import os
from dataclasses import replace

from watchword.stores.memory import MemoryStore
from watchword.tokens.record import Record


def named(name):
    """Return a transition that names a record."""
    return lambda record, _: replace(record, name=name)


def test_a_forked_child_has_a_copy():
    """A child finds what its parent had stored, and the parent doesn't see what the child stores."""
    store = MemoryStore()
    store.change("key", named("parent"))

    child = os.fork()
    if not child:
        found = store.load("key").record
        store.change("key", named("child"))
        os._exit(0 if found == Record("key", name="parent") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.load("key").record == Record("key", name="parent")
