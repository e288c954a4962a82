"""The contract of a token store, and how a store fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from watchword.errors import TokenError
from watchword.tokens.record import Record, StoreTime


class StoreError(TokenError):
    """A store can't be used: it is locked, full, read-only, gone, of another key or of a newer version."""


class Snapshot(NamedTuple):
    """A record, and the store's own time at which it was read."""

    record: Record
    now: StoreTime


Transition: TypeAlias = Callable[[Record, StoreTime], Record]
"""A change of a record. It is a pure function, since a store may apply it more than once."""


class TokenStore(Protocol):
    """Keeps a record for each credential, for all processes that open the same store.

    Each call is one transaction; it raises StoreError if the transaction fails.
    """

    @property
    def display_url(self) -> str:
        """The store's URL without a password, for messages."""

    @property
    def leaves_host(self) -> bool:
        """Whether processes on other machines can use it."""

    @property
    def outlives_process(self) -> bool:
        """Whether other processes find what this one has stored."""

    @property
    def is_made(self) -> bool:
        """Whether the store exists; if not, its first use creates it."""

    @property
    def salt(self) -> bytes:
        """The salt of its fingerprints; a store that replaces it has another one."""

    def fingerprint(self, *parts: object) -> str:
        """Return the fingerprint of values: equal for equal values, and useless for guessing them."""

    def load(self, key: str) -> Snapshot:
        """Return a record; an empty one of generation 0 if nothing is stored under the key."""

    def change(self, key: str, transition: Transition) -> Snapshot:
        """Apply a transition to a record, alone, and return the result; durable on return.

        A transition that returns an equal record changes nothing.
        """

    def delete(self, key: str) -> None:
        """Delete a record."""

    def count(self, name: str) -> int:
        """Return how many records have a name, those included that can't be read."""

    def forget(self, name: str) -> int:
        """Delete all records of a name, also those that can't be read, and return how many there were."""

    def records(self) -> Sequence[Snapshot]:
        """Return every record, ordered by name and method."""

    def claim(self, imported: str, key: str) -> bool:
        """Have an imported refresh token, given by its fingerprint, belong to a record for ever.

        Return whether it belongs to this record.
        """

    def unclaim(self, imported: str, key: str) -> None:
        """Let other records claim a refresh token that this one has claimed, and that was never used."""

    def keep_draft(self, state: str, content: Mapping[str, str], seconds: float) -> None:
        """Store what a sign-in that has begun needs to be finished, for so many seconds."""

    def read_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored, which stays; None if it is unknown or too old."""

    def take_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored and delete it, so that it serves once; None if it is unknown or too old."""

    def seal(self, content: bytes, context: str) -> bytes:
        """Return the content encrypted as the store's own is, bound to a context."""

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in that context."""
