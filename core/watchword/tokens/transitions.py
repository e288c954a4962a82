"""The steps by which a record changes while a token is renewed; pure, each run in a store's transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from watchword.tokens.record import Pause, Record, Refusal, StoreTime
from watchword.tokens.token import Token
from watchword.tokens.token_store import Step


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

    def step(record: Record, now: StoreTime) -> Record:
        if not record.free(now):
            return record
        return named(record, label).leased(owner, now.after(seconds))

    return step


def named(record: Record, label: Label) -> Record:
    """Return the record under a label."""
    return replace(record, **label._asdict())


def release(owner: str) -> Step:
    """Give the lease back, where it is still this owner's."""
    return lambda record, _: _given_back(record, owner)


def journal(owner: str, seconds: float) -> Step:
    """Note, before anything is sent, that a request is under way whose outcome nobody knows yet.

    The lease lasts for so many seconds from now on.
    """

    def step(record: Record, now: StoreTime) -> Record:
        if not record.held_by(owner, now):
            return record
        journalled = replace(record, attempt=record.attempt + 1, pause=None)
        return journalled.leased(owner, now.after(seconds))

    return step


@dataclass(frozen=True)
class Failed:
    """What a request that brought no token leaves behind for those who come next.

    `attempts` counts the requests whose outcome nobody knows, `pause` is in seconds, `refused` the
    fingerprint of what was refused, "" where nothing was; `imported` that of the document's refresh
    token where it has served; `code` and `message` say why.
    """

    code: str
    message: str
    attempts: int
    pause: float = 0.0
    refused: str = ""
    imported: str = ""


def settle(owner: str, generation: int, failed: Failed) -> Step:
    """Give the lease back and note what became of the request, unless a token has come meanwhile."""

    def step(record: Record, now: StoreTime) -> Record:
        if record.generation != generation:
            return record
        code, message = failed.code, failed.message
        return replace(
            _given_back(record, owner),
            attempt=failed.attempts,
            pause=Pause(now.after(failed.pause), code, message) if failed.pause else record.pause,
            refusal=Refusal(failed.refused, code, message, now) if failed.refused else record.refusal,
            imported=failed.imported or record.imported,
        )

    return step


@dataclass(frozen=True)
class Issued:
    """A token that the server has just issued, to be saved.

    `at` is the store's time before it was asked for; `request_fingerprint` is the fingerprint of the request, `sent_refresh_token`
    the refresh token in it. `after_refusal` says that the API had refused the token before, `single_use`
    that refresh tokens serve once, `signed_in` that a person has just signed in; `imported` is the
    fingerprint of the document's refresh token where that has served, `token_destinations` that of where tokens go.
    """

    token: Token
    at: StoreTime
    request_fingerprint: str
    sent_refresh_token: str | None = field(default=None, repr=False)
    after_refusal: bool = False
    single_use: bool = False
    signed_in: bool = False
    imported: str = ""
    token_destinations: str = ""


def save(generation: int, issued: Issued) -> Step:
    """Save a token as the successor of a generation; nothing where that has one already."""

    def step(record: Record, now: StoreTime) -> Record:
        return succeed(record, issued, now) if record.generation == generation else record

    return step


def succeed(record: Record, issued: Issued, now: StoreTime) -> Record:
    """Return the record with the token as its next generation; what was open is settled with it."""
    token = _with_refresh_token(record, issued)
    known = record.token.refresh_token if record.token else None
    stated = issued.token.refresh_lifetime is not None
    return replace(
        record,
        generation=record.generation + 1,
        token=token,
        request_fingerprint=issued.request_fingerprint,
        obtained=issued.at,
        signed_in=issued.at if issued.signed_in else record.signed_in,
        refresh_obtained=issued.at if stated or token.refresh_token != known else record.refresh_obtained,
        used=now,
        rotates=_rotates(record, issued),
        lease=None,
        attempt=0,
        pause=None,
        refusal=None,
        renewed=now if issued.after_refusal else None,
        imported=issued.imported or record.imported,
        token_destinations=issued.token_destinations,
    )


def forget(imported: str) -> Step:
    """Forget the token; a later generation begins, so that no late answer brings it back.

    What stays is that the document's refresh token, of this fingerprint, has served.
    """

    def step(record: Record, _: StoreTime) -> Record:
        served = imported or record.imported
        return Record(record.key, generation=record.generation + 1, imported=served)

    return step


def _with_refresh_token(record: Record, issued: Issued) -> Token:
    """Return the token with the refresh token that is in force: a silent reply leaves the one shown so.

    RFC 6749 section 6. One that stays ends when it would have, unless the reply says otherwise.
    """
    token, old = issued.token, record.token
    in_force = token.refresh_token or issued.sent_refresh_token
    lasts = token.refresh_lifetime
    if lasts is None and old and in_force == old.refresh_token:
        lasts = old.refresh_lifetime
    return replace(token, refresh_token=in_force, refresh_lifetime=lasts)


def _rotates(record: Record, issued: Issued) -> bool | None:
    if issued.single_use:
        return True
    if issued.signed_in:
        return None
    if issued.sent_refresh_token is None:
        return record.rotates
    return issued.token.refresh_token not in {None, issued.sent_refresh_token}


def _given_back(record: Record, owner: str) -> Record:
    return record.released() if record.lease and record.lease.owner == owner else record
