"""The files of an embedded store: this user's alone, and on a disk of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from watchword.stores.store_failures import failure

PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_MOUNTS = Path("/proc/self/mounts")

# Where hosts don't see each other's shared memory, which SQLite's write-ahead log lives by. 9p is
# not among them: it is the root of sandboxes and small virtual machines, of one host each.
_NETWORK = frozenset(
    [
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "fuse.ceph",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "orangefs",
        "panfs",
        "smb3",
        "smbfs",
    ]
)


def create_folder(folder: Path) -> None:
    """Create a folder that is this user's alone, where there is none, and those above it."""
    if not folder.exists():
        create_folder(folder.parent)
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def create(path: Path) -> None:
    """Create an empty file that is this user's alone, where there is none."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))


def secure(path: Path, display_url: str) -> None:
    """Take the rights of others away from a file; it is never opened, which would end SQLite's locks.

    Raises StoreError where it is no file or another user's, who could read and replace it.
    """
    mode = _closed_mode(path.lstat(), path, display_url)
    if mode is not None:
        path.chmod(mode)


def read_private(path: Path, display_url: str) -> str:
    """Return a file's text, and take the rights of others away: what is judged is what is read.

    Raises StoreError as `secure` does, OSError where it is a link or can't be read.
    """
    # A pipe in its place would keep whoever opens it waiting.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    number = os.open(path, flags)
    try:
        mode = _closed_mode(os.fstat(number), path, display_url)
        if mode is not None:
            os.fchmod(number, mode)
        with os.fdopen(number, encoding="utf-8", errors="replace", closefd=False) as file:
            return file.read()
    finally:
        os.close(number)


def check_folder(folder: Path, display_url: str) -> None:
    """Raise StoreError for a folder in which everybody may replace files: a sticky one is none (/tmp)."""
    mode = folder.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise failure("store_unsuitable", display_url, f"everybody may write to its folder {folder}")


def _closed_mode(found: os.stat_result, path: Path, display_url: str) -> int | None:
    """Return the mode that a file needs, None where it has it; raises StoreError as `secure` does."""
    if not stat.S_ISREG(found.st_mode):
        raise failure("store_unsuitable", display_url, f"{path} is no regular file")
    user = os.geteuid() if hasattr(os, "geteuid") else found.st_uid
    if found.st_uid not in {user, 0}:
        raise failure("store_unsuitable", display_url, f"{path} belongs to another user")
    if not found.st_mode & _OTHERS or user != found.st_uid:
        return None
    return stat.S_IMODE(found.st_mode) & ~_OTHERS


def write_once(path: Path, content: str) -> None:
    """Write a file that is this user's alone, all of it or nothing; one that is there stays as it is."""
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    try:
        with os.fdopen(number, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
        _sync_folder(path.parent)
    except FileExistsError:
        pass  # another process was faster
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def network_filesystem(path: Path) -> str:
    """Return the kind of the network filesystem that a path lies on; "" for a local one, or where unknown."""
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return ""
    kind = filesystem(path, mounts)
    return kind if kind in _NETWORK else ""


def filesystem(path: Path, mounts: str) -> str:
    """Return the kind of the filesystem of an absolute path by a table of mounts (fstab(5))."""
    found, longest = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:  # noqa: PLR2004 - device, mount point, kind
            continue
        point = Path(re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), fields[1]))
        # The later of two on one point covers the earlier.
        if path.is_relative_to(point) and len(point.parts) >= longest:
            found, longest = fields[2], len(point.parts)
    return found
