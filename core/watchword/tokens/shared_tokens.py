"""Tokens that all processes share through a store: one asks the token endpoint, and nothing is lost.

`acquire` walks the steps: load, adopt what is fresh, wait for the lease or take it, load again; the
renewal itself journals, asks and saves, on a thread of its own that no signal interrupts.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from dataclasses import replace
from typing import NamedTuple

import requests

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.http import faults
from watchword.http.deadline import run_with_deadline
from watchword.http.origins import host
from watchword.redact import NeverPickled
from watchword.tokens.acquire import AcquiredToken, AcquireRequest
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.renewal import Renewal, mask
from watchword.tokens.stored_token import StoredCredential, StoredToken
from watchword.tokens.token import RENEWAL_PAUSE
from watchword.tokens.token_store import Snapshot, StoreError

_log = logging.getLogger(__name__)

LONGEST_CALL = 60.0
"""Longest wait for a token endpoint, in seconds, whatever the document says: others wait for the lease."""

_LATE = 2.0
"""For how many times that wait an answer is still taken: a new refresh token is worth having late."""

_SLACK = 20.0
"""What a lease lasts longer than that, in seconds: to save may take a while in a store that is busy."""

_FIRST_POLL, _LONGEST_POLL = 0.02, 0.5
"""Pauses between two looks at a lease that another holds, in seconds; each is varied by half."""

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


class _Leased(NamedTuple):
    """A lease that was taken, and the record as it stood then."""

    owner: str
    snapshot: Snapshot


class SharedTokens(NeverPickled):
    """The tokens of one credential in a store."""

    remembers = True

    def __init__(self, credential: StoredCredential) -> None:
        self.stored = StoredToken(credential)
        self._credential = credential
        self._source = source = credential.source
        transport = credential.transport
        self._patience = min(transport.timeout, LONGEST_CALL)
        self._transport = replace(transport, timeout=_LATE * self._patience)
        self._lease = _LATE * self._patience + _SLACK
        at_once = replace(transport, timeout=self._patience)
        self._alone = LocalTokens(lambda: source.fetch(at_once))

    def acquire(self, request: AcquireRequest) -> AcquiredToken:
        """Return a token that is fresh; raises TokenError, or SignInRequired where a person is wanted."""
        try:
            return self._acquire(request)
        except StoreError as error:
            if self._source.account.signs_in or error.code not in _STORE_FAULTS:
                raise
            _log.warning("The token is fetched for this process alone: %s", error)
            return self._alone.acquire(request)

    def _acquire(self, request: AcquireRequest) -> AcquiredToken:
        begun = self.stored.recover()
        known = self._usable(begun, request, begun.record.generation)
        if known:
            return self._adopted(begun, known)
        leased = self._leased(request, begun.record.generation)
        if isinstance(leased, AcquiredToken):
            return leased
        renewal = Renewal(self.stored, self._source, self._transport, leased.owner, self._lease)
        account = self._source.account
        try:
            return run_with_deadline(
                self._patience, lambda: renewal.run(leased.snapshot, request), must_finish=account.signs_in
            )
        except requests.ReadTimeout as error:
            target = f"the token endpoint at {host(account.token_url)}"
            raise TokenError([faults.classify(error, target)]) from None

    def _usable(self, snapshot: Snapshot, request: AcquireRequest, since: int) -> AcquiredToken | None:
        """Return the record's token if it is what is wished for; `since` is the generation at the wish."""
        record, now = snapshot
        token, is_new = record.token, record.generation > since
        if token is None or record.obtained is None or not self.stored.allows(record):
            return None
        age = now.since(record.obtained)
        if record.request_fingerprint != self.stored.request_fingerprint and not (
            self._source.account.signs_in and age < RENEWAL_PAUSE
        ):
            return None  # of another request; processes that differ in theirs don't take turns in refreshing
        if request.rejected and token.access_token == request.rejected.access_token:
            just_renewed = record.renewed is not None and now.since(record.renewed) < RENEWAL_PAUSE
            return AcquiredToken(token, age, is_new=False) if just_renewed else None
        if age < token.fresh_for and (is_new or not request.force):
            return AcquiredToken(token, age, is_new)
        return None

    def _adopted(self, snapshot: Snapshot, known: AcquiredToken) -> AcquiredToken:
        mask(known.token)
        used = snapshot.record.used
        if used is None or snapshot.now.since(used) > _NOTED:
            self.stored.note(lambda record, now: replace(record, used=now))
        return known

    def _leased(self, request: AcquireRequest, since: int) -> _Leased | AcquiredToken:
        """Return the lease, or what came while another held it.

        Raises TokenError where others hold it for longer than a lease can last.
        """
        owner = secrets.token_hex(8)
        deadline = time.monotonic() + 2 * self._lease
        poll = _FIRST_POLL
        while True:
            snapshot = self.stored.load()
            known = self._usable(snapshot, request, since)
            if known:
                return self._adopted(snapshot, known)
            if snapshot.record.free(snapshot.now):
                snapshot = self.stored.take(owner, self._lease)
            if snapshot.record.held_by(owner, snapshot.now):
                return self._taken(_Leased(owner, snapshot), request, since)
            if request.fallback:
                return AcquiredToken(request.fallback, age=None, is_new=False)
            if time.monotonic() > deadline:
                message = f"Another process is renewing the token of {self._credential.display_name}, for too long by now."
                raise TokenError([finding("renewal_in_progress", message)])
            time.sleep(poll * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            poll = min(poll * 1.5, _LONGEST_POLL)

    def _taken(self, leased: _Leased, request: AcquireRequest, since: int) -> _Leased | AcquiredToken:
        """Look again with the lease: another may have saved a token just before."""
        known = self._usable(leased.snapshot, request, since)
        if known is None:
            return leased
        self.stored.release(leased.owner)
        return self._adopted(leased.snapshot, known)
