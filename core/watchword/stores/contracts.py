"""The contract of a store that holds tokens, secrets, histories and contrasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError, TokenStore

HISTORY_KEPT = 365 * 86400.0
"""How long the history of a connection is kept after it was last changed, in seconds."""

CONTRAST_KEPT = 2 * 86400.0
"""How long a contrast is kept after it was last changed, in seconds: it is used for a day."""


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


class Noted(NamedTuple):
    """What is noted under a name, and the store's own time at which it was read."""

    content: bytes
    now: StoreTime


Noting: TypeAlias = Callable[[bytes, StoreTime], bytes]
"""A change of what is noted, b"" at first, at a time. It is a pure function: a store may apply it twice."""


class NoteTable(Protocol):
    """Notes contents by names of any text; one transaction each. Raises StoreError.

    Where a name is new, contents that haven't been changed for long are deleted. Names are not encrypted.
    """

    def get(self, name: str) -> Noted | None:
        """Return what is noted under a name; None for nothing, or no store yet. Creates nothing."""

    def all(self) -> Mapping[str, Noted | StoreError]:
        """Return everything that is noted, by name; the error in place of what can't be read."""

    def change(self, name: str, noting: Noting) -> StoreError | None:
        """Change what is noted under a name, alone; durable on return.

        What can't be read is replaced as if nothing were there. Return why it can't be read.
        """


class Store(TokenStore, Protocol):
    """A store of tokens that holds secrets, histories and contrasts too."""

    @property
    def vault(self) -> SecretTable:
        """The secrets in it."""

    @property
    def history(self) -> NoteTable:
        """The history of each connection, by its name."""

    @property
    def contrasts(self) -> NoteTable:
        """What APIs answered to a wrong credential and to none, by names that hold no secret."""
