"""Secrets by name in the memory of one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchword.redact import NeverPickled


class MemoryVault(NeverPickled):
    """Stores secrets unencrypted; each call is one operation on a dict, so no lock is needed."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "MemoryVault()"

    def get(self, name: str) -> bytes | None:
        """Return a secret; None if there is none of that name."""
        return self._kept.get(name)

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret in the place of the former one."""
        self._kept[name] = payload

    def remove(self, name: str) -> bool:
        """Delete a secret and return whether there was one."""
        return self._kept.pop(name, None) is not None

    def names(self) -> Sequence[str]:
        """Return every name."""
        return list(self._kept)

    def contents(self) -> Mapping[str, bytes | None]:
        """Return every secret by name."""
        return dict(self._kept)
