"""The errors of databases and files as StoreErrors, without a statement's values and without passwords."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from watchword import redact
from watchword.findings.codes import finding
from watchword.tokens.token_store import StoreError

_BY_ERRNO = {
    errno.EACCES: "store_read_only",
    errno.EPERM: "store_read_only",
    errno.EROFS: "store_read_only",
    errno.ENOSPC: "store_full",
    errno.EDQUOT: "store_full",
    errno.EFBIG: "store_full",
    errno.ELOOP: "store_unsuitable",
    errno.ENAMETOOLONG: "store_unsuitable",
    errno.ENOTDIR: "store_unsuitable",
    errno.EISDIR: "store_unsuitable",
    errno.EEXIST: "store_unsuitable",
}

_SAID: Mapping[str, str] = {
    "store_read_only": "can't be written",
    "store_full": "has no room left",
    "store_locked": "is held by other processes for too long",
    "store_unreachable": "can't be reached",
    "store_damaged": "is damaged, or is not a token store",
    "store_row_replaced": "was changed by hand",
    "store_unsuitable": "can't be used",
    "store_on_network_disk": "can't be shared safely",
    "store_key_wrong": "can't be read",
    "store_newer": "can't be used",
}

# SQLite's words, which are stable, since Python 3.10 has no codes.
_SQLITE = {
    "locked": "store_locked",
    "readonly database": "store_read_only",
    "database or disk is full": "store_full",
    "not a database": "store_damaged",
    "malformed": "store_damaged",
    "no such table": "store_damaged",
    "no such column": "store_damaged",
    "has no column": "store_damaged",
    "already exists": "store_damaged",
    "does not match": "store_damaged",
    "datatype mismatch": "store_damaged",
    "constraint failed": "store_damaged",
}

_GROWTH = 65536
"""By how many bytes a file must be able to grow; SQLite's steps are smaller."""

# SQLSTATE, by code and by class (PostgreSQL, appendix A).
_POSTGRES = {
    "25006": "store_read_only",
    "42501": "store_read_only",
    "53100": "store_full",
    "55P03": "store_locked",
    "57014": "store_locked",
    "25P03": "store_locked",
    "53300": "store_locked",
    "40": "store_locked",
    "42": "store_damaged",
    "22": "store_damaged",
    "XX": "store_damaged",
    "28": "store_unsuitable",
    "3D": "store_unsuitable",
}

# A refused connection has no code, only a text.
_REFUSED = ("authentication failed", "does not exist", "pg_hba.conf", "no password supplied", "not permitted")

# The same, in lower case: the server or a pooler has no connection left, or its queue is full.
_NO_ROOM = (
    "too many clients",
    "too many connections",
    "connection slots are reserved",
    "no more connections allowed",
    "max client connections",
    "could not fork new process",
    "resource temporarily unavailable",
)


def failure(code: str, display_url: str, why: str = "", *, answer: str = "", advice: str = "") -> StoreError:
    """Return the error of a code; `why` says more than the code, `answer` quotes the database."""
    reason = f": {why}" if why else ""
    evidence = {"answer": redact.quoted(answer)} if answer else {}
    message = f"The token store {display_url} {_SAID[code]}{reason}."
    return StoreError([finding(code, message, advice=advice, evidence=evidence)])


def of_file(error: OSError, display_url: str) -> StoreError:
    """Return the StoreError for an operating system's error about the store's file."""
    code = _BY_ERRNO.get(error.errno or 0, "store_unreachable")
    return failure(code, display_url, answer=error.strerror or type(error).__name__)


def of_sqlite(error: BaseException | None, display_url: str, path: Path) -> StoreError:
    """Return the StoreError for an error of SQLite."""
    words = str(error)
    code = next((code for part, code in _SQLITE.items() if part in words), "")
    if not os.access(path.parent, os.X_OK) or not path.exists():
        return failure("store_unreachable", display_url, "its file is gone", answer=words)
    if not code and (reason := _lack_of_room(path)):
        return failure("store_full", display_url, answer=reason)
    if not code and "unable to open" in words and not _writable(path):
        code = "store_read_only"
    return failure(code or "store_unreachable", display_url, answer=words)


def _lack_of_room(path: Path) -> str:
    """Return why a file beside the store can't grow past its size, in the system's words; "" if it can.

    SQLite says "disk I/O error" for a quota and a limit of file sizes as well as for a broken disk.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        with tempfile.TemporaryFile(dir=path.parent) as beside:
            beside.seek(max(file.stat().st_size for file in (path, log) if file.exists()))
            beside.write(bytes(_GROWTH))
            beside.flush()
            os.fsync(beside.fileno())
    except OSError as error:
        return str(error.strerror) if _BY_ERRNO.get(error.errno or 0) == "store_full" else ""
    return ""


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def of_postgres(error: BaseException | None, display_url: str) -> StoreError:
    """Return the StoreError for an error of PostgreSQL; its text is quoted only for refused connections."""
    state = getattr(error, "sqlstate", None)
    if state:
        code = _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or "store_unreachable"
        return failure(code, display_url, answer=f"{type(error).__name__} ({state})")
    words = str(error)
    if has_no_room(error):
        advice = (
            "Try again. If it happens often, raise max_connections, or put a pooler in front of the server."
        )
        return failure("store_locked", display_url, "it has no connection left", answer=words, advice=advice)
    refused = any(part in words for part in _REFUSED)
    return failure("store_unsuitable" if refused else "store_unreachable", display_url, answer=words)


def has_no_room(error: BaseException | None) -> bool:
    """Return whether PostgreSQL refused a connection only because it has too many."""
    words = str(error).lower()
    return any(part in words for part in _NO_ROOM)
