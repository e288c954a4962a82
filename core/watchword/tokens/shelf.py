"""One credential's place in a store: its key, who asks for its lease, and how what is saved stays saved."""

from __future__ import annotations

import logging
import time

from watchword.codes import finding
from watchword.origins import host
from watchword.redact import NeverPickled
from watchword.tokens import steps
from watchword.tokens.record import Moment, Record
from watchword.tokens.source import StoredSource
from watchword.tokens.spill import Spill
from watchword.tokens.store import Snapshot, Step, StoreError, TokenStore
from watchword.tokens.token import Token
from watchword.transport import Transport

_log = logging.getLogger(__name__)

_SAVES = (0.0, 0.2, 1.0)
"""The pauses before each try to save a token, in seconds."""


class Shelf(NeverPickled):
    """Where the token of a source is kept; `name` is its connection's, "" for one that has none.

    `reach` is where the tokens of a sign-in may go: a document that was changed in that finds it no more.
    """

    def __init__(
        self,
        store: TokenStore,
        name: str,
        source: StoredSource,
        transport: Transport,
        reach: tuple[str, ...] = (),
    ) -> None:
        self.store = store
        self.called = repr(name) if name else "a connection without a name"
        self._name = name
        self._source = source
        self._transport = transport
        self._reach = reach
        self._unsaved: tuple[int, steps.Issued] | None = None

    # Key and guard are made anew each time: a store that was replaced has another salt.
    @property
    def key(self) -> str:
        """The key of the record: by name and account and, where any process could fetch it, by request."""
        account = self._source.account
        found_by = (account.method, account.token_url, account.client_id, account.subject)
        request = () if account.signs_in else (self.guard,)
        return f"{self._name}:{self.store.fingerprint('account', self._name, *found_by, *request)}"

    @property
    def guard(self) -> str:
        """The fingerprint of the token request: a token of another request is not used."""
        return self.store.fingerprint("request", *self._source.identity, *self._transport.identity)

    @property
    def reach(self) -> str:
        """The fingerprint of where the tokens of a sign-in may go."""
        return self.store.fingerprint("reach", *self._reach) if self._source.account.signs_in else ""

    def admits(self, record: Record) -> bool:
        """Return whether the document still sends the sign-in's tokens where they went at first."""
        return record.reach in {"", self.reach}

    def shown(self, refresh_token: str | None) -> str:
        """Return the fingerprint of a refresh token, "" for none."""
        return self.store.fingerprint("shown", refresh_token) if refresh_token else ""

    @property
    def _label(self) -> steps.Label:
        account = self._source.account
        return steps.Label(self._name, account.method, host(account.token_url), account.signs_in)

    def take(self, owner: str, seconds: float) -> Snapshot:
        """Take the lease where it is free, for so many seconds."""
        return self.change(steps.take(owner, seconds, self._label))

    def release(self, owner: str) -> None:
        """Give the lease back; where that can't be noted, it ends by itself."""
        self.note(steps.release(owner))

    def recover(self) -> Snapshot:
        """Save what could not be saved before, here or by an earlier process, and return the record."""
        if self._unsaved:
            self.change(steps.save(*self._unsaved))
            self._unsaved = None
        Spill(self.store, self.key).adopt()
        return self.load()

    def load(self) -> Snapshot:
        """Return the record."""
        return self.store.load(self.key)

    def change(self, step: Step) -> Snapshot:
        """Apply a step to the record and return it."""
        return self.store.change(self.key, step)

    def note(self, step: Step) -> None:
        """Change what is no loss if it stays as it was."""
        try:
            self.change(step)
        except StoreError as error:
            _log.debug("Not noted in the token store: %s", error)

    def save(self, generation: int, issued: steps.Issued) -> Snapshot | None:
        """Save a token as the successor of a generation, again after a while if need be.

        A refresh token that the store can't take goes to a file; None where the store has nothing of it.
        """
        for wait in _SAVES:
            time.sleep(wait)
            try:
                return self.change(steps.save(generation, issued))
            except StoreError as error:
                failure = error
        if not self._source.account.signs_in:
            _log.warning("The token of %s is not shared with other processes: %s", self.called, failure)
            return None
        self._unsaved = generation, issued
        try:
            Spill(self.store, self.key).write(generation, issued)
            where = "lies in an encrypted file until the store takes it"
        except (OSError, StoreError):
            where = "is held by this process alone"
        lost = finding("rotation_not_persisted", f"The new refresh token of {self.called} {where}.")
        _log.error("%s The store says: %s", lost, failure)
        return None

    @property
    def imported(self) -> str:
        """The fingerprint of the document's refresh token, "" where it has none."""
        given = self._source.account.imported
        return self.store.fingerprint("imported", given) if given else ""

    def claim_imported(self) -> bool:
        """Have the document's refresh token belong to this record; False where another has it."""
        return self.store.claim(self.imported, self.key)

    def accept(self, token: Token) -> None:
        """Keep what a person has just signed in with, in the place of what is there."""
        single_use = self._source.account.single_use

        def step(record: Record, now: Moment) -> Record:
            issued = steps.Issued(
                token,
                now,
                self.guard,
                single_use=single_use,
                signed_in=True,
                imported=self.imported,
                reach=self.reach,
            )
            return steps.named(steps.succeed(record, issued, now), self._label)

        self.change(step)
        self._unsaved = None
        Spill(self.store, self.key).discard()

    def drop(self) -> Token | None:
        """Forget the token and return it, to be revoked.

        None where no key opens it any more, or where the document would send it elsewhere by now.
        """
        try:
            record = self.recover().record
            self.change(steps.forget(self.imported))
        except StoreError as error:
            if error.code != "store_key_wrong":
                raise
            self.store.delete(self.key)
            return None
        return record.token if self.admits(record) else None
