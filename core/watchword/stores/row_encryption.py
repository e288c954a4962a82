"""Records, drafts and secrets by name, encrypted, each bound to its row."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchword.redact import NeverPickled
from watchword.stores.encryption import Keyring, unopened
from watchword.stores.rows import Row, to_record, to_row
from watchword.tokens.record import Record


@dataclass(frozen=True)
class RowEncryption(NeverPickled):
    """Encrypts what goes into a store's tables, and decrypts what comes out."""

    keyring: Keyring = field(repr=False)
    display_url: str

    def row(self, record: Record) -> Row:
        """Return a record's row with its secrets encrypted."""
        return self.encrypted(to_row(record))

    def encrypted(self, row: Row) -> Row:
        """Return a row with its secrets encrypted: under another key, generation or state they don't open."""
        if row.secrets is None:
            return row
        return row._replace(secrets=self.keyring.seal(row.secrets, *_place(row)))

    def record(self, row: Row) -> Record:
        """Return the record of an encrypted row."""
        return to_record(self.decrypted(row))

    def decrypted(self, row: Row) -> Row:
        """Return a row with its secrets decrypted."""
        if row.secrets is None:
            return row
        secrets = self.keyring.opened(row.secrets, *_place(row))
        if secrets is None:
            raise unopened(self.display_url, f"the token of {row.name!r}")
        return row._replace(secrets=secrets)

    def draft(self, state: str, until: str, content: bytes) -> bytes:
        """Return a draft encrypted; bound to its end, it can't be made to last longer."""
        return self.keyring.seal(content, "watchword_drafts", state, until)

    def opened_draft(self, state: str, until: str, sealed: bytes) -> bytes:
        """Return a draft decrypted."""
        content = self.keyring.opened(sealed, "watchword_drafts", state, until)
        if content is None:
            raise unopened(self.display_url, "a sign-in that has begun")
        return content

    def secret(self, name: str, version: int, content: bytes) -> bytes:
        """Return a secret of the vault encrypted: under another name or version it doesn't open."""
        return self.keyring.seal(content, "watchword_vault", name, version)

    def opened_secret(self, name: str, version: int, sealed: bytes) -> bytes:
        """Return a secret of the vault decrypted."""
        content = self.keyring.opened(sealed, "watchword_vault", name, version)
        if content is None:
            raise unopened(self.display_url, f"the secret {name!r}")
        return content


def _place(row: Row) -> tuple[object, ...]:
    return "watchword_tokens", row.key, row.generation, row.state
