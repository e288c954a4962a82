"""Records, drafts and secrets by name, encrypted, each bound to its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row as Found

from watchword.redact import NeverPickled
from watchword.stores.encryption import Keyring, unopened
from watchword.stores.rows import Row, to_record, to_row
from watchword.tokens.record import Record


@dataclass(frozen=True)
class RowEncryption(NeverPickled):
    """Encrypts what goes into a store's tables, and decrypts what comes out."""

    keyring: Keyring = field(repr=False)
    display_url: str

    def row(self, record: Record) -> dict[str, object]:
        """Return the values of a record's row."""
        row = to_row(record)
        return {**row._asdict(), "secrets": self.secrets(row)}

    def secrets(self, row: Row) -> bytes | None:
        """Return the row's secrets encrypted: with another key, generation or state they open not."""
        return None if row.secrets is None else self.keyring.seal(row.secrets, *_place(row))

    def record(self, found: Found[Any]) -> Record:
        """Return the record of a row that was found."""
        return to_record(self.opened(found))

    def opened(self, found: Found[Any]) -> Row:
        """Return a row with its secrets decrypted."""
        row = Row(found.key, found.name, found.generation, found.state, found.secrets)
        if row.secrets is None:
            return row
        secrets = self.keyring.opened(row.secrets, *_place(row))
        if secrets is None:
            raise unopened(self.display_url, f"the token of {found.name!r}")
        return row._replace(secrets=secrets)

    def draft(self, state: str, until: str, content: bytes) -> bytes:
        """Return a draft encrypted: it lasts no longer than it was meant to."""
        return self.keyring.seal(content, "watchword_drafts", state, until)

    def opened_draft(self, found: Found[Any]) -> bytes:
        """Return a draft decrypted."""
        content = self.keyring.opened(found.content, "watchword_drafts", found.state, found.until)
        if content is None:
            raise unopened(self.display_url, "a sign-in that has begun")
        return content

    def secret(self, name: str, version: int, content: bytes) -> bytes:
        """Return a secret of the vault encrypted: by another name, or as another version, it opens not."""
        return self.keyring.seal(content, "watchword_vault", name, version)

    def opened_secret(self, name: str, version: int, content: bytes) -> bytes:
        """Return a secret of the vault decrypted."""
        opened = self.keyring.opened(content, "watchword_vault", name, version)
        if opened is None:
            raise unopened(self.display_url, f"the secret {name!r}")
        return opened


def _place(row: Row) -> tuple[object, ...]:
    return "watchword_tokens", row.key, row.generation, row.state
