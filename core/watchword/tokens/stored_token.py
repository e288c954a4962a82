"""One credential's place in a store: its key, who asks for its lease, and how what is saved stays saved."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from watchword.findings.codes import finding
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens import transitions
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token import Token
from watchword.tokens.token_source import StoredSource
from watchword.tokens.token_store import Snapshot, Step, StoreError, TokenStore

_log = logging.getLogger(__name__)

_SAVES = (0.0, 0.2, 1.0)
"""The pauses before each try to save a token, in seconds."""


@dataclass(frozen=True)
class StoredCredential(NeverPickled):
    """A credential whose token is kept in a store.

    `name` is its connection's, "" for one that has none. `token_destinations` are the places that the
    tokens of a sign-in may go to: a document that was changed in them does not find the tokens.
    """

    store: TokenStore
    name: str
    source: StoredSource
    transport: TransportOptions
    token_destinations: tuple[str, ...] = ()

    @property
    def display_name(self) -> str:
        """What the credential is called in messages."""
        return repr(self.name) if self.name else "a connection without a name"


class StoredToken(NeverPickled):
    """The token of a credential in its store: its key, its lease and its record."""

    def __init__(self, credential: StoredCredential) -> None:
        self.credential = credential
        self._unsaved: tuple[int, transitions.Issued] | None = None

    # Key and guard are made anew each time: a store that was replaced has another salt.
    @property
    def key(self) -> str:
        """The key of the record: by name and account and, where any process could fetch it, by request."""
        account = self.credential.source.account
        found_by = (account.method, account.token_url, account.client_id, account.subject)
        request = () if account.signs_in else (self.request_fingerprint,)
        return f"{self.credential.name}:{self.credential.store.fingerprint('account', self.credential.name, *found_by, *request)}"

    @property
    def request_fingerprint(self) -> str:
        """The fingerprint of the token request: a token of another request is not used."""
        return self.credential.store.fingerprint(
            "request", *self.credential.source.identity, *self.credential.transport.identity
        )

    @property
    def token_destinations(self) -> str:
        """The fingerprint of where the tokens of a sign-in may go."""
        return (
            self.credential.store.fingerprint("reach", *self.credential.token_destinations)
            if self.credential.source.account.signs_in
            else ""
        )

    def allows(self, record: Record) -> bool:
        """Return whether the document still sends the sign-in's tokens where they went at first."""
        return record.token_destinations in {"", self.token_destinations}

    def fingerprint_of(self, refresh_token: str | None) -> str:
        """Return the fingerprint of a refresh token, "" for none."""
        return self.credential.store.fingerprint("shown", refresh_token) if refresh_token else ""

    @property
    def _label(self) -> transitions.Label:
        account = self.credential.source.account
        return transitions.Label(
            self.credential.name, account.method, host(account.token_url), account.signs_in
        )

    def take(self, owner: str, seconds: float) -> Snapshot:
        """Take the lease where it is free, for so many seconds."""
        return self.change(transitions.take(owner, seconds, self._label))

    def release(self, owner: str) -> None:
        """Give the lease back; where that can't be noted, it ends by itself."""
        self.note(transitions.release(owner))

    def recover(self) -> Snapshot:
        """Save what could not be saved before, here or by an earlier process, and return the record."""
        if self._unsaved:
            self.change(transitions.save(*self._unsaved))
            self._unsaved = None
        RescueFile(self.credential.store, self.key).adopt()
        return self.load()

    def load(self) -> Snapshot:
        """Return the record."""
        return self.credential.store.load(self.key)

    def change(self, step: Step) -> Snapshot:
        """Apply a step to the record and return it."""
        return self.credential.store.change(self.key, step)

    def note(self, step: Step) -> None:
        """Change what is no loss if it stays as it was."""
        try:
            self.change(step)
        except StoreError as error:
            _log.debug("Not noted in the token store: %s", error)

    def save(self, generation: int, issued: transitions.Issued) -> Snapshot | None:
        """Save a token as the successor of a generation, again after a while if need be.

        A refresh token that the store can't take goes to a file; None where the store has nothing of it.
        """
        for wait in _SAVES:
            time.sleep(wait)
            try:
                return self.change(transitions.save(generation, issued))
            except StoreError as error:
                failure = error
        if not self.credential.source.account.signs_in:
            _log.warning(
                "The token of %s is not shared with other processes: %s",
                self.credential.display_name,
                failure,
            )
            return None
        self._unsaved = generation, issued
        try:
            RescueFile(self.credential.store, self.key).write(generation, issued)
            where = "lies in an encrypted file until the store takes it"
        except (OSError, StoreError):
            where = "is held by this process alone"
        lost = finding(
            "rotation_not_persisted", f"The new refresh token of {self.credential.display_name} {where}."
        )
        _log.error("%s The store says: %s", lost, failure)
        return None

    @property
    def imported(self) -> str:
        """The fingerprint of the document's refresh token, "" where it has none."""
        given = self.credential.source.account.imported
        return self.credential.store.fingerprint("imported", given) if given else ""

    def claim_imported(self) -> bool:
        """Have the document's refresh token belong to this record; False where another has it."""
        return self.credential.store.claim(self.imported, self.key)

    def accept(self, token: Token) -> None:
        """Keep what a person has just signed in with, in the place of what is there."""
        single_use = self.credential.source.account.single_use

        def step(record: Record, now: StoreTime) -> Record:
            issued = transitions.Issued(
                token,
                now,
                self.request_fingerprint,
                single_use=single_use,
                signed_in=True,
                imported=self.imported,
                token_destinations=self.token_destinations,
            )
            return transitions.named(transitions.succeed(record, issued, now), self._label)

        self.change(step)
        self._unsaved = None
        RescueFile(self.credential.store, self.key).discard()

    def drop(self) -> Token | None:
        """Forget the token and return it, to be revoked.

        None where no key opens it any more, or where the document would send it elsewhere by now.
        """
        try:
            record = self.recover().record
            self.change(transitions.forget(self.imported))
        except StoreError as error:
            if error.code != "store_key_wrong":
                raise
            self.credential.store.delete(self.key)
            return None
        return record.token if self.allows(record) else None
