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
from watchword.tokens.fingerprint import fingerprint
from watchword.tokens.record import LONGEST_LEASE, Lease, Record, StoreTime
from watchword.tokens.rescue_file import RescueFile
from watchword.tokens.token import Token
from watchword.tokens.token_source import StoredSource
from watchword.tokens.token_store import Snapshot, StoreError, TokenStore, Transition

_log = logging.getLogger(__name__)

_SAVES = (0.0, 0.2, 1.0)
"""The pauses before each attempt to save a token, in seconds."""


@dataclass(frozen=True)
class StoredCredential(NeverPickled):
    """A credential whose token is kept in a store.

    `name` is its connection's, "" if the connection has none. `token_destinations` are the places that the
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


@dataclass(frozen=True)
class Fingerprints:
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
        self.display_name = credential.display_name
        self._store = credential.store
        self._computed: Fingerprints | None = None
        self._unsaved: tuple[int, transitions.Issued] | None = None

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
    def _rescue_file(self) -> RescueFile:
        return RescueFile(self._store, self.fingerprints.key, self.fingerprints.rescue_file)

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

    def take_lease(self, owner: str, seconds: float, ended: Lease | None = None) -> Snapshot:
        """Take the lease for so many seconds, if it is free; `ended` is known to have ended."""
        return self.change(transitions.take_lease(owner, seconds, self._label, ended))

    def release_lease(self, owner: str) -> None:
        """Give the lease back; if that can't be noted, the lease ends by itself."""
        self.note(transitions.release_lease(owner))

    def recover(self) -> Snapshot:
        """Save what could not be saved before, here or by an earlier process, and return the record."""
        snapshot = self.load()
        if self._unsaved:
            snapshot = self.change(transitions.save(*self._unsaved))
            self._unsaved = None
        return self.load() if self._rescue_file.adopt() else snapshot

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

        A refresh token that the store does not accept goes to a rescue file. Returns None if the store has
        nothing of the token.
        """
        for wait in _SAVES:
            time.sleep(wait)
            try:
                return self.change(transitions.save(generation, issued, within=LONGEST_LEASE))
            except StoreError as error:
                failure = error
        name = self.display_name
        if not self.account.signs_in:
            _log.warning("The token of %s is not shared with other processes: %s", name, failure)
            return None
        self._unsaved = generation, issued
        try:
            self._rescue_file.write(generation, issued)
            where = "is in an encrypted file until the store accepts it"
        except (OSError, StoreError):
            where = "is held by this process alone"
        lost = finding("rotation_not_persisted", f"The new refresh token of {name} {where}.")
        _log.error("%s The store says: %s", lost, failure)
        return None

    def claim_imported(self) -> bool:
        """Have the document's refresh token belong to this record; return False if another has it."""
        return self._store.claim(self.fingerprints.imported, self.fingerprints.key)

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
        self._unsaved = None
        self._rescue_file.discard()

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
