"""Records, claims, drafts, secrets and notes, encrypted, each bound to the whole of its row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from watchword.redact import NeverPickled
from watchword.stores.encryption import Keyring, unopened
from watchword.stores.rows import Row, RowMalformedError, to_record, to_row
from watchword.stores.store_failures import failure
from watchword.tokens.record import Record
from watchword.tokens.token_store import StoreError

TOKENS, CLAIMS, DRAFTS, VAULT = "watchword_tokens", "watchword_claims", "watchword_drafts", "watchword_vault"
HISTORY, CONTRAST = "watchword_history", "watchword_contrasts"
_REVISIONS = "watchword_revisions"

_FORGET = "Delete it and sign in again, if it is a sign-in: watchword store forget NAME."
_REPLACE = (
    "Store it again: watchword secrets set NAME. If it is a connection, remove it first: "
    "watchword connections remove NAME."
)
_VALIDATE = (
    "Validate the connection again, which begins a new history. If the connection doesn't exist any more: "
    "watchword store forget NAME."
)
_ASK_AGAIN = "Validate the connection again, which asks the API again."
_ADD_KEY = "If it is of another key, add that key to WATCHWORD_KEY. If it was altered: "

_LONGEST_NAME = 100


class Found(NamedTuple):
    """What a database has of the row of a key: its columns, None if it is missing, and its revision.

    A person who writes to the database may leave a value of any type in any column.
    """

    key: Any
    columns: Sequence[Any]
    revision: Any

    @property
    def is_nothing(self) -> bool:
        """Whether there is neither a row nor a revision of one."""
        return self.revision is None and all(column is None for column in self.columns)

    @property
    def is_gone(self) -> bool:
        """Whether there is a revision, but no row."""
        return self.revision is not None and all(column is None for column in self.columns[1:])


class _Content(NamedTuple):
    """Something encrypted, as messages name it, and what to do if it can't be used."""

    name: str
    advice: str


_NOTES: Mapping[str, _Content] = {
    HISTORY: _Content("the history of", _VALIDATE),
    CONTRAST: _Content("the contrast of", _ASK_AGAIN),
}
"""What the tables of notes hold, by their names; messages add the name under which something is noted."""


