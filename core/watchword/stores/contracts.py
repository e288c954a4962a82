"""The contract of a store that holds tokens and secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from watchword.tokens.token_store import TokenStore


class SecretTable(Protocol):
    """Stores secrets by names that were checked before; one transaction each. Raises StoreError."""

    def get(self, name: str) -> bytes | None:
        """Return a secret; None if there is none of that name, or no store yet. Creates nothing."""

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret in the place of the former one; durable on return."""

    def remove(self, name: str) -> bool:
        """Delete a secret and return whether there was one."""

    def names(self) -> Sequence[str]:
        """Return every name, in any order."""

    def contents(self) -> Mapping[str, bytes | None]:
        """Return every secret by name; None for one that can't be read, of which `get` says why."""


class Store(TokenStore, Protocol):
    """A store of tokens that holds secrets too."""

    @property
    def vault(self) -> SecretTable:
        """The secrets in it."""
