"""Remember for a day what an API answered to a decoy and to a call without credential.

A hundred sensors on one API ask it once a day: one of them has a claim, and all others wait for its answer.
It is asked anew after the real answer has changed, and soon if the contrast has proven nothing. What is
remembered is status, structure and hashes, no content.
"""

from __future__ import annotations

from enum import Enum

from watchword.stores.contracts import NoteTable
from watchword.tokens.record import StoreTime
from watchword.validation.contrast import Answer, Observed, dependence
from watchword.validation.contrast_entry import Contrast, Entry, Known, packed, unpacked

LASTS = 86_400.0
"""How long a contrast is used that proves something, in seconds."""

PAUSE = 60.0
"""Two decoys at most are sent for the same call within this time, in seconds, whatever the API answers.

So long lasts a contrast that proves nothing, too: twice as long after each further one.
"""

LONGEST_DOUBT = 3_600.0
"""A contrast that proves nothing is used no longer than this, in seconds."""

CLAIM = 60.0
"""How long a claim holds, in seconds: after that, other processes go on without the one that made it."""

_MOST_CONNECTIONS = 16
"""Of further connections that make the same call, the real answers are not remembered."""

_MOST_STATES = 3
"""So often a day, the state of an answer may change: an answer that changes more often varies by itself."""

_FORBIDDEN = 403


class Change(Enum):
    """How a real answer differs from what is remembered."""

    NONE = "none"
    STATE = "state"
    """Only what the body says about its outcome, or a value in a short text."""

    ANSWER = "answer"
    """Status, structure, or the credential that a 403 was about: what is remembered proves nothing."""


class Claim(Enum):
    """Who asks the API, if nothing is remembered."""

    MINE = "mine"
    """The caller asks, and then remembers the answers."""

    OTHERS = "others"
    """Another process asks at this moment."""


class ContrastMemory:
    """What is remembered of one call; its `key` stands for the request but its credential.

    `name` is that of the connection, and `credential` a short hash of its credential. Each method raises
    StoreError if the store can't be used.
    """

    def __init__(self, table: NoteTable, key: str, name: str, credential: str) -> None:
        self._table = table
        self._key = key
        self._name = name
        self._credential = credential

    def recall(self, real: Answer) -> Contrast | Claim:
        """Return what is remembered, or who asks.

        It is asked anew after it has ended, and after the real answer has changed.
        """
        noted = self._table.get(self._key)
        known = self._usable(unpacked(noted.content), real, noted.now) if noted else None
        return known or self._claimed(real)

    def remember(self, contrast: Contrast, real: Observed) -> None:
        """Remember what was asked for, and end the claim."""
        depends = dependence(real, contrast.decoy, contrast.none)
        is_doubt = depends.is_doubt or not contrast.is_complete

        def remembering(content: bytes, now: StoreTime) -> bytes:
            entry = unpacked(content)
            is_over = entry.asked is None or now.since(entry.asked) >= LASTS
            own = None if is_over else entry.real.get(self._name)
            states, state = own.states if own else frozenset[str](), {real.first.state}
            states = states - state if is_doubt else states | state
            doubts = entry.doubts + 1 if is_doubt else 0
            known = self._with_own(entry, Known(real, states, self._credential))
            return packed(Entry(now, entry.asked, None, contrast.decoy, contrast.none, doubts, known))

        self._table.change(self._key, remembering)

    def release(self) -> None:
        """End the claim of a validation that ended before it had the answers."""
        self._table.change(self._key, lambda content, _: packed(unpacked(content)._replace(claimed=None)))

    def note_real(self, real: Observed) -> None:
        """Remember what this connection gets, beside a contrast that another one has asked for."""

        def noting(content: bytes, _: StoreTime) -> bytes:
            entry = unpacked(content)
            own = entry.real.get(self._name)
            states = own.states if own else frozenset({real.first.state})
            return packed(entry._replace(real=self._with_own(entry, Known(real, states, self._credential))))

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
        """Return an entry's contrast if it hasn't ended, and the real answer is as it was."""
        if entry.asked is None:
            return None
        age = max(now.since(entry.asked), 0.0)
        lasts = min(PAUSE * 2.0 ** min(entry.doubts - 1, 10), LONGEST_DOUBT) if entry.doubts else LASTS
        if age >= lasts:
            return None
        own = entry.real.get(self._name)
        left = lasts - age if entry.doubts else 0.0
        contrast = Contrast(entry.decoy, entry.none, age, own.observed if own else None, left)
        change = self._change(entry, real) if contrast.is_complete else Change.NONE
        if change is Change.NONE:
            return contrast
        pause = PAUSE - max(now.since(entry.before), 0.0) if entry.before else 0.0
        if pause <= 0:
            return None
        return contrast if change is Change.STATE else contrast.outdated(pause)

    def _change(self, entry: Entry, real: Answer) -> Change:
        own = entry.real.get(self._name)
        if own is None:
            is_known = any(self._proves(known, real) for known in entry.real.values())
            return Change.NONE if is_known else Change.ANSWER
        if not own.observed.is_like(real) or not self._proves(own, real):
            return Change.ANSWER
        states = {own.observed.first.state} if entry.doubts else own.states
        changes = sum(max(len(known.states) - 1, 0) for known in entry.real.values())
        return Change.NONE if real.state in states or changes >= _MOST_STATES else Change.STATE

    def _proves(self, known: Known, real: Answer) -> bool:
        """Return whether an answer is like one that is known; a 403 is about one credential alone."""
        is_own = real.status != _FORBIDDEN or known.credential == self._credential
        return is_own and (known.observed.is_like(real) or known.observed.resembles(real))

    def _with_own(self, entry: Entry, known: Known) -> dict[str, Known]:
        others = [(name, each) for name, each in entry.real.items() if name != self._name]
        return {**dict(others[1 - _MOST_CONNECTIONS :]), self._name: known}
