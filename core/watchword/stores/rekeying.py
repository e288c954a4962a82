"""Rolling of keys: each row encrypted anew by the first key, one at a time, the check value last."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Table, select, update
from sqlalchemy import Row as Found

from watchword.stores import schema
from watchword.stores.opener import OpenStore
from watchword.stores.row_encryption import RowEncryption
from watchword.stores.tables import DRAFTS, TOKENS, VAULT


class EncryptedRow(NamedTuple):
    """A row that holds something encrypted."""

    table: Table
    key: Column[str]
    value: str


def places(connection: Connection) -> list[EncryptedRow]:
    """Return where something encrypted lies."""
    tokens = connection.execute(select(TOKENS.c.key).where(TOKENS.c.secrets.is_not(None))).scalars()
    drafts = connection.execute(select(DRAFTS.c.state)).scalars()
    secrets = connection.execute(select(VAULT.c.name)).scalars()
    return [
        *(EncryptedRow(TOKENS, TOKENS.c.key, key) for key in tokens),
        *(EncryptedRow(DRAFTS, DRAFTS.c.state, state) for state in drafts),
        *(EncryptedRow(VAULT, VAULT.c.name, name) for name in secrets),
    ]


def renew(connection: Connection, encryption: RowEncryption, place: EncryptedRow) -> int:
    """Encrypt a row anew and return 1, or 0 where it is there no more."""
    wanted = select(place.table).where(place.key == place.value).with_for_update()
    found = connection.execute(wanted).one_or_none()
    if found is None:
        return 0
    values = _renewed(encryption, place.table, found)
    connection.execute(update(place.table).where(place.key == place.value).values(values))
    return 1


def _renewed(encryption: RowEncryption, table: Table, found: Found[Any]) -> dict[str, bytes | None]:
    if table is TOKENS:
        return {"secrets": encryption.secrets(encryption.opened(found))}
    if table is DRAFTS:
        return {"content": encryption.draft(found.state, found.until, encryption.opened_draft(found))}
    content = encryption.opened_secret(found.name, found.version, found.content)
    return {"content": encryption.secret(found.name, found.version, content)}


def finish(connection: Connection, opened: OpenStore) -> None:
    """Have the store ask for the first key from now on."""
    schema.renew_keys(connection, opened.keyring, opened.salt)
