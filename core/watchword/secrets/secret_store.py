"""Where secrets are kept by name: what Google Secret Manager and the vault have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from watchword.errors import SecretError
from watchword.findings.codes import finding

LARGEST = 65536
"""The largest secret in bytes: Google Secret Manager's limit, so that all can be moved there."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class SecretStore(Protocol):
    """Keeps secrets by name, for all who may open it.

    Names are letters, digits, `_` and `-`, 255 at most; a secret is at most 64 KiB. Every failure is a
    SecretError, or, of the vault's database, a StoreError.
    """

    @property
    def display_name(self) -> str:
        """What it is, for messages: `the vault sqlite:////…`, `Google Secret Manager of acme-prod`."""

    def get(self, name: str) -> bytes | None:
        """Return a secret; None where there is none of that name."""

    def current(self, name: str) -> bytes | None:
        """Return a secret as it is by now, whatever is known of it; None where there is none of that name."""

    def put(self, name: str, payload: bytes) -> None:
        """Keep a secret in the place of what there was; durable on return."""

    def remove(self, name: str) -> bool:
        """Forget a secret and return whether there was one."""

    def names(self, prefix: str = "") -> Sequence[str]:
        """Return the names that begin with the prefix, sorted."""


def check_name(name: str) -> None:
    """Raise SecretError for what is no name of a secret."""
    if not _NAME.fullmatch(name):
        message = f"{name[:40]!r} can't be the name of a secret."
        raise SecretError([finding("secret_name_illegal", message)])


def check_size(name: str, payload: bytes) -> None:
    """Raise SecretError for a secret that is too large."""
    if len(payload) > LARGEST:
        message = f"The secret {name} has {len(payload)} bytes, which are more than {LARGEST}."
        raise SecretError([finding("secret_too_large", message)])
