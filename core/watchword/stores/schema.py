"""What a SQL store knows about itself, and how its tables are created and brought up to date."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from typing import TypeAlias

from watchword.stores import tables
from watchword.stores.database import Connection, Database
from watchword.stores.encryption import Keyring
from watchword.stores.store_failures import failure
from watchword.tokens.token_store import StoreError

VERSION = 2
"""Grows with every change of the tables, and of what a record's state holds."""

_TABLES = (tables.META, tables.TOKENS, tables.CLAIMS, tables.DRAFTS, tables.VAULT)

_CHECK, _SALT = ("watchword_meta", "check"), ("watchword_meta", "salt")
_CHECKED = b"watchword"

Meta: TypeAlias = Mapping[str, str]
"""What a store knows about itself; it changes with the version and with the keys."""


def create_vault(connection: Connection, database: Database) -> None:
    """Create the table of secrets."""
    connection.execute(tables.VAULT.format(blob=database.blob))


UPGRADES: Mapping[int, Callable[[Connection, Database], None]] = {1: create_vault}
"""What brings a store of each earlier version to the next one."""


def exists(connection: Connection, database: Database) -> bool:
    """Return whether the tables exist."""
    return database.has_table(connection, "watchword_meta")


def read(connection: Connection) -> Meta:
    """Return what the store knows about itself."""
    return dict(connection.execute("SELECT name, value FROM watchword_meta").fetchall())


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


def upgrade(connection: Connection, database: Database, version: int) -> None:
    """Bring the tables from an earlier version to the present one."""
    for earlier in range(version, VERSION):
        UPGRADES[earlier](connection, database)
    _update(connection, "version", str(VERSION))


def renew_keys(connection: Connection, keyring: Keyring, salt: bytes) -> None:
    """Encrypt salt and check value with the first key, which the store asks for from now on."""
    for name, value in _sealed_by(keyring, salt).items():
        _update(connection, name, value)


def version_of(meta: Meta, display_url: str) -> int:
    """Return a store's version; raises StoreError where it is missing, or newer than this package."""
    try:
        version = int(meta["version"])
    except (KeyError, ValueError):
        raise failure("store_damaged", display_url, "it does not say which version it is") from None
    if not 1 <= version <= VERSION:
        why = f"it is of version {version}, and this watchword knows up to {VERSION}"
        raise failure("store_newer" if version > VERSION else "store_damaged", display_url, why)
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
    """Raise StoreError where the keys are not the store's; `source` says where they come from."""
    try:
        sealed = base64.b64decode(meta["check"])
    except (KeyError, ValueError):
        raise failure("store_damaged", display_url, "its check value is missing") from None
    if keyring.opened(sealed, *_CHECK) != _CHECKED:
        raise wrong_key(source, display_url)


def wrong_key(source: str, display_url: str) -> StoreError:
    """Return the error that a store was written with another key."""
    return failure("store_key_wrong", display_url, f"it was written with another key than {source} gives")


def _update(connection: Connection, name: str, value: str) -> None:
    update = "UPDATE watchword_meta SET value = :value WHERE name = :name"
    connection.execute(update, {"name": name, "value": value})


def _sealed_by(keyring: Keyring, salt: bytes) -> dict[str, str]:
    sealed = {"check": keyring.seal(_CHECKED, *_CHECK), "salt": keyring.seal(salt, *_SALT)}
    return {name: base64.b64encode(value).decode() for name, value in sealed.items()}
