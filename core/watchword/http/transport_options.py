"""How bytes travel: time limits, certificates, proxy and retries of a connection."""

from __future__ import annotations

import os
import tempfile
import weakref
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

DEFAULT_TIMEOUT = 30.0
"""Longest wait for a connection, and for each piece of an answer, in seconds."""


@dataclass(frozen=True)
class TransportOptions:
    """The transport options of one connection, secrets resolved.

    `timeout` is in seconds; `retries` counts the further tries of an idempotent request;
    certificate and key are PEM text or a file's path.
    """

    timeout: float = DEFAULT_TIMEOUT
    retries: int = 0
    verify: bool = True
    ca_bundle: str | None = None
    client_certificate: str | None = field(default=None, repr=False)
    client_private_key: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)

    def overrides(self, *, credentials: bool = True) -> dict[str, Any]:
        """Return the options of `requests` that the connection sets itself.

        They win over the environment's, since a connection's own bundle or proxy is the more
        precise wish. Without `credentials` the client certificate is left out.
        """
        options: dict[str, Any] = {}
        if self.ca_bundle or not self.verify:
            options["verify"] = self.ca_bundle if self.verify else False
        if self.proxy:
            options["proxies"] = {"http": self.proxy, "https": self.proxy}
        if self.client_certificate and credentials:
            options["cert"] = self._cert
        return options

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two transports the same, for whoever shares something between connections."""
        return (self.verify, self.ca_bundle, self.client_certificate, self.client_private_key, self.proxy)

    @cached_property
    def _cert(self) -> str | tuple[str, str]:
        certificate = self._path(self.client_certificate or "")
        return (certificate, self._path(self.client_private_key)) if self.client_private_key else certificate

    def _path(self, pem_or_path: str) -> str:
        """Return a path, since the TLS library takes no text; a file of ours is 0600 and goes with us."""
        if not is_pem(pem_or_path):
            return pem_or_path
        number, path = tempfile.mkstemp(prefix="watchword-", suffix=".pem")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(pem_or_path)
        weakref.finalize(self, _remove, path, os.getpid())
        return path


def is_pem(text: str) -> bool:
    """Return whether a certificate or key is given as text rather than as a file's path."""
    return "-----BEGIN" in text


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child ends before its parent does
        Path(path).unlink(missing_ok=True)
