"""Where tokens are kept: what every store can do, and how it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from watchword.errors import TokenError
from watchword.tokens.record import Record, StoreTime


class StoreError(TokenError):
    """A store can't be used: locked, full, read-only, gone, of another key or of a newer version."""


class Snapshot(NamedTuple):
    """A record as it stands, and the store's own time at which it stood so."""

    record: Record
    now: StoreTime


Step: TypeAlias = Callable[[Record, StoreTime], Record]
"""A change of a record: pure, since a store may apply it more than once."""


class TokenStore(Protocol):
    """Keeps a record for each credential, for all processes that open the same store.

    Each call is one transaction and raises StoreError where that can't be had.
    """

    @property
    def display_url(self) -> str:
        """The store's URL without a password, for messages."""

    @property
    def leaves_host(self) -> bool:
        """Whether processes on other machines can use it."""

    @property
    def is_made(self) -> bool:
        """Whether there is something to look into, which the first use would make otherwise."""

    def fingerprint(self, *parts: object) -> str:
        """Return what stands for secrets in this store: the same for equal parts, telling nothing of them."""

    def load(self, key: str) -> Snapshot:
        """Return a record; an empty one of generation 0 where nothing is kept under that key."""

    def change(self, key: str, step: Step) -> Snapshot:
        """Apply a step to a record, alone, and return it as it stands then; durable on return.

        A step that returns the record itself changes nothing.
        """

    def delete(self, key: str) -> None:
        """Forget a record."""

    def records(self) -> Sequence[Snapshot]:
        """Return every record, ordered by name and method."""

    def claim(self, imported: str, key: str) -> bool:
        """Have an imported refresh token, given by its fingerprint, belong to a record for ever.

        Return whether it belongs to this record, now or already.
        """

    def keep_draft(self, state: str, content: Mapping[str, str], seconds: float) -> None:
        """Keep what a sign-in that has begun needs to be finished, for so many seconds."""

    def take_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was kept and forget it, so that it serves once; None where it is unknown or over."""

    def seal(self, content: bytes, context: str) -> bytes:
        """Return the content encrypted as the store's own is, bound to a context."""

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in that context."""
