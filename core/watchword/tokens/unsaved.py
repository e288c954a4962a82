"""New tokens that the store has not saved yet: this process holds them, and a file has them for the others.

A server that rotates refresh tokens accepts no other one: to lose it would end the sign-in. So nothing is
sent to the server before the store has saved what `adopt` finds.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from watchword.redact import NeverPickled
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token_store import Snapshot, StoreError, TokenStore
from watchword.tokens.transitions import Issued, save


@dataclass(eq=False)
class HeldToken(NeverPickled):
    """A token that follows a generation of a record, in the store of this salt.

    `sealed` is the content of the rescue file once that is written.
    """

    salt: bytes = field(repr=False)
    key: str
    generation: int
    issued: Issued = field(repr=False)
    sealed: bytes | None = field(default=None, repr=False)


_held: list[HeldToken] = []
"""What this process holds; all its connections share it, and a forked child has a copy."""


@dataclass(frozen=True)
class UnsavedTokens(NeverPickled):
    """The unsaved tokens of one record of a store."""

    store: TokenStore
    salt: bytes = field(repr=False)
    key: str
    file: RescueFile

    def hold(self, generation: int, issued: Issued) -> HeldToken:
        """Hold a token until it is saved: in this process, and in a file that outlives it if it is killed."""
        held = HeldToken(self.salt, self.key, generation, issued)
        _held.append(held)
        if self.store.outlives_process:
            self.write(held, durable=False)  # takes no time, unlike a store that is busy
        return held

    def write(self, held: HeldToken, *, durable: bool) -> None:
        """Write a token to the file for other processes, if that can be written."""
        with contextlib.suppress(OSError, StoreError):
            held.sealed = self.file.write(held.generation, held.issued, durable=durable)

    def let_go(self, held: HeldToken) -> None:
        """Hold a token no longer: the store has it."""
        with contextlib.suppress(ValueError):  # another thread has let it go
            _held.remove(held)
        if held.sealed is not None:
            self.file.discard(held.sealed)

    def adopt(self, owner: str = "") -> Snapshot | None:
        """Have the store save each token that follows its generation, and return the record.

        The lease ends, except this owner's. Returns None if there is no token to save. Raises StoreError if
        the store can't save it yet: everything stays.
        """
        snapshot = None
        for held in [one for one in _held if (one.salt, one.key) == (self.salt, self.key)]:
            snapshot = self.store.change(self.key, save(held.generation, held.issued, owner))
            self.let_go(held)
        return self.file.adopt(owner) or snapshot

    def replaced(self) -> None:
        """Let go of what a new sign-in has replaced; only a later token is saved."""
        try:
            self.adopt()
        except StoreError:  # the store fails again, or this process may not read the file
            self.file.remove()
