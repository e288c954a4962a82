"""Who holds a lease: a process whose end others on the same machine can see, so that they needn't wait."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_PROCESS_IDS = Path("/proc/self/ns/pid")
"""The namespace in which a process id means one process; each container has its own."""


def new_owner() -> str:
    """Return a new owner of a lease: a random text, and where the system tells it, this process."""
    return " ".join([secrets.token_hex(8), *_place(), str(os.getpid())])


def is_gone(owner: str) -> bool:
    """Return whether the owner's process has certainly ended; False wherever that is not known."""
    _, *place, process = owner.split(" ") if " " in owner else (owner, "")
    if not place or place != _place() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)  # asks only whether the process exists
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # it is another user's, or no process id at all
        return False
    return False


def _place() -> list[str]:
    """Return what this machine's processes share until it is started again; empty where that isn't known."""
    try:
        return [_BOOT.read_text().strip(), str(_PROCESS_IDS.readlink())]
    except (OSError, AttributeError):
        return []
