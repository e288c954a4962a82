"""What `local:NAME` and `gcp:NAME` mean to the command `watchword`: connections that are kept by name."""

from __future__ import annotations

from watchword.codes import finding
from watchword.connection import Connection
from watchword.errors import SecretError
from watchword.secrets import sources
from watchword.secrets.connections import stored
from watchword.secrets.store import SecretStore


def local(name: str) -> Connection:
    """Return the connection that the vault keeps under a name.

    Raises:
        SecretError: there is none (`connection_missing`), or it can't be read.
        DocumentError: there is one, and it can't be used.
    """
    return kept(sources.opened(sources.VAULT), name)


def gcp(name: str) -> Connection:
    """Return the connection that Google Secret Manager keeps, the first that WATCHWORD_SECRETS names.

    Raises as `local` does.
    """
    return kept(sources.google(), name)


def missing(store: SecretStore, name: str) -> SecretError:
    """Return the error that a place keeps no connection of that name."""
    message = f"There is no connection {name[:80]!r} in {store.shown}."
    return SecretError([finding("connection_missing", message)])


def kept(store: SecretStore, name: str) -> Connection:
    """Return the connection that a place keeps under a name; raises as `local` does."""
    found = stored(store, name)
    if found is None:
        raise missing(store, name)
    return found
