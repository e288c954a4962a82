"""Remember for a day what an API answered to a decoy and to a call without credential.

A hundred sensors on one API ask it once a day: one of them has a claim, and all others wait for its answer.
What is remembered is status and structure, no content.
"""

from __future__ import annotations

from enum import Enum

from watchword.stores.contracts import NoteTable
from watchword.tokens.record import StoreTime
from watchword.validation.contrast import Answer, Observed
from watchword.validation.contrast_entry import Contrast, Entry, packed, unpacked

LASTS = 86_400.0
"""How long a contrast is used, in seconds."""

PAUSE = 60.0
"""Least time between two decoys for the same call, in seconds, whatever the API answers."""

CLAIM = 60.0
"""How long a claim holds, in seconds: after that, other processes go on without the one that made it."""

_MOST_CONNECTIONS = 16
"""Of further connections that make the same call, the real answers are not remembered."""


class Claim(Enum):
    """Who asks the API, if nothing is remembered."""

    MINE = "mine"
    """The caller asks, and then remembers the answers."""

    OTHERS = "others"
    """Another process asks at this moment."""


class ContrastMemory:
    """What is remembered of one call; its `key` stands for origin, path, verb and form of the credential.

    `name` is that of the connection. Each method raises StoreError if the store can't be used.
    """

    def __init__(self, table: NoteTable, key: str, name: str) -> None:
        self._table = table
        self._key = key
        self._name = name

    def recall(self, real: Answer) -> Contrast | Claim:
        """Return what is remembered, or who asks.

        It is asked anew after a day, and after the structure of the real answer has changed.
        """
        noted = self._table.get(self._key)
        known = self._usable(unpacked(noted.content), real, noted.now) if noted else None
        return known or self._claimed(real)

    def remember(self, contrast: Contrast, real: Observed) -> None:
        """Remember what was asked for, and end the claim."""

        def remembering(content: bytes, now: StoreTime) -> bytes:
            return packed(
                Entry(now, None, contrast.decoy, contrast.none, self._with_own(unpacked(content), real))
            )

        self._table.change(self._key, remembering)

    def release(self) -> None:
        """End the claim of a validation that ended before it had the answers."""
        self._table.change(self._key, lambda content, _: packed(unpacked(content)._replace(claimed=None)))

    def note_real(self, real: Observed) -> None:
        """Remember what this connection gets, beside a contrast that another one has asked for."""

        def noting(content: bytes, _: StoreTime) -> bytes:
            entry = unpacked(content)
            return packed(entry._replace(real=self._with_own(entry, real)))

        self._table.change(self._key, noting)

    def _claimed(self, real: Answer) -> Contrast | Claim:
        found: list[Contrast | Claim] = [Claim.MINE]

        def claiming(content: bytes, now: StoreTime) -> bytes:
            entry = unpacked(content)
            known = self._usable(entry, real, now)
            is_taken = entry.claimed is not None and 0 <= now.since(entry.claimed) < CLAIM
            found[0] = known or (Claim.OTHERS if is_taken else Claim.MINE)
            return packed(entry._replace(claimed=now)) if found[0] is Claim.MINE else content

        self._table.change(self._key, claiming)
        return found[0]

    def _usable(self, entry: Entry, real: Answer, now: StoreTime) -> Contrast | None:
        """Return an entry's contrast if it is recent, and the structure of the real answer is as it was."""
        if entry.asked is None:
            return None
        own = entry.real.get(self._name)
        contrast = Contrast(entry.decoy, entry.none, max(now.since(entry.asked), 0.0), own)
        if contrast.age >= (LASTS if contrast.is_complete else PAUSE):
            return None
        has_changed = own is not None and not own.is_like(real)
        return None if has_changed and contrast.age >= PAUSE else contrast

    def _with_own(self, entry: Entry, real: Observed) -> dict[str, Observed]:
        others = [(name, each) for name, each in entry.real.items() if name != self._name]
        return {**dict(others[1 - _MOST_CONNECTIONS :]), self._name: real}
