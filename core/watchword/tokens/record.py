"""What a store keeps of one credential; no I/O, no clock.

Only the holder of the lease asks the token endpoint. The journal (`attempt`) says that a request was sent
whose response is not known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from watchword.redact import NeverPickled
from watchword.tokens.token import Token

LONGEST_LEASE = 300.0
"""Longest time that one process may hold a lease, in seconds."""


@dataclass(frozen=True)
class StoreTime:
    """A point in time by a store's clock, in seconds.

    `tick` runs evenly within one `epoch`, such as the time since a machine was started, even if the clock
    is set. A store that has no such clock names no epoch: its `tick` jumps if its clock is set, and `wall`,
    which counts from 1970, is that of the machine that asks.
    """

    epoch: str
    tick: float
    wall: float

    def after(self, seconds: float) -> StoreTime:
        """Return the time so many seconds later."""
        return replace(self, tick=self.tick + seconds, wall=self.wall + seconds)

    def since(self, earlier: StoreTime) -> float:
        """Return the seconds that have passed; 0 if a clock was set back between two epochs."""
        if self.epoch == earlier.epoch:
            return self.tick - earlier.tick
        return max(self.wall - earlier.wall, 0.0)

    def before(self, later: StoreTime) -> bool:
        """Return whether this is earlier: by the tick within an epoch, else by the wall clock."""
        return self.tick < later.tick if self.epoch == later.epoch else self.wall < later.wall


@dataclass(frozen=True)
class Lease:
    """The exclusive right to ask the token endpoint, until it is released or has ended."""

    owner: str
    until: StoreTime

    def holds(self, now: StoreTime) -> bool:
        """Return whether it still holds."""
        return self.left(now) > 0

    def left(self, now: StoreTime) -> float:
        """Return how many seconds it still holds; one of an earlier epoch ended with its owner.

        Without an epoch it has ended only if the store's clock and this machine's both say so: one of them
        may have been set. A lease never holds longer than `LONGEST_LEASE`: a clock that says so was set back.
        """
        if now.epoch != self.until.epoch:
            return 0.0
        by_tick, by_wall = self.until.tick - now.tick, self.until.wall - now.wall
        clocks = (by_tick,) if now.epoch else (by_tick, by_wall)
        return max((left for left in clocks if 0.0 < left <= LONGEST_LEASE), default=0.0)


@dataclass(frozen=True)
class Refusal:
    """A refusal by the token endpoint; `of` is the fingerprint of what was sent to it."""

    of: str
    code: str
    message: str
    at: StoreTime


@dataclass(frozen=True)
class Pause:
    """A pause in which no process asks the token endpoint, and why: a code and a message."""

    until: StoreTime
    code: str
    message: str


@dataclass(frozen=True)
class Record(NeverPickled):
    """All that is kept of one credential; `generation` grows by one with each token that is saved.

    Unencrypted: `method` and `host` say what it is and where, `signs_in` whether it is a person's sign-in.
    `request_fingerprint` stands for the token request. `rotates` says whether the server gives a new
    refresh token at each use, None while that is not known. `renewed` is when a token was last renewed
    because the API refused it. `imported` is the fingerprint of the document's refresh token once that was
    used, `token_destinations` that of where a sign-in's tokens may go.
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
        """Return whether the lease is free."""
        return self.lease is None or not self.lease.holds(now)

    def held_by(self, owner: str, now: StoreTime) -> bool:
        """Return whether this owner holds the lease."""
        return self.lease is not None and self.lease.owner == owner and self.lease.holds(now)

    def leased(self, owner: str, until: StoreTime) -> Record:
        """Return the record with a lease."""
        return replace(self, lease=Lease(owner, until))

    def released(self) -> Record:
        """Return the record without a lease."""
        return replace(self, lease=None)
