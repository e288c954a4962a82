"""One renewal under a lease: journal, ask, save. It runs to its end even if its caller stops waiting."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from watchword import redact
from watchword.errors import SignInRequired, TokenError
from watchword.findings.codes import finding
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens import refresh_failures, transitions
from watchword.tokens.acquire import AcquiredToken, AcquireRequest
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.replaced_refresh_token import RefreshTokenReplacedError
from watchword.tokens.stored_token import StoredToken
from watchword.tokens.token import Token
from watchword.tokens.token_store import Snapshot

_ATTEMPTS = 2
"""After so many refreshes whose outcome is not known there is a pause; some servers forgive the second."""


@dataclass(frozen=True)
class Renewal(NeverPickled):
    """A renewal by the holder of the lease, which lasts for `lease` seconds from the journal's entry on.

    `transport` has the time limit of the request to the token endpoint.
    """

    stored: StoredToken
    transport: TransportOptions
    owner: str
    lease: float

    def run(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        """Renew the token, and give the lease back in any case.

        Raises:
            SignInRequired: a person has to sign in.
            TokenError: the token endpoint gave no token, or must not be asked now.
        """
        try:
            return self._renewed(leased, request)
        except BaseException:
            self.stored.release_lease(self.owner)
            raise

    def _renewed(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        record, now = leased
        if not self.stored.allows(record):
            raise refresh_failures.sent_elsewhere(self.stored.words)
        refresh_token = self._refresh_token(record)
        if self.stored.account.signs_in and refresh_token is None:
            return self._without_refresh_token(leased, request)
        if not request.force:
            fingerprint = self.stored.fingerprint_of(refresh_token)
            refresh_failures.check_refusal(
                record, now, fingerprint, self.stored.fingerprints.request, self.stored.words
            )
        refresh_failures.check_pause(record, now, patient=not request.force)
        journalled = self._journalled(record, now)
        try:
            proof_key = record.token.proof_key if record.token else None
            token = self.stored.credential.source.fetch(self.transport, refresh_token, proof_key)
        except TokenError as error:
            if isinstance(error, RefreshTokenReplacedError) and error.refresh_token != refresh_token:
                token = _former_with(journalled, error, request)
                issued = self._issued(journalled, token, refresh_token)
                raise self._replaced(journalled.record, issued, error) from None
            return self._failed(record, error, refresh_token)
        issued = self._issued(journalled, token, refresh_token)
        return self._saved(journalled, replace(issued, after_refusal=request.rejected is not None))

    def _refresh_token(self, record: Record) -> str | None:
        """Return the store's refresh token, or the document's if that is new to the store."""
        if not self.stored.account.signs_in:
            return None
        stored = record.token.refresh_token if record.token else None
        is_dead = stored and record.refusal and record.refusal.of == self.stored.fingerprint_of(stored)
        if stored and not is_dead:
            return stored
        return self.stored.account.imported if self._is_import_new(record) else stored

    def _is_import_new(self, record: Record) -> bool:
        """Return whether the document has a refresh token that was never used with this store."""
        imported = self.stored.fingerprints.imported
        if not imported or imported == record.imported:
            return False
        if self.stored.claim_imported():
            return True
        message = (
            f"The refresh token in the document of {self.stored.display_name} was used before, under another "
            "name: its successor is stored there."
        )
        advice = f"{self.stored.words.login_advice}."
        raise SignInRequired([finding("sign_in_required", message, advice=advice)])

    def _without_refresh_token(self, leased: Snapshot, request: AcquireRequest) -> AcquiredToken:
        """Return the token of a sign-in that can't be renewed, until it expires."""
        record, now = leased
        token, obtained = record.token, record.obtained
        is_ours = record.request_fingerprint == self.stored.fingerprints.request
        if token and obtained and is_ours and not request.rejected:
            age = max(now.since(obtained), 0.0)
            if age < token.lifetime:
                self.stored.release_lease(self.owner)
                return AcquiredToken(masked_copy(token), age, is_new=False)
        raise refresh_failures.sign_in_required(record, now, self.stored.words)

    def _journalled(self, record: Record, now: StoreTime) -> Snapshot:
        """Note that a refresh is under way; a machine's token can be fetched again and needs no note."""
        if not self.stored.account.signs_in:
            return Snapshot(record, now)
        if record.attempt >= _ATTEMPTS and record.rotates is not False and record.pause is None:
            raise self._unknown_outcome(record)  # two processes were killed meanwhile
        generation = record.generation
        journalled = self.stored.change(transitions.journal(self.owner, generation, self.lease))
        is_ours = journalled.record.held_by(self.owner, journalled.now)
        if not is_ours or journalled.record.generation != generation:
            message = (
                f"Another process has taken over the renewal of the token of {self.stored.display_name}."
            )
            raise TokenError([finding("renewal_in_progress", message)])
        return journalled

    def _issued(self, journalled: Snapshot, token: Token, refresh_token: str | None) -> transitions.Issued:
        fingerprints = self.stored.fingerprints
        return transitions.Issued(
            token,
            journalled.now,
            fingerprints.request,
            refresh_token,
            single_use=self.stored.account.single_use,
            imported=self._used_import(refresh_token),
            token_destinations=fingerprints.token_destinations,
        )

    def _saved(self, journalled: Snapshot, issued: transitions.Issued) -> AcquiredToken:
        """Save the token and return it, or the one that another process saved first."""
        token = issued.token
        snapshot = self.stored.save(journalled.record.generation, issued)
        if snapshot is None or snapshot.record.token is None:
            return AcquiredToken(token)
        stored = snapshot.record.token
        if stored.access_token == token.access_token:  # what is not stored of it
            stored = replace(stored, unread_end=token.unread_end)
        return _adopted(snapshot, stored, journalled.now)

    def _replaced(self, record: Record, issued: transitions.Issued, error: TokenError) -> TokenError:
        """Save the refresh token of a response without a usable access token; return what else is wrong."""
        snapshot = self.stored.save(record.generation, issued)
        found = error.findings[0]
        message = f"{found.message} The new refresh token in the response is kept."
        failed = transitions.Failed(error.code, message, 0, pause=refresh_failures.usual_pause(error))
        if snapshot is not None:
            self.stored.note(transitions.settle(self.owner, snapshot.record.generation, failed))
        return TokenError([replace(found, message=message), *error.findings[1:]])

    def _failed(self, record: Record, error: TokenError, refresh_token: str | None) -> AcquiredToken:
        """Note what the failure means for the next processes, and raise it.

        If another process was faster with the same refresh token, return its token instead.
        """
        outcome = refresh_failures.outcome_of(error, refreshing=refresh_token is not None)
        attempts = record.attempt + 1 if outcome.is_unknown else 0 if outcome.stands else record.attempt
        if outcome.is_unknown and attempts >= _ATTEMPTS and record.rotates is not False:
            raise self._unknown_outcome(record, attempts) from None
        message = refresh_failures.remembered_words(error)
        if outcome.is_of_token and record.attempt:
            message += " The answer to an earlier refresh was lost, probably with a new refresh token in it."
        failed = transitions.Failed(
            error.code,
            message,
            attempts,
            pause=outcome.pause,
            refused=self._refused(record, outcome, refresh_token),
            imported=self._used_import(refresh_token) if outcome.is_of_token else "",
        )
        current = self.stored.change(transitions.settle(self.owner, record.generation, failed))
        if not outcome.is_of_token:
            if not attempts and self._used_import(refresh_token):
                self.stored.unclaim_imported()  # refused for another reason: it can still be imported
            raise error
        if current.record.generation == record.generation or current.record.token is None:
            raise refresh_failures.sign_in_required(current.record, current.now, self.stored.words) from error
        return _adopted(current, current.record.token, current.now)

    def _refused(self, record: Record, outcome: refresh_failures.Outcome, refresh_token: str | None) -> str:
        """Return the fingerprint of what stays refused, "" for nothing."""
        if not outcome.stands:
            return ""
        if not outcome.is_of_token:
            return self.stored.fingerprints.request
        stored = record.token.refresh_token if record.token else None
        return self.stored.fingerprint_of(stored or refresh_token)

    def _used_import(self, refresh_token: str | None) -> str:
        """Return the fingerprint of the document's refresh token if it is the one that was sent, else ""."""
        imported = self.stored.account.imported
        was_sent = refresh_token is not None and refresh_token == imported
        return self.stored.fingerprints.imported if was_sent else ""

    def _unknown_outcome(self, record: Record, attempts: int | None = None) -> TokenError:
        error = refresh_failures.unknown_outcome(self.stored.words)
        found = error.findings[0]
        failed = transitions.Failed(
            found.code.name,
            found.message,
            record.attempt if attempts is None else attempts,
            pause=found.retry_after or 0.0,
        )
        self.stored.change(transitions.settle(self.owner, record.generation, failed))
        return error


def _former_with(journalled: Snapshot, replaced: RefreshTokenReplacedError, request: AcquireRequest) -> Token:
    """Return the access token before a refresh with a new refresh token, for what is left of its lifetime.

    It has ended if there was none, if the API has refused it, or if it is bound to another key or to none.
    """
    record, now = journalled
    former = record.token or Token("", lifetime=0.0)
    age = max(now.since(record.obtained), 0.0) if record.obtained else math.inf
    is_usable = age < former.lifetime and former.proof_key == replaced.proof_key and not request.rejected
    left = former.lifetime - age if is_usable else 0.0
    return replace(
        former,
        lifetime=left,
        refresh_token=replaced.refresh_token,
        refresh_lifetime=None,
        proof_key=replaced.proof_key,
    )


def _adopted(snapshot: Snapshot, token: Token, otherwise: StoreTime) -> AcquiredToken:
    age = max(snapshot.now.since(snapshot.record.obtained or otherwise), 0.0)
    return AcquiredToken(masked_copy(token), age)


def masked_copy(token: Token) -> Token:
    """Return a copy of a stored token, masked as long as the copy lives: a store may live for ever."""
    copy = replace(token)
    redact.register(copy.secrets, copy)
    return copy
