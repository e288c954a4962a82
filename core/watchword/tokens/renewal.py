"""One renewal under a lease: journal, ask, save. Whoever waits for it may give up; it goes on to its end."""

from __future__ import annotations

from dataclasses import dataclass

from watchword import redact
from watchword.codes import finding
from watchword.errors import SignInRequired, TokenError
from watchword.redact import NeverPickled
from watchword.tokens import refusals, steps
from watchword.tokens.record import Moment, Record
from watchword.tokens.shelf import Shelf
from watchword.tokens.source import StoredSource
from watchword.tokens.store import Snapshot
from watchword.tokens.token import Token
from watchword.tokens.wish import Obtained, Wish
from watchword.transport import Transport

_ATTEMPTS = 2
"""Refreshes without a known outcome after which there is a pause: the second is what a server may forgive."""


@dataclass(frozen=True)
class Renewal(NeverPickled):
    """A renewal by the holder of the lease, which lasts for `lease` seconds from the journal on."""

    shelf: Shelf
    source: StoredSource
    transport: Transport
    owner: str
    lease: float

    def run(self, leased: Snapshot, wish: Wish) -> Obtained:
        """Renew the token, and give the lease back whatever happens.

        Raises:
            SignInRequired: a person has to sign in.
            TokenError: the token endpoint gave no token, or is not to be asked now.
        """
        try:
            return self._renewed(leased, wish)
        except BaseException:
            self.shelf.release(self.owner)
            raise

    def _renewed(self, leased: Snapshot, wish: Wish) -> Obtained:
        record, now = leased
        if not self.shelf.admits(record):
            raise refusals.sent_elsewhere(self.shelf.called)
        shown = self._refresh_token(record)
        if self.source.account.signs_in and shown is None:
            return self._without_refresh_token(leased, wish)
        if not wish.anew:
            fingerprint = self.shelf.shown(shown)
            refusals.check_refusal(record, now, fingerprint, self.shelf.guard, self.shelf.called)
        refusals.check_pause(record, now, patient=not wish.anew)
        asked = self._journalled(record, now)
        try:
            token = self.source.fetch(self.transport, shown)
        except TokenError as error:
            return self._failed(record, error, shown)
        return self._saved(asked, token, shown, after_refusal=wish.rejected is not None)

    def _refresh_token(self, record: Record) -> str | None:
        """Return the store's refresh token, or the document's where it is new to the store."""
        account = self.source.account
        if not account.signs_in:
            return None
        kept = record.token.refresh_token if record.token else None
        is_dead = kept and record.refusal and record.refusal.of == self.shelf.shown(kept)
        if kept and not is_dead:
            return kept
        return account.imported if self._is_new(record) else kept

    def _is_new(self, record: Record) -> bool:
        """Return whether the document has a refresh token that has not served yet, here or elsewhere."""
        imported = self.shelf.imported
        if not imported or imported == record.imported:
            return False
        if self.shelf.claim_imported():
            return True
        message = (
            f"The refresh token in the document of {self.shelf.called} was used before, under another name: "
            "its successor is kept there."
        )
        raise SignInRequired([finding("sign_in_required", message)])

    def _without_refresh_token(self, leased: Snapshot, wish: Wish) -> Obtained:
        """Return the token of a sign-in that can't be renewed, while it lasts."""
        record, now = leased
        token, obtained = record.token, record.obtained
        if token and obtained and record.guard == self.shelf.guard and not wish.rejected:
            age = now.since(obtained)
            if age < token.lifetime:
                self.shelf.release(self.owner)
                mask(token)
                return Obtained(token, age, is_new=False)
        raise refusals.sign_in_required(record, now, self.shelf.called)

    def _journalled(self, record: Record, now: Moment) -> Snapshot:
        """Note that a refresh is under way; one of a token that anybody may fetch again needs no note."""
        if not self.source.account.signs_in:
            return Snapshot(record, now)
        if record.attempt >= _ATTEMPTS and record.rotates is not False and record.pause is None:
            raise self._unknown_outcome(record)  # its askers were killed, and nobody noted it
        asked = self.shelf.change(steps.journal(self.owner, self.lease))
        if not asked.record.held_by(self.owner, asked.now):
            message = f"The right to renew the token of {self.shelf.called} was lost to another process."
            raise TokenError([finding("renewal_in_progress", message)])
        return asked

    def _saved(self, asked: Snapshot, token: Token, shown: str | None, *, after_refusal: bool) -> Obtained:
        """Make the token durable, and return it, or that of a winner."""
        issued = steps.Issued(
            token,
            asked.now,
            self.shelf.guard,
            shown,
            after_refusal=after_refusal,
            single_use=self.source.account.single_use,
            imported=self._served(shown),
            reach=self.shelf.reach,
        )
        snapshot = self.shelf.save(asked.record.generation, issued)
        if snapshot is None or snapshot.record.token is None:
            return Obtained(token)
        kept = snapshot.record.token
        mask(kept)
        return Obtained(kept, snapshot.now.since(snapshot.record.obtained or asked.now))

    def _failed(self, record: Record, error: TokenError, shown: str | None) -> Obtained:
        """Note what the failure means for those who come next, and raise it.

        Who was refused since another was faster with the same refresh token gets the other's token.
        """
        outcome = refusals.outcome_of(error, refreshing=shown is not None)
        attempts = record.attempt + 1 if outcome.is_unknown else 0 if outcome.stands else record.attempt
        if outcome.is_unknown and attempts >= _ATTEMPTS and record.rotates is not False:
            raise self._unknown_outcome(record, attempts) from None
        message = error.findings[0].message
        if outcome.is_of_token and record.attempt:
            message += " The answer to an earlier refresh was lost, and with it, it seems, its refresh token."
        kept = record.token.refresh_token if record.token else None
        of = self.shelf.shown(kept or shown) if outcome.is_of_token else self.shelf.guard
        failed = steps.Failed(
            error.code,
            message,
            attempts,
            pause=outcome.pause,
            refused=of if outcome.stands else "",
            imported=self._served(shown) if outcome.is_of_token else "",
        )
        current = self.shelf.change(steps.settle(self.owner, record.generation, failed))
        if not outcome.is_of_token:
            raise error
        if current.record.generation == record.generation or current.record.token is None:
            raise refusals.sign_in_required(current.record, current.now, self.shelf.called) from error
        winner = current.record.token
        mask(winner)
        return Obtained(winner, current.now.since(current.record.obtained or current.now))

    def _served(self, shown: str | None) -> str:
        return self.shelf.imported if shown is not None and shown == self.source.account.imported else ""

    def _unknown_outcome(self, record: Record, attempts: int | None = None) -> TokenError:
        error = refusals.unknown_outcome(self.shelf.called)
        found = error.findings[0]
        failed = steps.Failed(
            found.code.name,
            found.message,
            record.attempt if attempts is None else attempts,
            pause=found.retry_after or 0.0,
        )
        self.shelf.change(steps.settle(self.owner, record.generation, failed))
        return error


def mask(token: Token) -> None:
    """Have a token masked that another process has fetched."""
    for secret in (token.access_token, token.refresh_token):
        if secret:
            redact.register_token(secret)
