"""The token store that the environment names, for commands that look into it and must make none."""

from __future__ import annotations

from watchword.cli.output import fail
from watchword.tokens.token_store import TokenStore


def kept_store() -> TokenStore:
    """Return the store; ends the command where there is none, which is no all-clear for whoever watches."""
    from watchword.stores import open_store  # noqa: PLC0415 - where the store is wanted

    store = open_store()
    if store.display_url == "memory://":
        fail("WATCHWORD_STORE is memory://, which ends with each process: there is nothing to look into")
    if not store.is_made:
        fail(
            f"there is no token store {store.display_url} yet; WATCHWORD_STORE and WATCHWORD_HOME say where it is"
        )
    return store
