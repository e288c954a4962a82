"""The steps by which a record changes while a token is renewed; pure, each run in a store's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from watchword.tokens.record import Moment, Pause, Record, Refusal
from watchword.tokens.store import Step
from watchword.tokens.token import Token


class Label(NamedTuple):
    """What a record says in clear: its connection's name, the method, and the token endpoint's host.

    `signs_in` is whether it is a person's sign-in.
    """

    name: str
    method: str
    host: str
    signs_in: bool


def take(owner: str, seconds: float, label: Label) -> Step:
    """Take the lease where it is free."""

    def step(record: Record, now: Moment) -> Record:
        if not record.free(now):
            return record
        return named(record, label).leased(owner, now.after(seconds))

    return step


def named(record: Record, label: Label) -> Record:
    """Return the record under a label."""
    return replace(record, **label._asdict())


def release(owner: str) -> Step:
    """Give the lease back, where it is still this owner's."""
    return lambda record, _: record.released() if record.lease and record.lease.owner == owner else record


def journal(owner: str) -> Step:
    """Note, before anything is sent, that a request is under way whose outcome nobody knows yet."""

    def step(record: Record, now: Moment) -> Record:
        return (
            replace(record, attempt=record.attempt + 1, pause=None) if record.held_by(owner, now) else record
        )

    return step


def settle(owner: str, generation: int, attempts: int) -> Step:
    """Note that the request had no effect: so many are without a known outcome, as before it."""

    def step(record: Record, _: Moment) -> Record:
        if record.generation != generation:
            return record
        return replace(_given_back(record, owner), attempt=attempts)

    return step


def pause(owner: str, seconds: float, code: str, message: str) -> Step:
    """Have nobody ask for so many seconds, and say why."""

    def step(record: Record, now: Moment) -> Record:
        return replace(_given_back(record, owner), pause=Pause(now.after(seconds), code, message))

    return step


def refuse(owner: str, generation: int, refused: Refusal, imported: str = "") -> Step:
    """Remember that the server refused what was shown to it, unless a token has come meanwhile.

    `imported` is the fingerprint of the document's refresh token where that is what was shown.
    """

    def step(record: Record, now: Moment) -> Record:
        if record.generation != generation:
            return record
        released = _given_back(record, owner)
        served = imported or record.imported
        return replace(released, refusal=replace(refused, at=now), attempt=0, imported=served)

    return step


@dataclass(frozen=True)
class Issued:
    """A token that the server has just issued, to be saved.

    `at` is the store's time before it was asked for; `guard` is the fingerprint of the request;
    `after_refusal` says that the API had refused the one before, `single_use` that refresh tokens serve
    once, `signed_in` that a person has just signed in; `imported` is the fingerprint of the document's
    refresh token where that has served for it.
    """

    token: Token
    at: Moment
    guard: str
    after_refusal: bool = False
    single_use: bool = False
    signed_in: bool = False
    imported: str = ""


def save(generation: int, issued: Issued) -> Step:
    """Save a token as the successor of a generation; nothing where that has one already."""

    def step(record: Record, now: Moment) -> Record:
        if record.generation != generation:
            return record
        return succeed(record, issued, now)

    return step


def succeed(record: Record, issued: Issued, now: Moment) -> Record:
    """Return the record with the token as its next generation; what was open is settled with it.

    A reply without refresh token leaves the old one in force (RFC 6749 section 6).
    """
    token, old = issued.token, record.token
    known = old.refresh_token if old else None
    if token.refresh_token is None and known and not issued.signed_in:
        token = replace(token, refresh_token=known, refresh_lifetime=old.refresh_lifetime if old else None)
    changed = token.refresh_token != known
    return replace(
        record,
        generation=record.generation + 1,
        token=token,
        guard=issued.guard,
        obtained=issued.at,
        signed_in=issued.at if issued.signed_in else record.signed_in,
        refresh_obtained=issued.at if changed or issued.token.refresh_lifetime else record.refresh_obtained,
        used=now,
        rotates=_rotates(record, issued, changed=changed),
        lease=None,
        attempt=0,
        pause=None,
        refusal=None,
        renewed=now if issued.after_refusal else None,
        imported=issued.imported or record.imported,
    )


def _rotates(record: Record, issued: Issued, *, changed: bool) -> bool | None:
    if issued.single_use:
        return True
    if issued.signed_in or not record.token or not record.token.refresh_token:
        return record.rotates if not issued.signed_in else None
    return changed


def _given_back(record: Record, owner: str) -> Record:
    return record.released() if record.lease and record.lease.owner == owner else record