@dataclass(frozen=True)
class RowEncryption(NeverPickled):
    """Encrypts what goes into a store's tables, and decrypts what comes out.

    Raises StoreError for a row that was not written with the keys, or that is not the last one written.
    """

    keyring: Keyring = field(repr=False)
    display_url: str

    def row(self, record: Record) -> Row:
        """Return a record's row with its secrets encrypted: with any other column they don't open."""
        row = to_row(record)
        return row._replace(secrets=self.keyring.seal(row.secrets, TOKENS, *row.bound))

    def record(self, found: Found) -> Record:
        """Return the record of an encrypted row."""
        content = _Content(f"the token of {_owner(found.key, found.columns[1])}", _FORGET)
        row = Row(*self._columns(found, content, (str, str, int, str, bytes)))
        secrets = self._opened(content, row.secrets, TOKENS, *row.bound)
        self._check_last(found, content, TOKENS, row.secrets)
        try:
            return to_record(row._replace(secrets=secrets))
        except RowMalformedError:
            raise self._malformed(content) from None

    def secret(self, name: str, version: int, changed: str, content: bytes) -> bytes:
        """Return a secret of the vault encrypted: with any other name, version or time it doesn't open."""
        return self.keyring.seal(content, VAULT, name, version, changed)

    def opened_secret(self, found: Found) -> bytes:
        """Return the secret of an encrypted row."""
        content = _Content(f"the secret {found.key!r}", _REPLACE)
        name, version, changed, sealed = self._columns(found, content, (str, int, str, bytes))
        opened = self._opened(content, sealed, VAULT, name, version, changed)
        self._check_last(found, content, VAULT, sealed)
        return opened

    def note(self, table: str, name: str, changed: str, content: bytes) -> bytes:
        """Return a note encrypted: in any other table, and with any other name or time, it doesn't open."""
        return self.keyring.seal(content, table, name, changed)

    def opened_note(self, table: str, found: Found) -> bytes:
        """Return the note of an encrypted row in a table of notes."""
        kind = _NOTES[table]
        content = kind._replace(name=f"{kind.name} {shown_key(found.key)!r}")
        name, changed, sealed = self._columns(found, content, (str, str, bytes))
        opened = self._opened(content, sealed, table, name, changed)
        self._check_last(found, content, table, sealed)
        return opened

    def revision(self, table: str, key: str, sealed: bytes) -> bytes:
        """Return the revision that says which content of a row is the last one; no two are equal."""
        return self.keyring.seal(_digest(sealed), _REVISIONS, table, key)

    def claim(self, imported: str, key: str) -> bytes:
        """Return the seal of a claim, which holds for no other row."""
        return self.keyring.seal(b"", CLAIMS, imported, key)

    def check_claim(self, imported: Any, key: Any, seal: Any) -> None:  # noqa: ANN401 - columns of any type
        """Raise StoreError where a claim's seal doesn't hold."""
        content = _Content(f"the claim of {_owner(key)} to an imported refresh token", _FORGET)
        found = Found(imported, (imported, key, seal), None)
        self._opened(content, seal, CLAIMS, *self._columns(found, content, (str, str, bytes))[:2])

    def draft(self, state: str, until: str, content: bytes) -> bytes:
        """Return a draft encrypted; bound to its end, it can't be made to last longer."""
        return self.keyring.seal(content, DRAFTS, state, until)

    def opened_draft(self, found: Found) -> bytes:
        """Return the content of an encrypted draft."""
        content = _Content("a sign-in that has begun", "Begin the sign-in again.")
        state, until, sealed = self._columns(found, content, (str, str, bytes))
        return self._opened(content, sealed, DRAFTS, state, until)

    def _columns(self, found: Found, content: _Content, types: Sequence[type]) -> Sequence[Any]:
        """Return the columns of a row that is there, each of its own type."""
        if found.is_gone:
            raise self._replaced(content, "was deleted by hand")
        if [type(column) for column in found.columns] != list(types):
            raise self._malformed(content)
        return found.columns

    def _opened(self, content: _Content, sealed: bytes, *place: object) -> bytes:
        opened = self.keyring.opened(sealed, *place)
        if opened is None:
            raise unopened(self.display_url, content.name, advice=f"{_ADD_KEY}{content.advice}")
        return opened

    def _check_last(self, found: Found, content: _Content, table: str, sealed: bytes) -> None:
        """Raise StoreError where the revision of a row names another content than its own."""
        if found.revision is None:
            raise self._replaced(content, "has no revision beside it")
        if type(found.revision) is not bytes:
            raise self._malformed(content)
        if self._opened(content, found.revision, _REVISIONS, table, found.columns[0]) != _digest(sealed):
            raise self._replaced(content, "is not the one that was written last")

    def _replaced(self, content: _Content, why: str) -> StoreError:
        return failure("store_row_replaced", self.display_url, f"{content.name} {why}", advice=content.advice)

    def _malformed(self, content: _Content) -> StoreError:
        why = f"the row that holds {content.name} is malformed"
        return failure("store_damaged", self.display_url, why, advice=content.advice)


def _digest(sealed: bytes) -> bytes:
    return hashlib.sha256(sealed).digest()


def owners(key: object, name: object = None) -> list[str]:
    """Return the names of connections that the columns of a row may mean, the likeliest first."""
    found = [name] if isinstance(name, str) and name else []
    if isinstance(key, str):
        return [*found, key.rpartition(":")[0] or key]
    return [*found, shown_key(key)]


def shown_key(key: object) -> str:
    """Return the key of a row as messages show it; if written by hand, it may have another type than text."""
    return key if isinstance(key, str) else str(key)[:_LONGEST_NAME]


def _owner(key: object, name: object = None) -> str:
    return repr(owners(key, name)[0])
