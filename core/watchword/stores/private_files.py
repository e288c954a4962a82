"""The files of an embedded store: private to this user, and on a disk of this machine."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from pathlib import Path

from watchword.files import private_folders
from watchword.stores.store_failures import failure

PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_MOUNTS = Path("/proc/self/mounts")

# On these, hosts don't see each other's shared memory, which SQLite's write-ahead log needs. 9p is not in
# the list: sandboxes and small virtual machines use it for their root, each for one host.
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
    """Create a private folder if it is missing, with the folders above it."""
    if not folder.exists():
        create_folder(folder.parent)
        folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)


def create(path: Path) -> None:
    """Create an empty private file if it is missing."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))


def secure(path: Path, display_url: str) -> None:
    """Remove the rights of other users from a file without opening it, which would end SQLite's locks.

    Raises StoreError if it is not a regular file, or if another user owns it and could replace it.
    """
    mode = _closed_mode(path.lstat(), path, display_url)
    if mode is not None:
        path.chmod(mode)


def read_private(path: Path, display_url: str) -> str:
    """Return a file's text after removing the rights of other users from that same open file.

    Raises StoreError as `secure` does, OSError if it is a link or can't be read.
    """
    # Opening a pipe in its place would wait for ever.
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


def check_place(path: Path, display_url: str) -> None:
    """Raise StoreError if another user could replace a file, one of its links, or a folder above it."""
    why = private_folders.weakness(path)
    if why:
        raise failure("store_unsuitable", display_url, why)


def _closed_mode(found: os.stat_result, path: Path, display_url: str) -> int | None:
    """Return the mode that a file needs, None if it has that; raises StoreError as `secure` does."""
    if not stat.S_ISREG(found.st_mode):
        raise failure("store_unsuitable", display_url, f"{path} is not a regular file")
    user = os.geteuid() if hasattr(os, "geteuid") else found.st_uid
    if found.st_uid not in {user, 0}:
        raise failure("store_unsuitable", display_url, f"{path} belongs to another user")
    if not found.st_mode & _OTHERS or user != found.st_uid:
        return None
    return stat.S_IMODE(found.st_mode) & ~_OTHERS


def write_once(path: Path, content: str) -> None:
    """Write a private file completely or not at all; a file that exists is left as it is."""
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


_OF_THE_KERNEL = (Path("/proc"), Path("/sys"))


def network_filesystem(path: Path) -> str:
    """Return the kind of the network filesystem that holds a path; "" for a local or unknown one."""
    try:
        mounts = _MOUNTS.read_text(errors="surrogateescape")
    except OSError:
        return ""
    kind = filesystem(path, mounts)
    return kind if kind in _NETWORK else ""


def obstacle(path: Path) -> str:
    """Return why no file could be created at an absolute path, "" if nothing is known; nothing is tried."""
    folder = next(each for each in path.parents if each.exists())
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if any(folder.is_relative_to(each) for each in _OF_THE_KERNEL):
        return f"{folder} is of the kernel and holds no files of others"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"this process may not write to the folder {folder}"
    return ""


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
