"""A look at a token store that creates, upgrades and changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from watchword.files import private_folders
from watchword.stores import private_files, schema
from watchword.stores.database import Connection, Database
from watchword.stores.database_url import database
from watchword.stores.encryption import Keyring, read_keys
from watchword.stores.rows import RowMalformedError
from watchword.stores.store_failures import failure
from watchword.tokens.token_store import StoreError

_SQLITE = "sqlite:///"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_POSTGRES_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'"


@dataclass(frozen=True)
class Inspection:
    """What was seen of a store.

    `version` is None if there is no store yet; `obstacle` says why it can't be created. `right_keys` are the
    positions, from 1, of the keys that open it, of `keys` in all, which come from `key_source`. `weaknesses`
    say which of its files others could read or replace. `is_ready` says that using it would change nothing of
    its files and tables.
    """

    display_url: str
    leaves_host: bool
    version: int | None = None
    keys: int = 0
    key_source: str = ""
    right_keys: Sequence[int] = ()
    is_read_only: bool = False
    network_disk: str = ""
    weaknesses: Sequence[str] = ()
    is_ready: bool = False
    obstacle: str = ""


def inspect(url: str, keys: str) -> Inspection:
    """Look at the store of a URL; raises StoreError if it can't be reached or read.

    `keys` are those of the settings; "" means the key in the file beside a SQLite database.
    """
    found = database(url)
    path = _path(found)
    disk = private_files.network_filesystem(path) if path else ""
    if path and not found.is_made and (obstacle := private_files.obstacle(path)):
        return Inspection(found.display_url, found.leaves_host, network_disk=disk, obstacle=obstacle)
    weaknesses = _weaknesses(path) if path else []
    nothing = Inspection(found.display_url, found.leaves_host, network_disk=disk, weaknesses=weaknesses)
    if not found.is_made:
        return nothing
    try:
        with found.transaction(write=False) as connection:
            if not schema.exists(connection, found):
                return nothing
            return _seen(found, connection, keys, nothing)
    except RowMalformedError:
        raise failure("store_damaged", found.display_url, "what it says about itself isn't text") from None
    finally:
        found.close()


def _seen(found: Database, connection: Connection, keys: str, nothing: Inspection) -> Inspection:
    meta = schema.read(connection)
    version = schema.version_of(meta, found.display_url)
    path = _path(found)
    texts, source = _keys(found, path, keys)
    right = [number for number, text in enumerate(texts, 1) if _opens(text, meta, source, found.display_url)]
    read_only = _is_read_only(path) if path else connection.execute(_POSTGRES_READ_ONLY).fetchall()[0][0]
    is_untouched = found.is_prepared(connection) and schema.is_current(meta) and not nothing.weaknesses
    return Inspection(
        found.display_url,
        found.leaves_host,
        version,
        len(texts),
        source,
        right,
        bool(read_only),
        nothing.network_disk,
        nothing.weaknesses,
        is_ready=bool(is_untouched and right),
    )


def _path(found: Database) -> Path | None:
    """Return the file of a SQLite database behind any links; None for a server."""
    text = found.display_url
    if found.leaves_host or not text.startswith(_SQLITE):
        return None
    try:
        return Path(text.removeprefix(_SQLITE)).resolve()
    except (OSError, RuntimeError):
        raise failure("store_unsuitable", text, "its path is a ring of links") from None


def _keys(found: Database, path: Path | None, keys: str) -> tuple[list[bytes], str]:
    """Return the keys and where they come from; reading them changes no file's rights."""
    if keys or path is None:
        if not keys:
            return [], "WATCHWORD_KEY"
        return read_keys(keys, "WATCHWORD_KEY", found.display_url), "WATCHWORD_KEY"
    file = path.with_name(f"{path.name}.key")
    try:
        text = file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""
    except OSError:
        text = ""
    return (read_keys(text, str(file), found.display_url), str(file)) if text else ([], str(file))


def _opens(key: bytes, meta: schema.Meta, source: str, display_url: str) -> bool:
    try:
        schema.verify(meta, Keyring([key]), source, display_url)
    except StoreError as error:
        if error.code != "store_key_wrong":
            raise
        return False
    return True


def _weaknesses(path: Path) -> list[str]:
    """Return which files of a store others could read, and why they could replace them."""
    found = [
        f"{file} can be read by other users"
        for file in (path, path.with_name(f"{path.name}.key"))
        if hasattr(os, "geteuid") and file.is_file() and file.stat().st_mode & _OTHERS
    ]
    why = private_folders.weakness(path)
    return [*found, *([why] if why else [])]


def _is_read_only(path: Path) -> bool:
    return not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
