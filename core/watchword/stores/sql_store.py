"""A store in a SQL database: SQLite for the processes of one machine, PostgreSQL for those of many."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from watchword.redact import NeverPickled
from watchword.stores import forgetting, rekeying, sweeping
from watchword.stores.encrypted_table import CONTRASTS, HISTORIES, RECORDS
from watchword.stores.encryption import unopened
from watchword.stores.row_encryption import Found
from watchword.stores.rows import RowMalformedError, column, to_text, to_time
from watchword.stores.sql_notes import SqlNotes
from watchword.stores.sql_session import SqlSession
from watchword.stores.sql_vault import SqlVault
from watchword.stores.unit_of_work import UnitOfWork
from watchword.tokens.fingerprint import fingerprint
from watchword.tokens.record import Record
from watchword.tokens.token_store import Snapshot, StoreError, Transition

_log = logging.getLogger(__name__)

_CLAIM = """
INSERT INTO watchword_claims (imported, key, seal) VALUES (:imported, :key, :seal) ON CONFLICT DO NOTHING"""

_KEEP_DRAFT = """
INSERT INTO watchword_drafts (state, content, until) VALUES (:state, :content, :until)
ON CONFLICT (state) DO UPDATE SET content = :content, until = :until"""

_FIND_DRAFT = "SELECT state, until, content FROM watchword_drafts WHERE state = :state"

_DELETE_DRAFT = "DELETE FROM watchword_drafts WHERE state = :state"


class SqlStore(NeverPickled):
    """Keeps records in a SQL database, their secrets encrypted.

    Nothing is opened before the first use. Raises StoreError where the URL or a key can't be used.
    """

    outlives_process = True

    def __init__(self, url: str, keys: str = "") -> None:
        self._session = SqlSession(url, keys)
        self.history = SqlNotes(self._session, HISTORIES)
        self.contrasts = SqlNotes(self._session, CONTRASTS)

    @property
    def display_url(self) -> str:
        """The store's URL without a password."""
        return self._session.database.display_url

    @property
    def leaves_host(self) -> bool:
        """Whether processes on other machines can use it."""
        return self._session.database.leaves_host

    @property
    def is_made(self) -> bool:
        """Whether its file exists; always true for a server."""
        return self._session.database.is_made

    @property
    def vault(self) -> SqlVault:
        """The secrets in the same database, which is opened once for both."""
        return SqlVault(self._session)

    @property
    def salt(self) -> bytes:
        """The salt of its fingerprints."""
        return (self._session.opener.open_store or self._session.prepare()).salt

    def fingerprint(self, *parts: object) -> str:
        """Return the fingerprint of values in this store."""
        return fingerprint(self.salt, parts)

    def load(self, key: str) -> Snapshot:
        """Return a record; an empty one if nothing is stored under the key."""
        with self._session.transaction(write=False) as work:
            found = RECORDS.find(work, column(key))
            record = Record(key) if found.is_nothing else work.encryption.record(found)
            return Snapshot(record, work.database.now(work.connection))

    def change(self, key: str, transition: Transition) -> Snapshot:
        """Apply a transition to a record, alone, and return the result; durable on return."""
        with self._session.transaction() as work:
            record = _locked(work, key)
            now = work.database.now(work.connection)  # not before: waiting for the lock takes time
            changed = transition(record, now)
            if changed == record:
                work.connection.rollback()  # with the placeholder
            else:
                RECORDS.save(work, work.encryption.row(changed)._asdict())
        if changed != record == Record(key):  # a new row
            self._sweep(key)
        return Snapshot(changed, now)

    def _sweep(self, key: str) -> None:
        """Delete rows of tokens that ended long ago, in a transaction of its own: nothing depends on it."""
        try:
            with self._session.transaction() as work:
                sweeping.sweep(work, column(key))
        except StoreError as error:
            _log.debug("Not swept: %s", error)

    def delete(self, key: str) -> None:
        """Delete a record, also one that no key opens."""
        with self._session.transaction() as work:
            RECORDS.delete(work, column(key))

    def count(self, name: str) -> int:
        """Return how many records have a name, those included that can't be read; its history is one."""
        with self._session.transaction(write=False) as work:
            return len(forgetting.keys_of(work, name)) + len(forgetting.history_keys(work, name))

    def forget(self, name: str) -> int:
        """Delete all records of a name with its history, readable or not, and return how many there were."""
        with self._session.transaction() as work:
            return forgetting.forget(work, name)

    def records(self) -> Sequence[Snapshot]:
        """Return every record, ordered by name and method."""
        with self._session.transaction(write=False) as work:
            records = [work.encryption.record(found) for found in RECORDS.all(work)]
            now = work.database.now(work.connection)
        return [Snapshot(record, now) for record in sorted(records, key=lambda one: (one.name, one.method))]

    def claim(self, imported: str, key: str) -> bool:
        """Have an imported refresh token belong to a record for ever."""
        with self._session.transaction() as work:
            seal = work.encryption.claim(imported, column(key))
            work.connection.execute(_CLAIM, {"imported": imported, "key": column(key), "seal": seal})
            query = "SELECT key, seal FROM watchword_claims WHERE imported = :imported"
            owner, seal = work.row(query, {"imported": imported})
            work.encryption.check_claim(imported, owner, seal)
            return bool(owner == column(key))

    def unclaim(self, imported: str, key: str) -> None:
        """Let other records claim a refresh token that this one has claimed, and that was never used."""
        query = "DELETE FROM watchword_claims WHERE imported = :imported AND key = :key"
        with self._session.transaction() as work:
            work.connection.execute(query, {"imported": imported, "key": column(key)})

    def keep_draft(self, state: str, content: Mapping[str, str], seconds: float) -> None:
        """Store what a sign-in that has begun needs to be finished, for so many seconds."""
        with self._session.transaction() as work:
            _drop_old_drafts(work)
            until = to_text(work.database.now(work.connection).after(seconds))
            name = fingerprint(work.open_store.salt, ("draft", state))
            sealed = work.encryption.draft(name, until, json.dumps(dict(content)).encode())
            work.connection.execute(_KEEP_DRAFT, {"state": name, "content": sealed, "until": until})

    def read_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored, which stays; None if it is unknown or too old."""
        with self._session.transaction(write=False) as work:
            name = fingerprint(work.open_store.salt, ("draft", state))
            return _draft(work, name, work.row(_FIND_DRAFT, {"state": name}))

    def take_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was stored and delete it, so that it serves once; None if it is unknown or too old."""
        with self._session.transaction() as work:
            name = fingerprint(work.open_store.salt, ("draft", state))
            draft = _draft(work, name, work.row(_FIND_DRAFT, {"state": name}, lock=True))
            work.connection.execute(_DELETE_DRAFT, {"state": name})
            return draft

    def seal(self, content: bytes, context: str) -> bytes:
        """Return the content encrypted as the store's own is, bound to a context."""
        return self._session.prepare().keyring.seal(content, "seal", context)

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in that context; raises StoreError where no key opens it."""
        content = self._session.prepare().keyring.opened(sealed, "seal", context)
        if content is None:
            raise unopened(self.display_url, f"what was sealed as {context!r}")
        return content

    def rekey(self) -> int:
        """Encrypt everything anew with the first key and return the number of rows.

        Others may write meanwhile; processes that have another first key go on to write with theirs.
        """
        with self._session.transaction(write=False) as work:
            encrypted = rekeying.encrypted_rows(work)
        renewed = 0
        for row in encrypted:
            with self._session.transaction() as work:
                renewed += rekeying.renew(work, row)
        with self._session.transaction() as work:
            rekeying.finish(work)
        return renewed

    def close(self) -> None:
        """Close its connections; the next use opens new ones."""
        self._session.database.close()


def _locked(work: UnitOfWork, key: str) -> Record:
    """Return a record that nobody else changes before the transaction ends."""
    found = RECORDS.lock(work, column(key), lambda: work.encryption.row(Record(key))._asdict())
    return Record(key) if found.is_nothing else work.encryption.record(found)


def _draft(work: UnitOfWork, name: str, found: Sequence[Any] | None) -> Mapping[str, str] | None:
    """Return the content of a draft's row; None if there is none, or if its time is over."""
    if found is None:
        return None
    content = work.encryption.opened_draft(Found(name, found, None))
    in_time = work.database.now(work.connection).before(to_time(found[1]))
    return dict(json.loads(content)) if in_time else None


def _drop_old_drafts(work: UnitOfWork) -> None:
    """Delete the drafts that are over, and those that hold no time: nobody can finish such a sign-in."""
    now = work.database.now(work.connection)
    for state, until in work.connection.execute("SELECT state, until FROM watchword_drafts").fetchall():
        try:
            in_time = now.before(to_time(until))
        except RowMalformedError:
            in_time = False
        if not in_time:
            work.connection.execute(_DELETE_DRAFT, {"state": state})
