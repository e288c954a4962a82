"""What a SQL store knows about itself, and how its tables are created."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Mapping
from typing import TypeAlias

from watchword.stores import tables
from watchword.stores.database import Connection, Database
from watchword.stores.encryption import Keyring
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure
from watchword.tokens.token_store import StoreError

VERSION = 5
"""Grows with every change of the tables, and of what a record's state holds."""

_SEALED = 3
"""The first version whose rows are authenticated as a whole, and whose version can't be set back."""

_TABLES = (
    tables.META,
    tables.TOKENS,
    tables.CLAIMS,
    tables.DRAFTS,
    tables.VAULT,
    tables.HISTORY,
    tables.CONTRASTS,
    tables.REVISIONS,
)

_SALT = ("watchword_meta", "salt")
_CHECKED = b"watchword"

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)

Meta: TypeAlias = Mapping[str, str]
"""What a store knows about itself; it changes with the version and with the keys."""


def exists(connection: Connection, database: Database) -> bool:
    """Return whether the tables exist."""
    return database.has_table(connection, "watchword_meta")


def read(connection: Connection) -> Meta:
    """Return what the store knows about itself; raises RowMalformedError where that isn't text."""
    rows = connection.execute("SELECT name, value FROM watchword_meta").fetchall()
    if not all(type(name) is str and type(value) is str for name, value in rows):
        raise RowMalformedError
    return {name: value for name, value in rows}  # noqa: C416 - rows of any kind of sequence


def create(connection: Connection, database: Database, keyring: Keyring) -> None:
    """Create the tables of a new store, with a salt of its own.

    The salt is encrypted: a thief of the store must not try passwords by their fingerprints.
    """
    for table in _TABLES:
        connection.execute(table.format(blob=database.blob))
    values = {"version": str(VERSION), **_sealed_by(keyring, secrets.token_bytes(32))}
    for name, value in values.items():
        insert = "INSERT INTO watchword_meta (name, value) VALUES (:name, :value)"
        connection.execute(insert, {"name": name, "value": value})


def seal(connection: Connection, keyring: Keyring, salt: bytes) -> None:
    """Encrypt salt and check value with the first key, which the store asks for from now on.

    The check value is bound to the present version, which becomes the store's.
    """
    for name, value in {"version": str(VERSION), **_sealed_by(keyring, salt)}.items():
        update = "UPDATE watchword_meta SET value = :value WHERE name = :name"
        connection.execute(update, {"name": name, "value": value})


def version_of(meta: Meta, display_url: str) -> int:
    """Return a store's version; raises StoreError where it is missing, or newer than this package."""
    text = meta.get("version", "")
    if not _NUMBER.fullmatch(text):
        raise failure("store_damaged", display_url, "it does not say which version it is")
    version = int(text)
    if version > VERSION:
        why = f"it is of version {version}, and this watchword knows up to {VERSION}"
        raise failure("store_newer", display_url, why)
    return version


def is_current(meta: Meta) -> bool:
    """Return whether a store with a valid version has the present one."""
    return int(meta["version"]) == VERSION


def salt_of(meta: Meta, keyring: Keyring, display_url: str) -> bytes:
    """Return the salt of a store's fingerprints; raises StoreError where it is missing or altered."""
    try:
        salt = keyring.opened(base64.b64decode(meta["salt"]), *_SALT)
    except (KeyError, ValueError):
        salt = None
    if salt is None:
        raise failure("store_damaged", display_url, "its keys open no salt")
    return salt


def verify(meta: Meta, keyring: Keyring, source: str, display_url: str) -> None:
    """Raise StoreError where the keys, which come from `source`, or the version are not the store's."""
    try:
        sealed = base64.b64decode(meta["check"])
    except (KeyError, ValueError):
        raise failure("store_damaged", display_url, "its check value is missing") from None
    version = version_of(meta, display_url)
    if keyring.opened(sealed, *_check(version)) == _CHECKED:
        return
    # The version of a store is not to be set back: rows of earlier versions are less protected.
    if any(keyring.opened(sealed, *_check(other)) == _CHECKED for other in range(1, VERSION + 1)):
        raise failure("store_damaged", display_url, f"it was never sealed as a store of version {version}")
    raise wrong_key(source, display_url)


def wrong_key(source: str, display_url: str) -> StoreError:
    """Return the error that a store was written with another key."""
    return failure("store_key_wrong", display_url, f"it was written with another key than {source} gives")


def _check(version: int) -> tuple[object, ...]:
    """Return what the check value is bound to; that of the first two versions is bound to no version."""
    return ("watchword_meta", "check", version) if version >= _SEALED else ("watchword_meta", "check")


def _sealed_by(keyring: Keyring, salt: bytes) -> dict[str, str]:
    sealed = {"check": keyring.seal(_CHECKED, *_check(VERSION)), "salt": keyring.seal(salt, *_SALT)}
    return {name: base64.b64encode(value).decode() for name, value in sealed.items()}
