"""Whether other users of this machine could replace a file: every folder on the way to it is judged.

A person who may write to a folder can put another file or folder in the place of one that is in it. So each
folder from the root on belongs to this user or to root, and nobody else may write to it. In a sticky folder,
such as /tmp, only the owner of a file may replace it. The way leads along the path as it is given, and along
the targets of its links.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Container, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

_MOST_LINKS = 40
"""So many links may lead to a file, as in Linux (path_resolution(7))."""

_CONTAINER_ROOTS = frozenset({"aufs", "fuse.fuse-overlayfs", "overlay"})
"""The kinds of filesystems that container runtimes use for the root."""

_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files that Docker and Podman put into their containers."""

_ID_MAP, _OVERFLOW = Path("/proc/self/uid_map"), Path("/proc/sys/fs/overflowuid")
_MOUNTS = Path("/proc/self/mounts")
_ALL_IDS = 2**32 - 1


def weakness(path: Path) -> str:
    """Return why other users could replace a file or folder at an absolute path, "" if they can't.

    What doesn't exist is not judged: it is created in the last folder that exists. Raises OSError where this
    process may not look.
    """
    if not hasattr(os, "geteuid"):
        return ""  # Windows keeps the folders of users apart by other means
    volume_owners: set[int] = set()
    for step, found in _steps(path):
        if _is_volume(step):
            volume_owners.add(found.st_uid)
        elif why := _weakness_of(step, found, volume_owners):
            return why
    return ""


def _steps(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield each folder and each link on the way to a path, from the root on, without the path's own file."""
    here, links = Path(path.anchor), 0
    yield here, here.lstat()
    names = list(path.parts[1:])
    while names:
        name = names.pop(0)
        if name == "..":
            here = here.parent
            continue
        try:
            found = (here / name).lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISLNK(found.st_mode):
            here /= name
            if stat.S_ISDIR(found.st_mode):
                yield here, found
            continue
        yield here / name, found
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target = (here / name).readlink()
        here = Path(target.anchor) if target.is_absolute() else here
        names[:0] = target.parts[1:] if target.is_absolute() else target.parts


def _weakness_of(step: Path, found: os.stat_result, volume_owners: Container[int]) -> str:
    """Return what is wrong with a folder or link on the way, "" for nothing."""
    is_link = stat.S_ISLNK(found.st_mode)
    if not _is_trusted(found.st_uid) and found.st_uid not in volume_owners:
        return f"the {'link' if is_link else 'folder'} {step} belongs to another user"
    if is_link or found.st_mode & stat.S_ISVTX:
        return ""
    if found.st_mode & stat.S_IWOTH:
        return f"everybody may write to the folder {step}"
    if found.st_mode & stat.S_IWGRP and (others := _other_members(found.st_gid)):
        return f"{others[0]} may write to the folder {step}, as a member of its group"
    return ""


def _is_trusted(owner: int) -> bool:
    """Return whether an owner is this user, or can do everything anyway."""
    if owner in {os.geteuid(), 0}:
        return True
    # In a container of a user of its own, files of root outside have an owner that stands for nobody here.
    if owner == _unmapped_owner():
        return True
    # Platforms that choose a user for each container (OpenShift) give it the group 0, as the image's user.
    return os.getegid() == 0 and owner in _members_of(0)


def _other_members(group: int) -> list[str]:
    """Return the names of the members of a group, without this user and root; root's own group has none.

    Private groups of users have only one member. The groups of a Kubernetes volume (fsGroup) have none.
    """
    if group == 0:
        return []
    return sorted(name for user, name in _members_of(group).items() if user not in {os.geteuid(), 0})


def _members_of(group: int) -> dict[int, str]:
    """Return the members of a group by their ids: those whose first group it is too."""
    import grp  # noqa: PLC0415 - not on Windows
    import pwd  # noqa: PLC0415 - not on Windows

    found = {user.pw_uid: user.pw_name for user in pwd.getpwall() if user.pw_gid == group}
    try:
        names = grp.getgrgid(group).gr_mem
    except KeyError:
        return found
    for name in names:
        with suppress(KeyError):  # nobody has this name
            found[pwd.getpwnam(name).pw_uid] = name
    return found


def _is_volume(step: Path) -> bool:
    """Return whether a folder is a volume of a container: its runtime decides who else may write to it.

    Kubernetes gives everybody the right to write to an `emptyDir`. A folder from outside belongs to the user
    to whom it belongs there.
    """
    return _is_container() and step != Path(step.anchor) and step.is_mount()


@cache
def _is_container() -> bool:
    if "KUBERNETES_SERVICE_HOST" in os.environ or any(mark.exists() for mark in _MARKS):
        return True
    try:
        lines = _MOUNTS.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    roots = [fields[2] for line in lines if len(fields := line.split(" ")) > 2 and fields[1] == "/"]  # noqa: PLR2004
    return bool(roots) and roots[-1] in _CONTAINER_ROOTS


@cache
def _unmapped_owner() -> int | None:
    """Return the id that stands for all users outside of this container, None if there are none."""
    try:
        mapped = [line.split() for line in _ID_MAP.read_text().splitlines()]
        if any(int(count) >= _ALL_IDS for _, _, count in mapped):
            return None
        nobody = int(_OVERFLOW.read_text())
    except (OSError, ValueError):
        return None
    inside = any(int(first) <= nobody < int(first) + int(count) for first, _, count in mapped)
    return None if inside else nobody
