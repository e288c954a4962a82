"""One renewal under a lease: journal, ask, save. Whoever waits for it may give up; it goes on to its end."""

from __future__ import annotations

from dataclasses import dataclass

from watchword import redact
from watchword.errors import SignInRequired, TokenError
from watchword.findings.codes import finding
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens import failures, transitions
from watchword.tokens.acquire import AcquiredToken, AcquireRequest
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.stored_token import StoredToken
from watchword.tokens.token import Token
from watchword.tokens.token_source import StoredSource
from watchword.tokens.token_store import Snapshot

_ATTEMPTS = 2
"""Refreshes without a known outcome after which there is a pause: the second is what a server may forgive."""


@dataclass(frozen=True)
class Renewal(NeverPickled):
    """A renewal by the holder of the lease, which lasts for `lease` seconds from the journal on."""

    stored: StoredToken
    source: StoredSource
    transport: TransportOptions
    owner: str
    lease: float

    def run(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        """Renew the token, and give the lease back whatever happens.

        Raises:
            SignInRequired: a person has to sign in.
            TokenError: the token endpoint gave no token, or is not to be asked now.
        """
        try:
            return self._renewed(leased, request)
        except BaseException:
            self.stored.release(self.owner)
            raise

    def _renewed(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        record, now = leased
        if not self.stored.allows(record):
            raise failures.sent_elsewhere(self.stored.credential.display_name)
        sent = self._refresh_token(record)
        if self.source.account.signs_in and sent is None:
            return self._without_refresh_token(leased, request)
        if not request.force:
            fingerprint = self.stored.fingerprint_of(sent)
            failures.check_refusal(
                record, now, fingerprint, self.stored.request_fingerprint, self.stored.credential.display_name
            )
        failures.check_pause(record, now, patient=not request.force)
        asked = self._journalled(record, now)
        try:
            token = self.source.fetch(self.transport, sent)
        except TokenError as error:
            return self._failed(record, error, sent)
        return self._saved(asked, token, sent, after_refusal=request.rejected is not None)

    def _refresh_token(self, record: Record) -> str | None:
        """Return the store's refresh token, or the document's where it is new to the store."""
        account = self.source.account
        if not account.signs_in:
            return None
        kept = record.token.refresh_token if record.token else None
        is_dead = kept and record.refusal and record.refusal.of == self.stored.fingerprint_of(kept)
        if kept and not is_dead:
            return kept
        return account.imported if self._is_new(record) else kept

    def _is_new(self, record: Record) -> bool:
        """Return whether the document has a refresh token that has not served yet, here or elsewhere."""
        imported = self.stored.imported
        if not imported or imported == record.imported:
            return False
        if self.stored.claim_imported():
            return True
        message = (
            f"The refresh token in the document of {self.stored.credential.display_name} was used before, under another name: "
            "its successor is kept there."
        )
        raise SignInRequired([finding("sign_in_required", message)])

    def _without_refresh_token(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        """Return the token of a sign-in that can't be renewed, while it lasts."""
        record, now = leased
        token, obtained = record.token, record.obtained
        if (
            token
            and obtained
            and record.request_fingerprint == self.stored.request_fingerprint
            and not request.rejected
        ):
            age = now.since(obtained)
            if age < token.lifetime:
                self.stored.release(self.owner)
                mask(token)
                return AcquiredToken(token, age, is_new=False)
        raise failures.sign_in_required(record, now, self.stored.credential.display_name)

    def _journalled(self, record: Record, now: StoreTime) -> Snapshot:
        """Note that a refresh is under way; one of a token that anybody may fetch again needs no note."""
        if not self.source.account.signs_in:
            return Snapshot(record, now)
        if record.attempt >= _ATTEMPTS and record.rotates is not False and record.pause is None:
            raise self._unknown_outcome(record)  # its askers were killed, and nobody noted it
        asked = self.stored.change(transitions.journal(self.owner, self.lease))
        if not asked.record.held_by(self.owner, asked.now):
            message = f"The right to renew the token of {self.stored.credential.display_name} was lost to another process."
            raise TokenError([finding("renewal_in_progress", message)])
        return asked

    def _saved(
        self, asked: Snapshot, token: Token, sent: str | None, *, after_refusal: bool
    ) -> AcquiredToken:
        """Make the token durable, and return it, or that of a winner."""
        issued = transitions.Issued(
            token,
            asked.now,
            self.stored.request_fingerprint,
            sent,
            after_refusal=after_refusal,
            single_use=self.source.account.single_use,
            imported=self._served(sent),
            token_destinations=self.stored.token_destinations,
        )
        snapshot = self.stored.save(asked.record.generation, issued)
        if snapshot is None or snapshot.record.token is None:
            return AcquiredToken(token)
        kept = snapshot.record.token
        mask(kept)
        return AcquiredToken(kept, snapshot.now.since(snapshot.record.obtained or asked.now))

    def _failed(self, record: Record, error: TokenError, sent: str | None) -> AcquiredToken:
        """Note what the failure means for those who come next, and raise it.

        Who was refused since another was faster with the same refresh token gets the other's token.
        """
        outcome = failures.outcome_of(error, refreshing=sent is not None)
        attempts = record.attempt + 1 if outcome.is_unknown else 0 if outcome.stands else record.attempt
        if outcome.is_unknown and attempts >= _ATTEMPTS and record.rotates is not False:
            raise self._unknown_outcome(record, attempts) from None
        message = error.findings[0].message
        if outcome.is_of_token and record.attempt:
            message += " The answer to an earlier refresh was lost, and with it, it seems, its refresh token."
        kept = record.token.refresh_token if record.token else None
        of = (
            self.stored.fingerprint_of(kept or sent)
            if outcome.is_of_token
            else self.stored.request_fingerprint
        )
        failed = transitions.Failed(
            error.code,
            message,
            attempts,
            pause=outcome.pause,
            refused=of if outcome.stands else "",
            imported=self._served(sent) if outcome.is_of_token else "",
        )
        current = self.stored.change(transitions.settle(self.owner, record.generation, failed))
        if not outcome.is_of_token:
            raise error
        if current.record.generation == record.generation or current.record.token is None:
            raise failures.sign_in_required(
                current.record, current.now, self.stored.credential.display_name
            ) from error
        winner = current.record.token
        mask(winner)
        return AcquiredToken(winner, current.now.since(current.record.obtained or current.now))

    def _served(self, sent: str | None) -> str:
        return self.stored.imported if sent is not None and sent == self.source.account.imported else ""

    def _unknown_outcome(self, record: Record, attempts: int | None = None) -> TokenError:
        error = failures.unknown_outcome(self.stored.credential.display_name)
        found = error.findings[0]
        failed = transitions.Failed(
            found.code.name,
            found.message,
            record.attempt if attempts is None else attempts,
            pause=found.retry_after or 0.0,
        )
        self.stored.change(transitions.settle(self.owner, record.generation, failed))
        return error


def mask(token: Token) -> None:
    """Have a token masked that another process has fetched."""
    for secret in (token.access_token, token.refresh_token):
        if secret:
            redact.register_token(secret)
