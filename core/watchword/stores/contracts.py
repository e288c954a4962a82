"""The secrets that a store keeps by name beside its tokens: what every store can do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from watchword.tokens.token_store import TokenStore


class KeptSecrets(Protocol):
    """Keeps secrets by names that were checked, in one transaction each; raises StoreError."""

    def get(self, name: str) -> bytes | None:
        """Return a secret; None where none is kept, and where nothing was made yet, which stays so."""

    def put(self, name: str, payload: bytes) -> None:
        """Keep a secret in the place of what there was; durable on return."""

    def remove(self, name: str) -> bool:
        """Forget a secret and return whether there was one."""

    def names(self) -> Sequence[str]:
        """Return every name, in no order."""


class Store(TokenStore, Protocol):
    """A store of tokens that keeps secrets too."""

    @property
    def vault(self) -> KeptSecrets:
        """The secrets in it."""
