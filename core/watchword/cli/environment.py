"""The environment's token store, for commands that read it and must not create it."""

from __future__ import annotations

from watchword.cli.output import fail
from watchword.stores.contracts import Store


def existing_store() -> Store:
    """Return the store; ends the command if it does not exist: a monitor must not take that for healthy."""
    from watchword.stores import open_store  # noqa: PLC0415 - loads if a command uses the store

    store = open_store()
    if store.display_url == "memory://":
        fail("WATCHWORD_STORE is memory://, which ends with each process: there is nothing to read")
    if not store.is_made:
        hint = "set WATCHWORD_STORE or WATCHWORD_HOME to where it is"
        fail(f"there is no token store {store.display_url} yet; {hint}")
    return store
