"""Tokens that all processes share through a store: one process asks the token endpoint, and nothing is lost.

`acquire` takes these steps: load the record, use its token if that is fresh, else take the lease or wait for
it, and load again. The renewal itself (journal, ask, save) runs on a thread of its own, which no signal
interrupts.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import replace

import requests

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http import faults
from watchword.http.deadline import run_with_deadline
from watchword.http.origins import host
from watchword.redact import NeverPickled
from watchword.tokens.acquire import AcquiredToken, AcquireRequest
from watchword.tokens.holder import new_owner
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.record import Lease
from watchword.tokens.record_watch import RecordWatch
from watchword.tokens.renewal import Renewal, masked_copy
from watchword.tokens.stored_token import StoredCredential, StoredToken
from watchword.tokens.token import RENEWAL_PAUSE
from watchword.tokens.token_store import Snapshot, StoreError

_log = logging.getLogger(__name__)

LONGEST_CALL = 60.0
"""Longest wait for a token endpoint, in seconds, whatever the document says: others wait for the lease."""

_LATE = 2.0
"""A late response is still used within so many times that wait: it may hold a new refresh token."""

_SLACK = 20.0
"""By how many seconds a lease outlasts that: saving may take a while in a busy store."""

_FIRST_POLL, _LONGEST_POLL = 0.02, 0.5
"""Pauses between two looks at a lease that another process holds, in seconds; each varies by half."""

_SERVER = 5.0
"""So many times longer are these pauses if the store is a server: each look is a connection of its own."""

_NOTED = 3600.0
"""How precisely the last use of a token is stored, in seconds."""

_STORE_FAULTS = frozenset(
    {
        "store_read_only",
        "store_full",
        "store_locked",
        "store_unreachable",
        "store_damaged",
        "store_row_replaced",
        "store_on_network_disk",  # many homes are on one, and nobody has chosen them as a store
    }
)
"""Faults of a store; a token that can be fetched again is fetched without the store then."""


class SharedTokens(NeverPickled):
    """The tokens of one credential in a store."""

    remembers = True

    def __init__(self, credential: StoredCredential) -> None:
        self.stored = StoredToken(credential)
        self._account = credential.source.account
        self._display_name = credential.display_name
        self._patience = min(credential.transport.timeout, LONGEST_CALL)
        self._transport = replace(credential.transport, timeout=_LATE * self._patience)
        self._lease = _LATE * self._patience + _SLACK
        at_once = replace(credential.transport, timeout=self._patience)
        self._without_store = LocalTokens(lambda: credential.source.fetch(at_once))

    def acquire(self, request: AcquireRequest) -> AcquiredToken:
        """Return a fresh token; raises TokenError, or SignInRequired if a person has to sign in."""
        try:
            return self._acquired(request)
        except StoreError as error:
            if self._account.signs_in or error.code not in _STORE_FAULTS:
                raise
            _log.warning("The token is fetched for this process alone: %s", error)
            return self._without_store.acquire(request)

    def _acquired(self, request: AcquireRequest) -> AcquiredToken:
        owner = new_owner()
        leased = self._leased(owner, request)
        if isinstance(leased, AcquiredToken):
            return leased
        renewal = Renewal(self.stored, self._transport, owner, self._lease)
        must_finish = self._lease if self._account.signs_in else None
        try:
            return run_with_deadline(
                self._patience, lambda: renewal.run(leased, request), must_finish=must_finish
            )
        except requests.ReadTimeout as error:
            target = f"the token endpoint at {host(self._account.token_url)}"
            raise TokenError([faults.classify(error, target)]) from None

    def _leased(self, owner: str, request: AcquireRequest) -> Snapshot | AcquiredToken:
        """Return the record under the lease, or a usable token that came first.

        Raises TokenError if other processes hold the lease for longer than a lease can last.
        """
        snapshot = self.stored.recover()
        since, watch = snapshot.record.generation, RecordWatch(snapshot)
        deadline = time.monotonic() + 2 * self._lease
        longer = _SERVER if self.stored.credential.store.leaves_host else 1.0
        poll = _FIRST_POLL * longer
        while True:
            usable = self._usable(snapshot, request, since, watch.age(snapshot))
            is_over = watch.lease_is_over(snapshot) or self.stored.is_left_behind(snapshot.record.lease)
            if usable is None and is_over:
                snapshot = self._taken(owner, snapshot.record.lease)
                usable = self._usable(snapshot, request, since, watch.age(snapshot))  # saved just before
            is_ours = snapshot.record.held_by(owner, snapshot.now)
            if usable:
                if is_ours:
                    self.stored.release_lease(owner)
                return self._adopted(snapshot, usable)
            if is_ours:
                return snapshot
            if request.fallback:
                return AcquiredToken(request.fallback, age=None, is_new=False)
            if time.monotonic() > deadline:
                message = f"Another process has been renewing the token of {self._display_name} for too long."
                raise TokenError([finding("renewal_in_progress", message)])
            time.sleep(poll * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            poll = min(poll * 1.5, _LONGEST_POLL * longer)
            snapshot = self._polled()

    def _taken(self, owner: str, ended: Lease | None) -> Snapshot:
        """Take the lease in the place of one that has ended; save first what its holder could not save.

        Raises StoreError if that can't be saved yet: the stored refresh token was used already.
        """
        try:
            snapshot = self.stored.take_lease(owner, self._lease, ended)
            is_ours = snapshot.record.held_by(owner, snapshot.now)
            return self.stored.adopt_unsaved(snapshot, owner) if is_ours else snapshot
        except BaseException:  # also one that a signal raises
            self.stored.release_lease(owner)
            raise

    def _polled(self) -> Snapshot:
        """Return the record, if possible with what the holder of the lease could not save."""
        snapshot = self.stored.load()
        try:
            return self.stored.adopt_unsaved(snapshot)
        except StoreError as error:  # it is tried again under the lease, before anything is sent
            _log.debug("The token store can't be written yet: %s", error)
            return snapshot

    def _usable(
        self, snapshot: Snapshot, request: AcquireRequest, since: int, age: float | None
    ) -> AcquiredToken | None:
        """Return the record's token, of this age, if it satisfies the request.

        `since` is the generation at the request.
        """
        record, now = snapshot
        token, is_new = record.token, record.generation > since
        if token is None or age is None or not self.stored.allows(record):
            return None
        is_ours = record.request_fingerprint == self.stored.fingerprints.request
        # Processes whose documents differ in the request must not take turns in refreshing a sign-in.
        if not is_ours and not (self._account.signs_in and age < RENEWAL_PAUSE):
            return None
        if request.rejected and token.access_token == request.rejected.access_token:
            just_renewed = record.renewed is not None and abs(now.since(record.renewed)) < RENEWAL_PAUSE
            return AcquiredToken(token, age, is_new=False) if just_renewed else None
        if age < token.fresh_for and (is_new or not request.force):
            return AcquiredToken(token, age, is_new)
        return None

    def _adopted(self, snapshot: Snapshot, usable: AcquiredToken) -> AcquiredToken:
        usable = usable._replace(token=masked_copy(usable.token))
        used = snapshot.record.used
        if used is None or snapshot.now.since(used) > _NOTED:
            self.stored.note(lambda record, now: replace(record, used=now))
        return usable
