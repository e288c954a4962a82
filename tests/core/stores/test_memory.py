"""The store in memory, beyond the contract of all stores."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from watchword.stores.contracts import CONTRAST_KEPT, HISTORY_KEPT
from watchword.stores.memory import MemoryStore
from watchword.stores.memory_notes import MemoryNotes
from watchword.tokens.record import Record, StoreTime


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


@pytest.mark.parametrize("kept", [HISTORY_KEPT, CONTRAST_KEPT], ids=["histories", "contrasts"])
def test_a_new_name_deletes_what_nobody_changed_for_long(kept):
    """A new name deletes notes that are older than they are kept; a further note on a known name doesn't."""
    time = [0.0]
    notes = MemoryNotes(lambda: StoreTime("", time[0], time[0]), kept)
    for name, at in [("old", 0.0), ("renewed", 0.0), ("young", 1.0), ("renewed", 2.0)]:
        time[0] = at
        notes.change(name, lambda content, _: content + b"x")
    time[0] = kept + 0.5
    notes.change("young", lambda content, _: content + b"x")
    assert set(notes.all()) == {"old", "renewed", "young"}
    notes.change("new", lambda content, _: content + b"x")
    assert {name: noted.content for name, noted in notes.all().items()} == {
        "renewed": b"xx",
        "young": b"xx",
        "new": b"x",
    }
