"""One credential's token in a store: its key, its lease, its record, and how a saved token stays saved."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from watchword.findings.codes import finding
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.redact import NeverPickled
from watchword.tokens import transitions
from watchword.tokens.credential_words import CredentialWords
from watchword.tokens.fingerprint import fingerprint
from watchword.tokens.holder import is_gone
from watchword.tokens.record import LONGEST_LEASE, Lease, Record, StoreTime
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token import Token
from watchword.tokens.token_source import StoredSource
from watchword.tokens.token_store import Snapshot, StoreError, TokenStore, Transition
from watchword.tokens.unsaved import UnsavedTokens

_log = logging.getLogger(__name__)

_SAVES = (0.0, 0.2, 1.0)
"""The pauses before each attempt to save a token, in seconds."""


@dataclass(frozen=True)
class StoredCredential(NeverPickled):
    """A credential whose token is kept in a store.

    `name` is its connection's, "" if the connection has none. `token_destinations` are the places that the
    tokens of a sign-in may go to: a document that was changed in them does not find the tokens.
    `arguments` are those of the command `watchword` for the connection, "" if there are none.
    """

    store: TokenStore
    name: str
    source: StoredSource
    transport: TransportOptions
    token_destinations: tuple[str, ...] = ()
    arguments: str = ""

    @property
    def words(self) -> CredentialWords:
        """What messages call the credential, and how to sign in."""
        return CredentialWords(self.name, self.arguments)

    @property
    def display_name(self) -> str:
        """What the credential is called in messages."""
        return self.words.display_name


@dataclass(frozen=True)
class Fingerprints(NeverPickled):
    """What identifies a credential in a store, by the store's salt.

    `key` is the key of its record, `request` identifies its token request, `token_destinations` where the
    tokens of a sign-in may go, `imported` the refresh token in its document; both may be "".
    """

    salt: bytes = field(repr=False)
    request: str
    key: str
    token_destinations: str
    imported: str
    rescue_file: str

    @classmethod
    def of(cls, credential: StoredCredential, salt: bytes) -> Fingerprints:
        """Compute them; the words in them are those of the first release, whose stores are still read."""
        account, name = credential.source.account, credential.name
        request = fingerprint(salt, ("request", *credential.source.identity, *credential.transport.identity))
        identity = (account.method, account.token_url, account.client_id, account.subject)
        # A machine's token is looked up by its request too: with another scope, it is another token.
        found_by = identity if account.signs_in else (*identity, request)
        key = f"{name}:{fingerprint(salt, ('account', name, *found_by))}"
        return cls(
            salt,
            request,
            key,
            fingerprint(salt, ("reach", *credential.token_destinations)) if account.signs_in else "",
            fingerprint(salt, ("imported", account.imported)) if account.imported else "",
            fingerprint(salt, ("spill", key)),
        )


class StoredToken(NeverPickled):
    """The token of a credential in its store."""

    def __init__(self, credential: StoredCredential) -> None:
        self.credential = credential
        self.account = credential.source.account
        self.words = credential.words
        self.display_name = credential.display_name
        self._store = credential.store
        self._computed: Fingerprints | None = None

    @property
    def fingerprints(self) -> Fingerprints:
        """What identifies the credential in the store."""
        return self._computed or self._look_again()

    def _look_again(self) -> Fingerprints:
        """Return the fingerprints, computed anew if another store has replaced the one they were made for."""
        salt = self._store.salt
        if self._computed is None or self._computed.salt != salt:
            self._computed = Fingerprints.of(self.credential, salt)
        return self._computed

    @property
    def _unsaved(self) -> UnsavedTokens:
        found = self.fingerprints
        file = RescueFile(self._store, found.key, found.rescue_file)
        return UnsavedTokens(self._store, found.salt, found.key, file)

    def allows(self, record: Record) -> bool:
        """Return whether the document still sends the sign-in's tokens where they went at first."""
        first = record.token_destinations
        return not first or first == self.fingerprints.token_destinations

    def fingerprint_of(self, refresh_token: str | None) -> str:
        """Return the fingerprint of a refresh token, "" for none."""
        return fingerprint(self.fingerprints.salt, ("shown", refresh_token)) if refresh_token else ""

    @property
    def _label(self) -> transitions.Label:
        account = self.account
        return transitions.Label(
            self.credential.name, account.method, host(account.token_url), account.signs_in
        )

    def is_left_behind(self, lease: Lease | None) -> bool:
        """Return whether the process that held the lease has certainly ended.

        That is asked for the stores of one machine alone: copies of a machine may run side by side.
        """
        return lease is not None and not self._store.leaves_host and is_gone(lease.owner)

    def take_lease(self, owner: str, seconds: float, ended: Lease | None = None) -> Snapshot:
        """Take the lease for so many seconds, if it is free; `ended` is known to have ended."""
        return self.change(transitions.take_lease(owner, seconds, self._label, ended))

    def release_lease(self, owner: str) -> None:
        """Give the lease back; if that can't be noted, the lease ends by itself."""
        self.note(transitions.release_lease(owner))

    def recover(self) -> Snapshot:
        """Return the record, after what could not be saved before."""
        return self.adopt_unsaved(self.load())

    def adopt_unsaved(self, snapshot: Snapshot, owner: str = "") -> Snapshot:
        """Have the store save what could not be saved before, by this process or another one of this user.

        Returns the record, which is as in `snapshot` if there is nothing to save. The lease ends then, except
        this owner's. Raises StoreError if the store still can't save it: the stored refresh token, which is
        out of date then, must not be sent.
        """
        return (self._unsaved.adopt(owner) if self.account.signs_in else None) or snapshot

    def load(self) -> Snapshot:
        """Return the record."""
        before = self.fingerprints
        snapshot = self._store.load(before.key)
        now = self._look_again()  # only the load has shown whether it is still the same store
        return snapshot if now is before else self._store.load(now.key)

    def change(self, transition: Transition) -> Snapshot:
        """Apply a transition to the record and return the result."""
        return self._store.change(self.fingerprints.key, transition)

    def note(self, transition: Transition) -> None:
        """Apply a transition that may be lost without harm."""
        try:
            self.change(transition)
        except StoreError as error:
            _log.debug("Not noted in the token store: %s", error)

    def save(self, generation: int, issued: transitions.Issued) -> Snapshot | None:
        """Save a token as the successor of a generation; failed attempts are repeated after a while.

        A new refresh token is in a rescue file meanwhile. Returns None if the store has nothing of the token.
        """
        unsaved = self._unsaved
        held = unsaved.hold(generation, issued) if self._must_not_be_lost(issued) else None
        for wait in _SAVES:
            time.sleep(wait)
            try:
                snapshot = self.change(transitions.save(generation, issued, within=LONGEST_LEASE))
            except StoreError as error:
                failure = error
                if held:
                    unsaved.write(held, durable=True)
            else:
                if held:
                    unsaved.let_go(held)
                return snapshot
        name = self.display_name
        if held is None:
            _log.warning("The token of %s is not shared with other processes: %s", name, failure)
            return None
        where = "is in an encrypted file until the store accepts it"
        if held.sealed is None:
            where = "is held by this process alone"
        lost = finding("rotation_not_persisted", f"The new refresh token of {name} {where}.")
        _log.error("%s The store says: %s", lost, failure)
        return None

    def _must_not_be_lost(self, issued: transitions.Issued) -> bool:
        """Return whether the server has replaced the refresh token of a sign-in."""
        is_rotated = issued.token.refresh_token not in {None, issued.sent_refresh_token}
        return self.account.signs_in and is_rotated

    def claim_imported(self) -> bool:
        """Have the document's refresh token belong to this record; return False if another has it."""
        return self._store.claim(self.fingerprints.imported, self.fingerprints.key)

    def unclaim_imported(self) -> None:
        """Let the document's refresh token be imported under another name: no server has accepted it here."""
        try:
            self._store.unclaim(self.fingerprints.imported, self.fingerprints.key)
        except StoreError as error:
            _log.debug("Not noted in the token store: %s", error)

    def accept(self, token: Token) -> None:
        """Store what a person has just signed in with, in the place of the former token."""
        self._look_again()
        found, single_use = self.fingerprints, self.account.single_use

        def transition(record: Record, now: StoreTime) -> Record:
            issued = transitions.Issued(
                token,
                now,
                found.request,
                single_use=single_use,
                signed_in=True,
                imported=found.imported,
                token_destinations=found.token_destinations,
            )
            return transitions.labelled(transitions.succeed(record, issued, now), self._label)

        self.change(transition)
        self._unsaved.replaced()

    def drop(self) -> Token | None:
        """Delete the token and return it, to be revoked.

        Returns None if no key opens it, or if the changed document would send it to another place.
        """
        try:
            record = self.recover().record
            self.change(transitions.forget(self.fingerprints.imported))
        except StoreError as error:
            if error.code not in {"store_key_wrong", "store_damaged", "store_row_replaced"}:
                raise
            self._store.delete(self.fingerprints.key)
            return None
        return record.token if self.allows(record) else None
