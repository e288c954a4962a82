"""What every store of secrets can do: the contract of Google Secret Manager and the vault."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from watchword.errors import SecretError
from watchword.findings.codes import finding

MAX_BYTES = 65536
"""The largest secret in bytes: Google Secret Manager's limit, so that every secret can be moved there."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class SecretStore(Protocol):
    """Stores secrets by name, shared by all processes that may open it.

    A name is 1 to 255 letters, digits, `_` and `-`; a secret is at most 64 KiB. Every failure is a
    SecretError.
    """

    @property
    def scheme(self) -> str:
        """What stands before a connection's name on a command line: `local`, `gcp`."""

    @property
    def display_name(self) -> str:
        """The store's name for messages: `the vault sqlite:////…`, `Google Secret Manager of acme-prod`."""

    def get(self, name: str) -> bytes | None:
        """Return a secret, possibly from a cache, or None if there is none of that name."""

    def current(self, name: str) -> bytes | None:
        """Return a secret as it is stored now, never from a cache, or None if there is none of that name."""

    def put(self, name: str, payload: bytes) -> None:
        """Store a secret and replace the one of that name; durable on return."""

    def remove(self, name: str) -> bool:
        """Remove a secret and return whether it existed."""

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted."""

    def contents(self, prefix: str = "") -> Mapping[str, bytes | None]:
        """Return the secrets whose names begin with the prefix, sorted; they may come from a cache.

        One that can't be read is None, and `get` says why.
        """


def check_name(name: str) -> None:
    """Raise SecretError if a secret can't have this name."""
    if not _NAME.fullmatch(name):
        message = f"{name[:40]!r} can't be the name of a secret."
        raise SecretError([finding("secret_name_illegal", message)])


def check_size(name: str, payload: bytes) -> None:
    """Raise SecretError if a secret is too large."""
    if len(payload) > MAX_BYTES:
        message = f"The secret {name} has {len(payload)} bytes; the limit is {MAX_BYTES}."
        raise SecretError([finding("secret_too_large", message)])
