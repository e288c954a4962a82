"""How a record changes while a token is renewed: pure functions, each applied in one transaction."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from watchword.redact import NeverPickled
from watchword.tokens.record import Lease, Pause, Record, Refusal, StoreTime
from watchword.tokens.token import Token
from watchword.tokens.token_store import Transition


class Label(NamedTuple):
    """What a record says unencrypted: its connection's name, the method, and the token endpoint's host.

    `signs_in` says whether it is a person's sign-in.
    """

    name: str
    method: str
    host: str
    signs_in: bool


def take_lease(owner: str, seconds: float, label: Label, ended: Lease | None = None) -> Transition:
    """Take the lease if it is free; `ended` is one that has ended, whatever the store's clock says now."""

    def transition(record: Record, now: StoreTime) -> Record:
        if record.lease != ended and not record.free(now):
            return record
        return labelled(record, label).leased(owner, now.after(seconds))

    return transition


def labelled(record: Record, label: Label) -> Record:
    """Return the record with a label."""
    return replace(record, **label._asdict())


def release_lease(owner: str) -> Transition:
    """Give the lease back if it is still this owner's."""
    return lambda record, _: _without_lease_of(record, owner)


def journal(owner: str, generation: int, seconds: float) -> Transition:
    """Note, before anything is sent, that a request is under way whose outcome is not known yet.

    The lease lasts for so many seconds from then on. Nothing is noted if the generation has a successor.
    """

    def transition(record: Record, now: StoreTime) -> Record:
        if record.generation != generation or not record.held_by(owner, now):
            return record
        journalled = replace(record, attempt=record.attempt + 1, pause=None)
        return journalled.leased(owner, now.after(seconds))

    return transition


@dataclass(frozen=True)
class Failed:
    """What a request that brought no token leaves for the next processes.

    `code` and `message` say why it failed. `attempts` counts the requests whose outcome is not known.
    `pause` is in seconds. `refused` is the fingerprint of what was refused, "" for nothing; `imported` is
    that of the document's refresh token if it was used.
    """

    code: str
    message: str
    attempts: int
    pause: float = 0.0
    refused: str = ""
    imported: str = ""


def settle(owner: str, generation: int, failed: Failed) -> Transition:
    """Give the lease back and note the failure, unless another process has saved a token meanwhile."""

    def transition(record: Record, now: StoreTime) -> Record:
        if record.generation != generation:
            return record
        code, message = failed.code, failed.message
        return replace(
            _without_lease_of(record, owner),
            attempt=failed.attempts,
            pause=Pause(now.after(failed.pause), code, message) if failed.pause else record.pause,
            refusal=Refusal(failed.refused, code, message, now) if failed.refused else record.refusal,
            imported=failed.imported or record.imported,
        )

    return transition


@dataclass(frozen=True)
class Issued(NeverPickled):
    """A token that the server has just issued, to be saved.

    `at` is the store's time just before the request. `sent_refresh_token` is the refresh token in the
    request, and `request_fingerprint` stands for the request itself. `after_refusal` says that the API had
    refused the former token, `single_use` that each refresh token serves once, `signed_in` that a person
    has just signed in. `imported` is the fingerprint of the document's refresh token if it was used,
    `token_destinations` that of where tokens may go.
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


def save(generation: int, issued: Issued, owner: str = "", *, within: float = math.inf) -> Transition:
    """Save a token as the successor of a generation; change nothing if that has one already.

    A lease is for the successor of one generation. So this ends every lease, except this owner's. The token
    was requested `within` so many seconds.
    """

    def transition(record: Record, now: StoreTime) -> Record:
        if not _follows(record, generation, issued):
            return record
        was_set = not 0.0 <= now.since(issued.at) <= within  # the clock: then the token counts as issued now
        saved = succeed(record, replace(issued, at=now) if was_set else issued, now)
        return replace(saved, lease=record.lease) if record.held_by(owner, now) else saved

    return transition


def _follows(record: Record, generation: int, issued: Issued) -> bool:
    """Return whether a token was issued for what the record holds.

    The refresh token that was sent tells it too: the generations of a record begin anew once it is deleted.
    """
    stored, sent = record.token.refresh_token if record.token else None, issued.sent_refresh_token
    is_known = stored is None or sent is None or bool(issued.imported) or stored == sent
    return record.generation == generation and is_known


def succeed(record: Record, issued: Issued, now: StoreTime) -> Record:
    """Return the record with the token as its next generation, without lease, journal, pause and refusal."""
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


def forget(imported: str) -> Transition:
    """Delete the token. A new generation begins, so that a late response can't bring the token back.

    The record remembers that the document's refresh token, of this fingerprint, was used.
    """

    def transition(record: Record, _: StoreTime) -> Record:
        used = imported or record.imported
        return Record(record.key, generation=record.generation + 1, imported=used)

    return transition


def _with_refresh_token(record: Record, issued: Issued) -> Token:
    """Return the token with the refresh token that is in force (RFC 6749 section 6).

    If the response holds none, the one that was sent stays in force, and so does its end unless the
    response states another. A refreshed token has the
    scope, the account and the values of the sign-in's first one unless the response says otherwise.
    """
    token, old = issued.token, record.token
    if old and issued.sent_refresh_token and issued.sent_refresh_token == old.refresh_token:
        token = replace(
            token,
            scope=old.scope if token.scope is None else token.scope,
            account=token.account or old.account,
            values={**old.values, **token.values},
        )
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


def _without_lease_of(record: Record, owner: str) -> Record:
    return record.released() if record.lease and record.lease.owner == owner else record
