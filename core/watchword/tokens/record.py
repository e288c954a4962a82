"""What a store keeps of one credential, and the steps by which it changes; no I/O, no clock.

A store applies a step to the record in one transaction. Who holds the lease alone asks the token
endpoint; the journal (`attempt`) says that somebody has, and that nobody knows what was answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchword.redact import NeverPickled
from watchword.tokens.token import Token

LONGEST_LEASE = 300.0
"""Longest time that one process may ask a token endpoint alone, in seconds."""


@dataclass(frozen=True)
class StoreTime:
    """A point in time by a store's clock, in seconds.

    Within one `epoch`, such as the time since a machine was started, `tick` runs evenly whatever
    is done to the clock; `wall` counts from 1970.
    """

    epoch: str
    tick: float
    wall: float

    def after(self, seconds: float) -> StoreTime:
        """Return the moment so many seconds later."""
        return replace(self, tick=self.tick + seconds, wall=self.wall + seconds)

    def since(self, earlier: StoreTime) -> float:
        """Return the seconds that have passed; none where a clock was set back between two epochs."""
        if self.epoch == earlier.epoch:
            return self.tick - earlier.tick
        return max(self.wall - earlier.wall, 0.0)

    def before(self, later: StoreTime) -> bool:
        """Return whether a moment is still to come: by the tick within an epoch, else by the wall."""
        return self.tick < later.tick if self.epoch == later.epoch else self.wall < later.wall


@dataclass(frozen=True)
class Lease:
    """The right to ask the token endpoint alone, until it is released or over."""

    owner: str
    until: StoreTime

    def holds(self, now: StoreTime) -> bool:
        """Return whether it lasts; one of an earlier epoch ended with its owner.

        No lease is longer than `LONGEST_LEASE`: a clock that was set back makes none eternal.
        """
        return now.epoch == self.until.epoch and 0.0 < self.until.tick - now.tick <= LONGEST_LEASE


@dataclass(frozen=True)
class Refusal:
    """That the token endpoint refused; `of` is the fingerprint of what was shown to it."""

    of: str
    code: str
    message: str
    at: StoreTime


@dataclass(frozen=True)
class Pause:
    """That nobody asks the token endpoint before a moment, and the code and words of why."""

    until: StoreTime
    code: str
    message: str


@dataclass(frozen=True)
class Record(NeverPickled):
    """All that is kept of one credential; `generation` grows by one with each token that is saved.

    `request_fingerprint` is the fingerprint of the token request; `method` and `host` say in clear what it is and
    where, `signs_in` whether it is a person's sign-in; `rotates` whether the server gives a new refresh
    token at each use, None while nobody knows; `renewed` is when a token was last renewed because the
    API refused it; `imported` the fingerprint of the document's refresh token once that has served;
    `token_destinations` that of where a sign-in's tokens may go.
    """

    key: str
    name: str = ""
    method: str = ""
    host: str = ""
    signs_in: bool = False
    generation: int = 0
    token: Token | None = None
    request_fingerprint: str = ""
    obtained: StoreTime | None = None
    signed_in: StoreTime | None = None
    refresh_obtained: StoreTime | None = None
    used: StoreTime | None = None
    rotates: bool | None = None
    lease: Lease | None = None
    attempt: int = 0
    pause: Pause | None = None
    refusal: Refusal | None = None
    renewed: StoreTime | None = None
    imported: str = ""
    token_destinations: str = ""

    def free(self, now: StoreTime) -> bool:
        """Return whether nobody holds the lease."""
        return self.lease is None or not self.lease.holds(now)

    def held_by(self, owner: str, now: StoreTime) -> bool:
        """Return whether the lease is this owner's, and not over."""
        return self.lease is not None and self.lease.owner == owner and self.lease.holds(now)

    def leased(self, owner: str, until: StoreTime) -> Record:
        """Return the record with the lease given."""
        return replace(self, lease=Lease(owner, until))

    def released(self) -> Record:
        """Return the record without a lease."""
        return replace(self, lease=None)
