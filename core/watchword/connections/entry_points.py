"""The entry points behind `local:NAME` and `gcp:NAME` of the command `watchword`."""

from __future__ import annotations

from watchword.connection import Connection
from watchword.connections.by_name import stored_connection
from watchword.secrets import sources


def local(name: str) -> Connection:
    """Return the connection that the vault holds under a name.

    Raises:
        SecretError: there is no such connection (`connection_missing`), or it can't be read.
        DocumentError: the connection exists, and can't be used.
    """
    return stored_connection(sources.secret_store(sources.VAULT), name)


def gcp(name: str) -> Connection:
    """Return the connection that Google Secret Manager holds under a name.

    It is asked in the first Secret Manager that WATCHWORD_SECRETS names. Raises as `local` does.
    """
    return stored_connection(sources.secret_manager(), name)
