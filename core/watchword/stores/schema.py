"""What a SQL store knows of itself, and how its tables are made and brought up to date."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, insert, inspect, select, update

from watchword.stores.encryption import Keyring
from watchword.stores.store_failures import failure
from watchword.stores.tables import META, METADATA, VAULT
from watchword.tokens.token_store import StoreError

VERSION = 2
"""Grows with every change of the tables, and of what a record's state holds."""

UPGRADES: Mapping[int, Callable[[Connection], None]] = {1: VAULT.create}
"""What brings a store of each earlier version to the next one."""

_CHECK, _SALT = ("watchword_meta", "check"), ("watchword_meta", "salt")
_CHECKED = b"watchword"

Meta = Mapping[str, str]
"""The table of what a store knows of itself; it changes with the version and with the keys."""


def exists(connection: Connection) -> bool:
    """Return whether the tables have been made."""
    return inspect(connection).has_table(META.name)


def read(connection: Connection) -> Meta:
    """Return what the store knows of itself."""
    return {row.name: row.value for row in connection.execute(select(META))}


def create(connection: Connection, keyring: Keyring) -> None:
    """Make the tables of a new store, with a salt of its own.

    It is sealed: who has a copy of the store must not try passwords by their fingerprints.
    """
    METADATA.create_all(connection)
    values = {"version": str(VERSION), **_of_keys(keyring, secrets.token_bytes(32))}
    connection.execute(insert(META), [{"name": name, "value": value} for name, value in values.items()])


def upgrade(connection: Connection, version: int) -> None:
    """Bring the tables from an earlier version to the present one."""
    for earlier in range(version, VERSION):
        UPGRADES[earlier](connection)
    connection.execute(update(META).where(META.c.name == "version").values(value=str(VERSION)))


def renew_keys(connection: Connection, keyring: Keyring, salt: bytes) -> None:
    """Have the check value ask for the first key, which opens the salt too."""
    for name, value in _of_keys(keyring, salt).items():
        connection.execute(update(META).where(META.c.name == name).values(value=value))


def version_of(meta: Meta, display_url: str) -> int:
    """Return a store's version; raises StoreError where it is newer than this package, or none."""
    try:
        version = int(meta["version"])
    except (KeyError, ValueError):
        raise failure("store_damaged", display_url, "it does not say which version it is") from None
    if not 1 <= version <= VERSION:
        why = f"it is of version {version}, and this watchword knows up to {VERSION}"
        raise failure("store_newer" if version > VERSION else "store_damaged", display_url, why)
    return version


def is_current(meta: Meta) -> bool:
    """Return whether a store that says which version it is says the present one."""
    return int(meta["version"]) == VERSION


def salt_of(meta: Meta, keyring: Keyring, display_url: str) -> bytes:
    """Return the salt of a store's fingerprints."""
    try:
        salt = keyring.opened(base64.b64decode(meta["salt"]), *_SALT)
    except (KeyError, ValueError):
        salt = None
    if salt is None:
        raise failure("store_damaged", display_url, "it has no salt that its keys open")
    return salt


def verify(meta: Meta, keyring: Keyring, source: str, display_url: str) -> None:
    """Raise StoreError where the keys are not the store's."""
    try:
        sealed = base64.b64decode(meta["check"])
    except (KeyError, ValueError):
        raise failure("store_damaged", display_url, "it has no check value") from None
    if keyring.opened(sealed, *_CHECK) != _CHECKED:
        raise wrong_key(source, display_url)


def wrong_key(source: str, display_url: str) -> StoreError:
    """Return the error that a store was written with another key."""
    return failure("store_key_wrong", display_url, f"it was written with another key than {source} gives")


def _of_keys(keyring: Keyring, salt: bytes) -> dict[str, str]:
    sealed = {"check": keyring.seal(_CHECKED, *_CHECK), "salt": keyring.seal(salt, *_SALT)}
    return {name: base64.b64encode(value).decode() for name, value in sealed.items()}
