"""Stores of the first two versions, written by SQL as the code of those versions did."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.support.stores import Place
from watchword.stores import schema, tables
from watchword.stores.encryption import Keyring, new_key, read_keys
from watchword.tokens.token import LATER_SECRETS, Token

TOKEN = Token("canary-access", refresh_token="canary-refresh")

_TABLES = (
    "CREATE TABLE watchword_meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE watchword_tokens (key TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL,
    generation INTEGER NOT NULL, secrets BYTES, state TEXT NOT NULL)""",
    "CREATE TABLE watchword_claims (imported TEXT NOT NULL PRIMARY KEY, key TEXT NOT NULL)",
    """CREATE TABLE watchword_drafts (state TEXT NOT NULL PRIMARY KEY, content BYTES NOT NULL,
    until TEXT NOT NULL)""",
)

_VAULT = """CREATE TABLE watchword_vault (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL,
content BYTES NOT NULL, changed TEXT NOT NULL)"""


_LATER_TABLES = {tables.HISTORY: 4, tables.CONTRASTS: 5}
"""The tables that came after version 3, and with which version."""


def former_version(version: int, setattr_: Callable[[object, str, object], object] = setattr) -> None:
    """Have this process open stores as version 3 or 4 did: it knows no later version and no later table."""
    present = tuple(table for table in schema._TABLES if _LATER_TABLES.get(table, 1) <= version)
    setattr_(schema, "VERSION", version)
    setattr_(schema, "_TABLES", present)


class FormerStore:
    """A store of version 1 or 2 at a place, which gets a key."""

    def __init__(self, place: Place, version: int) -> None:
        self.place = place
        place.key = new_key()
        self.keyring = Keyring(read_keys(place.key, "a test", place.url))
        if place.url.startswith("sqlite"):
            path = Path(place.url.removeprefix("sqlite:///"))
            path.parent.mkdir(mode=0o700)
            path.touch(0o600)
        self.create(version)

    def create(self, version: int) -> None:
        """Create the tables and write what the store knows about itself."""
        blob = "BLOB" if self.place.url.startswith("sqlite") else "BYTEA"
        for statement in (*_TABLES, *([_VAULT] if version > 1 else [])):
            self.place.run(statement.replace("BYTES", blob))
        self.describe(version)

    def describe(self, version: int) -> None:
        """Write what the store knows about itself, with a check value of the first two versions."""
        check = self.keyring.seal(b"watchword", "watchword_meta", "check")
        salt = self.keyring.seal(b"salt" * 8, "watchword_meta", "salt")
        values = {"version": str(version), "check": _text(check), "salt": _text(salt)}
        self.place.run("DELETE FROM watchword_meta")
        for name, value in values.items():
            self.place.run("INSERT INTO watchword_meta VALUES (?, ?)", name, value)

    def add_token(self, key: str, name: str, generation: int = 1, **state: Any) -> None:
        """Write a record with TOKEN."""
        token = asdict(TOKEN)
        for later in ("account", *LATER_SECRETS):
            del token[later]
        secrets = {part: token.pop(part) for part in ("access_token", "refresh_token")}
        text = json.dumps({"key": key, "name": name, "token": token, **state})
        sealed = self.keyring.seal(json.dumps(secrets).encode(), "watchword_tokens", key, generation, text)
        self.add_row(key, name, generation, text, sealed)

    def add_row(self, key: str, name: str, generation: int, state: str, secrets: bytes | None) -> None:
        """Write a row of the table of tokens."""
        insert = "INSERT INTO watchword_tokens (key, name, generation, state, secrets) VALUES (?, ?, ?, ?, ?)"
        self.place.run(insert, key, name, generation, state, secrets)

    def add_claim(self, imported: str, key: str) -> None:
        """Write a claim."""
        self.place.run("INSERT INTO watchword_claims VALUES (?, ?)", imported, key)

    def add_secret(self, name: str, content: bytes, version: int = 1) -> None:
        """Write a secret of the vault."""
        sealed = self.keyring.seal(content, "watchword_vault", name, version)
        self.place.run("INSERT INTO watchword_vault VALUES (?, ?, ?, '{}')", name, version, sealed)

    def add_draft(self, state: str, content: dict[str, str], until: str) -> None:
        """Write a draft under the fingerprint of its state."""
        sealed = self.keyring.seal(json.dumps(content).encode(), "watchword_drafts", state, until)
        self.place.run("INSERT INTO watchword_drafts VALUES (?, ?, ?)", state, sealed, until)

    @property
    def version(self) -> str:
        """The version that the store says it has."""
        [(value,)] = self.place.run("SELECT value FROM watchword_meta WHERE name = 'version'")
        found: str = value
        return found


def _text(sealed: bytes) -> str:
    return base64.b64encode(sealed).decode()
