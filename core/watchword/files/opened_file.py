"""Read a file that a stored document names: what is judged is the file that was opened, not its name.

A name may lead to another file a moment later, by a link that somebody turns round meanwhile.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

LARGEST = 2**22
"""Longest content that is read, in bytes; all public certificate authorities have about 250,000."""

_DESCRIPTORS = Path("/proc/self/fd")
_TRIES = 10
"""How often a file is opened again that was removed in between, as when Kubernetes renews a volume."""

_PATH_LENGTH = 1024


class FileNotAllowedError(Exception):
    """A file was opened that must not be read."""


def read_file(path: str, allows: Callable[[Path], bool] | None = None) -> bytes:
    """Return the content of a file.

    Args:
        path: its path.
        allows: says whether a file with that real path may be read, which must be a regular file. Without it
            all files may be read, pipes and devices too.

    Raises:
        FileNotAllowedError: the opened file is not one that may be read.
        OSError: the file can't be read, or is too long.
        ValueError: the text can't be a path.
    """
    # A pipe would be waited for, and a terminal could become the process's own.
    careful = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) if allows else 0
    for _ in range(_TRIES):
        number = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | careful)
        try:
            if allows:
                real = _real_path(number, path)
                if real is None:
                    continue
                if not allows(real) or not stat.S_ISREG(os.fstat(number).st_mode):
                    raise FileNotAllowedError
            return _content(number)
        finally:
            os.close(number)
    raise FileNotAllowedError


def _real_path(number: int, path: str) -> Path | None:
    """Return the path of an open file without links; None if that path now leads to another file."""
    found = os.fstat(number)
    if _DESCRIPTORS.is_dir():
        real = (_DESCRIPTORS / str(number)).readlink()
    else:
        real = _path_by_system(number) or Path(path).resolve()
    try:
        now = real.lstat()
    except (OSError, ValueError):
        return None  # it was removed, or it has no path, as a pipe
    return real if os.path.samestat(found, now) else None


def _path_by_system(number: int) -> Path | None:
    """Return the path of an open file on macOS, None where the system doesn't say it."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        return None
    command = getattr(fcntl, "F_GETPATH", None)
    if command is None:
        return None
    return Path(os.fsdecode(fcntl.fcntl(number, command, bytes(_PATH_LENGTH)).rstrip(b"\0")))


def _content(number: int) -> bytes:
    with os.fdopen(number, "rb", closefd=False) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(0, f"it is longer than {LARGEST} bytes")
    return content
