"""A store in a SQL database: SQLite for the processes of one machine, PostgreSQL for those of many."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update

from watchword.redact import NeverPickled
from watchword.stores import rekeying
from watchword.stores.encryption import unopened
from watchword.stores.fingerprint import fingerprint
from watchword.stores.rows import column, to_moment, to_text
from watchword.stores.sql_session import SqlSession, UnitOfWork
from watchword.stores.sql_vault import SqlVault
from watchword.stores.tables import CLAIMS, DRAFTS, TOKENS
from watchword.tokens.record import Record
from watchword.tokens.token_store import Snapshot, Step


class SqlStore(NeverPickled):
    """Keeps records in a SQL database, their secrets encrypted.

    Nothing is opened before the first use. Raises StoreError where the URL or a key in it can't be used.
    """

    def __init__(self, url: str, keys: str = "") -> None:
        self._session = SqlSession(url, keys)

    @property
    def display_url(self) -> str:
        """The store's URL without a password."""
        return self._session.display_url

    @property
    def leaves_host(self) -> bool:
        """Whether processes on other machines can use it."""
        return self._session.database.leaves_host

    @property
    def is_made(self) -> bool:
        """Whether its file is there, or a server is named that may have it."""
        return self._session.database.is_made

    @property
    def vault(self) -> SqlVault:
        """The secrets in the same database, which is opened once for both."""
        return SqlVault(self._session)

    def fingerprint(self, *parts: object) -> str:
        """Return what stands for secrets in this store."""
        return fingerprint(self._session.opener.prepare().salt, parts)

    def load(self, key: str) -> Snapshot:
        """Return a record; an empty one where nothing is kept under that key."""
        with self._session.transaction(write=False) as work:
            found = work.connection.execute(select(TOKENS).where(TOKENS.c.key == column(key))).one_or_none()
            record = Record(key) if found is None else work.encryption.record(found)
            return Snapshot(record, self._session.now(work))

    def change(self, key: str, step: Step) -> Snapshot:
        """Apply a step to a record, alone, and return it as it stands then; durable on return."""
        with self._session.transaction() as work:
            record = self._locked(work, key)
            now = self._session.now(work)  # the time at which the row is ours
            changed = step(record, now)
            if changed == record:
                work.connection.rollback()  # with a row that was made to be locked
            else:
                row = work.encryption.row(changed)
                work.connection.execute(update(TOKENS).where(TOKENS.c.key == column(key)).values(row))
        return Snapshot(changed, now)

    def _locked(self, work: UnitOfWork, key: str) -> Record:
        """Return a record that nobody else changes before the transaction ends."""
        wanted = select(TOKENS).where(TOKENS.c.key == column(key)).with_for_update()
        found = work.connection.execute(wanted).one_or_none()
        if found is None:
            empty = work.encryption.row(Record(key))
            made = self._session.database.insert(TOKENS).values(empty).on_conflict_do_nothing()
            work.connection.execute(made)
            found = work.connection.execute(wanted).one()
        return work.encryption.record(found)

    def delete(self, key: str) -> None:
        """Forget a record, also one that no key opens."""
        with self._session.transaction() as work:
            work.connection.execute(delete(TOKENS).where(TOKENS.c.key == column(key)))

    def records(self) -> Sequence[Snapshot]:
        """Return every record, ordered by name and method."""
        with self._session.transaction(write=False) as work:
            records = [work.encryption.record(found) for found in work.connection.execute(select(TOKENS))]
            now = self._session.now(work)
        return [Snapshot(record, now) for record in sorted(records, key=lambda one: (one.name, one.method))]

    def claim(self, imported: str, key: str) -> bool:
        """Have an imported refresh token belong to a record for ever."""
        with self._session.transaction() as work:
            made = self._session.database.insert(CLAIMS).values(imported=imported, key=column(key))
            work.connection.execute(made.on_conflict_do_nothing())
            owner = select(CLAIMS.c.key).where(CLAIMS.c.imported == imported)
            return bool(work.connection.execute(owner).scalar_one() == column(key))

    def keep_draft(self, state: str, content: Mapping[str, str], seconds: float) -> None:
        """Keep what a sign-in that has begun needs to be finished, for so many seconds."""
        with self._session.transaction() as work:
            self._drop_old_drafts(work)
            until = self._session.now(work).after(seconds)
            name = fingerprint(work.opened.salt, ("draft", state))
            ends = to_text(until)
            sealed = work.encryption.draft(name, ends, json.dumps(dict(content)).encode())
            values = {"content": sealed, "until": ends}
            made = self._session.database.insert(DRAFTS).values(state=name, **values)
            work.connection.execute(made.on_conflict_do_update(index_elements=["state"], set_=values))

    def _drop_old_drafts(self, work: UnitOfWork) -> None:
        now = self._session.now(work)
        drafts = work.connection.execute(select(DRAFTS.c.state, DRAFTS.c.until))
        over = [draft.state for draft in drafts if not now.before(to_moment(draft.until))]
        work.connection.execute(delete(DRAFTS).where(DRAFTS.c.state.in_(over)))

    def take_draft(self, state: str) -> Mapping[str, str] | None:
        """Return what was kept and forget it, so that it serves once; None where it is unknown or over."""
        with self._session.transaction() as work:
            name = fingerprint(work.opened.salt, ("draft", state))
            wanted = select(DRAFTS).where(DRAFTS.c.state == name).with_for_update()
            found = work.connection.execute(wanted).one_or_none()
            if found is None:
                return None
            content = work.encryption.opened_draft(found)
            work.connection.execute(delete(DRAFTS).where(DRAFTS.c.state == name))
            now = self._session.now(work)
            return dict(json.loads(content)) if now.before(to_moment(found.until)) else None

    def seal(self, content: bytes, context: str) -> bytes:
        """Return the content encrypted as the store's own is, bound to a context."""
        return self._session.opener.prepare().keyring.seal(content, "seal", context)

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Return what was sealed in that context."""
        opened = self._session.opener.prepare().keyring.opened(sealed, "seal", context)
        if opened is None:
            raise unopened(self.display_url, f"what was sealed as {context!r}")
        return opened

    def rekey(self) -> int:
        """Encrypt everything anew by the first key and return how many rows that were.

        Others may write meanwhile; those whose first key is another write by that one still.
        """
        with self._session.transaction(write=False) as work:
            places = rekeying.places(work.connection)
        rows = 0
        for place in places:
            with self._session.transaction() as work:
                rows += rekeying.renew(work.connection, work.encryption, place)
        with self._session.transaction() as work:
            rekeying.finish(work.connection, work.opened)
        return rows

    def close(self) -> None:
        """Close its connections; used again, it opens new ones."""
        self._session.database.close()
