"""What `local:NAME` and `gcp:NAME` mean to the command `watchword`: connections that are kept by name."""

from __future__ import annotations

from watchword.connection import Connection
from watchword.connections.by_name import kept
from watchword.secrets import sources


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
