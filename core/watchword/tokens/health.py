"""The health of the tokens in a store: what is about to end, and what has ended; never a token itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from watchword.tokens.record import StoreTime
from watchword.tokens.refresh_failures import ended, pause_left
from watchword.tokens.token_store import Snapshot, TokenStore

DAY = 86400.0
"""A day, in seconds."""


@dataclass(frozen=True)
class Health:
    """What is known of one credential's token; all times are in seconds from now, past ones are negative.

    `signs_in` says that it is a person's sign-in, `signed_in` when that was made here. `can_renew` says that
    there is a refresh token, `refresh_ends` when that ends, None if the server did not say. `refusal` is the
    last refusal of the token endpoint; the sign-in `has_ended` if its refresh token was refused. `waits` says
    why no process asks the token endpoint now. `scope` is what the server granted, None if it did not say;
    `account` is what it calls the person who signed in, which isn't verified.
    """

    name: str
    method: str
    host: str
    signs_in: bool
    signed_in: float | None
    obtained: float | None
    used: float | None
    ends: float
    can_renew: bool
    refresh_ends: float | None
    refusal: str | None
    has_ended: bool
    waits: str | None
    scope: str | None = None
    account: str | None = None

    @property
    def days_left(self) -> float | None:
        """The days until a person has to sign in again; None if that is not known, or never needed."""
        if self.has_ended:
            return 0.0
        if self.can_renew:
            return None if self.refresh_ends is None else max(self.refresh_ends, 0.0) / DAY
        ends = self.signs_in and math.isfinite(self.ends)
        return max(self.ends, 0.0) / DAY if ends else None

    def lapses(self, before_end: float, idle: float) -> bool:
        """Return whether a refresh is due, so that the sign-in does not end from disuse.

        It is due if the refresh token ends in less than `before_end` seconds, or if its end is not known and
        it was not used for `idle` seconds.
        """
        if not self.can_renew or self.has_ended:
            return False
        if self.refresh_ends is not None:
            return self.refresh_ends < before_end
        return self.obtained is None or -self.obtained > idle


def health(store: TokenStore) -> Iterator[Health]:
    """Yield the health of each credential that has a token in the store, or whose sign-in has failed."""
    for snapshot in store.records():
        if snapshot.record.token or snapshot.record.refusal:
            yield health_of(snapshot)


def health_of(snapshot: Snapshot) -> Health:
    """Return the health of one credential."""
    record, now = snapshot
    token = record.token
    refresh_ends = None
    if token and token.refresh_token and token.refresh_lifetime is not None and record.refresh_obtained:
        refresh_ends = token.refresh_lifetime - now.since(record.refresh_obtained)
    waits = record.pause if pause_left(record, now) else None
    return Health(
        name=record.name,
        method=record.method,
        host=record.host,
        signs_in=record.signs_in,
        signed_in=_ago(now, record.signed_in),
        obtained=_ago(now, record.obtained),
        used=_ago(now, record.used),
        ends=token.lifetime - now.since(record.obtained) if token and record.obtained else 0.0,
        can_renew=bool(token and token.refresh_token),
        refresh_ends=refresh_ends,
        refusal=record.refusal.message if record.refusal else None,
        has_ended=record.signs_in and ended(record),
        waits=waits.message if waits else None,
        scope=token.scope if token else None,
        account=token.account if token else None,
    )


def _ago(now: StoreTime, then: StoreTime | None) -> float | None:
    return -now.since(then) if then else None
