"""How a store of an earlier version is brought up to date, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from watchword.stores import schema, tables
from watchword.stores.encrypted_table import RECORDS, SECRETS
from watchword.stores.row_encryption import CONTRAST, HISTORY, TOKENS, VAULT
from watchword.stores.rows import Row, RowMalformedError, to_record
from watchword.stores.store_failures import failure
from watchword.stores.unit_of_work import UnitOfWork


def upgrade(work: UnitOfWork, version: int) -> None:
    """Bring the tables from an earlier version to the present one."""
    for earlier in range(version, schema.VERSION):
        UPGRADES[earlier](work)
    schema.seal(work.connection, work.open_store.keyring, work.open_store.salt)


def create_vault(work: UnitOfWork) -> None:
    """Create the table of secrets, as of version 2."""
    work.connection.execute(tables.VAULT.format(blob=work.database.blob))


def seal_rows(work: UnitOfWork) -> None:
    """Encrypt every row anew, bound to the whole of it, as of version 3.

    A row that no key opens, and one that holds a token but nothing encrypted, stays as it is. Nobody can
    tell who has written it, and it is refused from now on.
    """
    if work.database.has_table(work.connection, "watchword_revisions"):
        why = "it is of version 2, and has the table watchword_revisions of a later version"
        advice = "If you have restored an earlier backup, drop the table watchword_revisions first."
        raise failure("store_damaged", work.database.display_url, why, advice=advice)
    if work.database.for_update:  # processes of the earlier version may have begun to write
        names = "watchword_tokens, watchword_claims, watchword_drafts, watchword_vault"
        work.connection.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
    work.connection.execute(tables.REVISIONS.format(blob=work.database.blob))
    _seal_tokens(work)
    _seal_claims(work)
    _seal_secrets(work)
    if work.database.for_update:  # a process of the earlier version that goes on must fail
        work.connection.execute("UPDATE watchword_tokens SET secrets = '' WHERE secrets IS NULL")
        work.connection.execute("ALTER TABLE watchword_tokens ALTER COLUMN secrets SET NOT NULL")
        work.connection.execute("ALTER TABLE watchword_claims ALTER COLUMN seal SET NOT NULL")


def create_history(work: UnitOfWork) -> None:
    """Create the table of histories, as of version 4.

    It may be there: a process of version 3 that replaces the keys at this moment sets the version back.
    Its rows are as safe as those of the present version.
    """
    _create_if_missing(work, HISTORY, tables.HISTORY)


def create_contrasts(work: UnitOfWork) -> None:
    """Create the table of contrasts, as of version 5. It may be there, as that of histories may be."""
    _create_if_missing(work, CONTRAST, tables.CONTRASTS)


UPGRADES: Mapping[int, Callable[[UnitOfWork], None]] = {
    1: create_vault,
    2: seal_rows,
    3: create_history,
    4: create_contrasts,
}
"""What brings a store of each earlier version to the next one."""


def _create_if_missing(work: UnitOfWork, name: str, table: str) -> None:
    if not work.database.has_table(work.connection, name):
        work.connection.execute(table.format(blob=work.database.blob))


def _seal_tokens(work: UnitOfWork) -> None:
    query = "SELECT key, name, generation, state, secrets FROM watchword_tokens"
    for key, name, generation, state, sealed in work.connection.execute(query).fetchall():
        if [type(column) for column in (key, name, generation, state)] != [str, str, int, str]:
            continue
        secrets: bytes | None = b"{}"  # a row without a token was not encrypted
        if sealed is not None:
            secrets = _opened(work, sealed, TOKENS, key, generation, state)
        if secrets is None:
            continue
        with suppress(RowMalformedError):
            record = to_record(Row(key, name, generation, state, secrets))
            RECORDS.save(work, work.encryption.row(record)._asdict())


def _seal_claims(work: UnitOfWork) -> None:
    work.connection.execute(f"ALTER TABLE watchword_claims ADD COLUMN seal {work.database.blob}")
    seal = "UPDATE watchword_claims SET seal = :seal WHERE imported = :imported"
    for imported, key in work.connection.execute("SELECT imported, key FROM watchword_claims").fetchall():
        if isinstance(imported, str) and isinstance(key, str):
            values = {"imported": imported, "seal": work.encryption.claim(imported, key)}
            work.connection.execute(seal, values)


def _seal_secrets(work: UnitOfWork) -> None:
    query = "SELECT name, version, changed, content FROM watchword_vault"
    for name, version, changed, sealed in work.connection.execute(query).fetchall():
        if [type(column) for column in (name, version, changed)] != [str, int, str]:
            continue
        content = _opened(work, sealed, VAULT, name, version)
        if content is not None:
            renewed = work.encryption.secret(name, version, changed, content)
            values = {"name": name, "version": version, "changed": changed, "content": renewed}
            SECRETS.save(work, values)


def _opened(work: UnitOfWork, sealed: object, *place: object) -> bytes | None:
    return work.open_store.keyring.opened(sealed, *place) if type(sealed) is bytes else None
