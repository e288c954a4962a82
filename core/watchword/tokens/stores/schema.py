"""What a SQL store knows of itself, and how its tables are made and brought up to date."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, inspect, select, text, update

from watchword.tokens.store import StoreError
from watchword.tokens.stores.encryption import Keyring
from watchword.tokens.stores.failures import failure
from watchword.tokens.stores.tables import META, METADATA

VERSION = 1
"""Grows with every change of the tables, and of what a record's state holds."""

UPGRADES: Mapping[int, Sequence[str]] = {}
"""The statements that bring a store of each earlier version to the next one."""

_PLACE = ("watchword_meta", "check")
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
    """Make the tables of a new store, with a salt of its own."""
    METADATA.create_all(connection)
    salt = secrets.token_hex(32)
    values = {"version": str(VERSION), "salt": salt, "check": _check(keyring)}
    connection.execute(insert(META), [{"name": name, "value": value} for name, value in values.items()])


def upgrade(connection: Connection, version: int) -> None:
    """Bring the tables from an earlier version to the present one."""
    for earlier in range(version, VERSION):
        for statement in UPGRADES[earlier]:
            connection.execute(text(statement))
    connection.execute(update(META).where(META.c.name == "version").values(value=str(VERSION)))


def renew_check(connection: Connection, keyring: Keyring) -> None:
    """Have the check value ask for the first key."""
    connection.execute(update(META).where(META.c.name == "check").values(value=_check(keyring)))


def version_of(meta: Meta, shown: str) -> int:
    """Return a store's version; raises StoreError where it is newer than this package, or none."""
    try:
        version = int(meta["version"])
    except (KeyError, ValueError):
        raise failure("store_damaged", shown, "it does not say which version it is") from None
    if not 1 <= version <= VERSION:
        why = f"it is of version {version}, and this watchword knows up to {VERSION}"
        raise failure("store_newer" if version > VERSION else "store_damaged", shown, why)
    return version


def salt_of(meta: Meta, shown: str) -> bytes:
    """Return the salt of a store's fingerprints."""
    try:
        return bytes.fromhex(meta["salt"])
    except (KeyError, ValueError):
        raise failure("store_damaged", shown, "it has no salt") from None


def verify(meta: Meta, keyring: Keyring, source: str, shown: str) -> None:
    """Raise StoreError where the keys are not the store's."""
    try:
        sealed = base64.b64decode(meta["check"])
    except (KeyError, ValueError):
        raise failure("store_damaged", shown, "it has no check value") from None
    if keyring.opened(sealed, *_PLACE) != _CHECKED:
        raise wrong_key(source, shown)


def wrong_key(source: str, shown: str) -> StoreError:
    """Return the error that a store was written with another key."""
    return failure("store_key_wrong", shown, f"it was written with another key than {source} gives")


def _check(keyring: Keyring) -> str:
    return base64.b64encode(keyring.seal(_CHECKED, *_PLACE)).decode()
