"""Tokens that all processes share through a store: one asks the token endpoint, and nothing is lost.

`obtain` walks the steps: load, adopt what is fresh, wait for the lease or take it, load again, journal,
ask, save. The new refresh token is durable before the new access token is used.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import replace

from watchword import redact
from watchword.codes import finding
from watchword.errors import SignInRequired, TokenError
from watchword.redact import NeverPickled
from watchword.tokens import refusals, steps
from watchword.tokens.own import OwnTokens
from watchword.tokens.record import Moment, Record
from watchword.tokens.shelf import Shelf
from watchword.tokens.source import StoredSource
from watchword.tokens.store import Snapshot, StoreError, TokenStore
from watchword.tokens.token import RENEWAL_PAUSE, Token
from watchword.tokens.wish import Obtained, Wish
from watchword.transport import Transport

_log = logging.getLogger(__name__)

LONGEST_CALL = 60.0
"""Longest wait for a token endpoint, in seconds, whatever the document says: others wait for the lease."""

_SLACK = 1.0
"""What a lease lasts longer than twice a call, in seconds: its owner's own work."""

_FIRST_POLL, _LONGEST_POLL = 0.02, 0.5
"""Pauses between two looks at a lease that another holds, in seconds; each is varied by half."""

_ATTEMPTS = 2
"""Refreshes without a known outcome after which there is a pause: the second is what a server may forgive."""

_NOTED = 3600.0
"""How precisely it is kept when a token was last used, in seconds."""

_STORE_FAULTS = frozenset(
    {
        "store_read_only",
        "store_full",
        "store_locked",
        "store_unreachable",
        "store_damaged",
        "store_on_network_disk",  # as homes are at many places, and nobody has chosen them as a store
    }
)
"""Faults of a store without which a token that anybody may fetch again is fetched all the same."""


class SharedTokens(NeverPickled):
    """The tokens of one credential in a store; `name` is its connection's, "" for one that has none."""

    def __init__(self, store: TokenStore, name: str, source: StoredSource, transport: Transport) -> None:
        self._source = source
        self._transport = replace(transport, timeout=min(transport.timeout, LONGEST_CALL))
        self._lease = 2 * self._transport.timeout + _SLACK
        self._shelf = Shelf(store, name, source, transport)
        self._alone = OwnTokens(lambda: source.fetch(self._transport))

    @property
    def shelf(self) -> Shelf:
        """Where the token is kept."""
        return self._shelf

    def obtain(self, wish: Wish) -> Obtained:
        """Return a token that is fresh; raises TokenError, or SignInRequired where a person is wanted."""
        try:
            return self._obtained(wish)
        except StoreError as error:
            if self._source.account.signs_in or error.code not in _STORE_FAULTS:
                raise
            _log.warning("The token is fetched for this process alone: %s", error)
            return self._alone.obtain(wish)

    def _obtained(self, wish: Wish) -> Obtained:
        begun = self._shelf.load()
        known = self._usable(begun, wish, begun.record.generation)
        if known:
            return self._adopted(begun, known)
        leased = self._leased(wish, begun.record.generation)
        if isinstance(leased, Obtained):
            return leased
        try:
            return self._renewed(leased, wish)
        except BaseException:
            self._shelf.release()
            raise

    def _usable(self, snapshot: Snapshot, wish: Wish, since: int) -> Obtained | None:
        """Return the record's token if it is what is wished for; `since` is the generation at the wish."""
        record, now = snapshot
        token, is_new = record.token, record.generation > since
        if token is None or record.obtained is None or record.guard != self._shelf.guard:
            return None
        age = now.since(record.obtained)
        if wish.rejected and token.access_token == wish.rejected.access_token:
            just_renewed = record.renewed is not None and now.since(record.renewed) < RENEWAL_PAUSE
            return Obtained(token, age, is_new=False) if just_renewed else None
        if age < token.fresh_for and (is_new or not wish.anew):
            return Obtained(token, age, is_new)
        return None

    def _adopted(self, snapshot: Snapshot, known: Obtained) -> Obtained:
        _mask(known.token)
        used = snapshot.record.used
        if used is None or snapshot.now.since(used) > _NOTED:
            self._shelf.note(lambda record, now: replace(record, used=now))
        return known

    def _leased(self, wish: Wish, since: int) -> Snapshot | Obtained:
        """Return the record with the lease, or what came while another held it.

        Raises TokenError where another holds it for longer than a lease can last.
        """
        deadline = time.monotonic() + 2 * self._lease
        poll = _FIRST_POLL
        while True:
            snapshot = self._shelf.look()
            known = self._usable(snapshot, wish, since)
            if known:
                return self._adopted(snapshot, known)
            if snapshot.record.free(snapshot.now):
                snapshot = self._shelf.take(self._lease)
            if snapshot.record.held_by(self._shelf.owner, snapshot.now):
                return self._taken(snapshot, wish, since)
            if wish.valid:
                return Obtained(wish.valid, is_new=False)
            if time.monotonic() > deadline:
                message = (
                    f"Another process has been asking for the token of {self._shelf.called} for too long."
                )
                raise TokenError([finding("renewal_in_progress", message)])
            time.sleep(poll * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            poll = min(poll * 1.5, _LONGEST_POLL)

    def _taken(self, snapshot: Snapshot, wish: Wish, since: int) -> Snapshot | Obtained:
        """Look again with the lease: another may have saved a token just before."""
        known = self._usable(snapshot, wish, since)
        if known is None:
            return snapshot
        self._shelf.release()
        return self._adopted(snapshot, known)

    def _renewed(self, leased: Snapshot, wish: Wish) -> Obtained:
        """Ask the token endpoint, holding the lease, and save what it gives."""
        record, now = leased
        shown = self._refresh_token(record)
        if self._source.account.signs_in and shown is None:
            return self._without_refresh_token(leased, wish)
        if not wish.anew:
            refusals.check_refusal(
                record, now, self._shelf.shown(shown), self._shelf.guard, self._shelf.called
            )
        refusals.check_pause(record, now)
        asked = self._journalled(record, now)
        try:
            token = self._source.fetch(self._transport, shown)
        except TokenError as error:
            return self._refused(record, asked.now, error, shown)
        return self._saved(asked, token, wish, shown)

    def _refresh_token(self, record: Record) -> str | None:
        """Return the store's refresh token, or the document's where it is new to the store."""
        account = self._source.account
        if not account.signs_in:
            return None
        kept = record.token.refresh_token if record.token else None
        is_dead = kept and record.refusal and record.refusal.of == self._shelf.shown(kept)
        if kept and not is_dead:
            return kept
        return account.imported if self._is_new(record) else kept

    def _is_new(self, record: Record) -> bool:
        """Return whether the document has a refresh token that has not served yet, here or elsewhere."""
        imported = self._shelf.imported
        if not imported or imported == record.imported:
            return False
        if self._shelf.claim_imported():
            return True
        message = (
            f"The refresh token in the document of {self._shelf.called} was used before, under another name: "
            "its successor is kept there."
        )
        raise SignInRequired([finding("sign_in_required", message)])

    def _without_refresh_token(self, leased: Snapshot, wish: Wish) -> Obtained:
        """Return the token of a sign-in that can't be renewed, while it lasts."""
        record, now = leased
        token, obtained = record.token, record.obtained
        if token and obtained and record.guard == self._shelf.guard and not wish.rejected:
            age = now.since(obtained)
            if age < token.lifetime:
                self._shelf.release()
                _mask(token)
                return Obtained(token, age, is_new=False)
        raise refusals.sign_in_required(record, now, self._shelf.called)

    def _journalled(self, record: Record, now: Moment) -> Snapshot:
        """Note that a refresh is under way; one of a token that anybody may fetch again needs no note."""
        if not self._source.account.signs_in:
            return Snapshot(record, now)
        if record.attempt >= _ATTEMPTS and record.rotates is not False and record.pause is None:
            raise self._unknown_outcome()  # its askers were killed, and nobody noted it
        asked = self._shelf.change(steps.journal(self._shelf.owner))
        if not asked.record.held_by(self._shelf.owner, asked.now):
            message = f"The right to renew the token of {self._shelf.called} was lost to another process."
            raise TokenError([finding("renewal_in_progress", message)])
        return asked

    def _saved(self, asked: Snapshot, token: Token, wish: Wish, shown: str | None) -> Obtained:
        """Make the token durable, and return it, or that of a winner."""
        account, at = self._source.account, asked.now
        issued = steps.Issued(
            token,
            at,
            self._shelf.guard,
            after_refusal=bool(wish.rejected),
            single_use=account.single_use,
            imported=self._shelf.imported if shown == account.imported else "",
        )
        snapshot = self._shelf.save(asked.record.generation, issued)
        if snapshot is None or snapshot.record.token is None:
            return Obtained(token, is_new=True)
        kept = snapshot.record.token
        age = snapshot.now.since(snapshot.record.obtained or at)
        _mask(kept)
        return Obtained(kept, age, is_new=True)

    def _refused(self, record: Record, asked: Moment, error: TokenError, shown: str | None) -> Obtained:
        """Note what the failure of a request means for those who come next, and raise it."""
        outcome = refusals.outcome_of(error, refreshing=shown is not None)
        if outcome.is_unknown and shown is not None:
            if record.attempt + 1 >= _ATTEMPTS and record.rotates is not False:
                raise self._unknown_outcome() from None
            raise error
        if outcome.pause:
            pause = steps.pause(self._shelf.owner, outcome.pause, error.code, error.findings[0].message)
            self._shelf.change(pause)
        self._shelf.change(steps.settle(self._shelf.owner, record.generation, record.attempt))
        if not outcome.stands:
            raise error
        served = shown is not None and shown == self._source.account.imported and outcome.is_of_token
        kept = record.token.refresh_token if record.token else None
        of = self._shelf.shown(kept or shown) if outcome.is_of_token else self._shelf.guard
        refused = refusals.refusal(error, of, asked, after_lost=record.attempt > 0)
        imported = self._shelf.imported if served else ""
        current = self._shelf.change(steps.refuse(self._shelf.owner, record.generation, refused, imported))
        if current.record.generation != record.generation:
            known = self._usable(current, Wish(), record.generation)
            if known is None:
                message = (
                    f"Another process has just renewed the token of {self._shelf.called} in its own way."
                )
                raise TokenError([finding("renewal_in_progress", message)])
            return self._adopted(current, known)  # it was faster with the same refresh token
        if outcome.is_of_token:
            raise refusals.sign_in_required(current.record, current.now, self._shelf.called) from error
        raise error

    def _unknown_outcome(self) -> TokenError:
        error = refusals.unknown_outcome(self._shelf.called)
        found = error.findings[0]
        seconds = found.retry_after or 0.0
        self._shelf.change(steps.pause(self._shelf.owner, seconds, found.code.name, found.message))
        return error


def _mask(token: Token) -> None:
    for secret in (token.access_token, token.refresh_token):
        if secret:
            redact.register_token(secret)
