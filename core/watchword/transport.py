"""How bytes travel: time limits, certificates, proxy and retries of a connection."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Any

DEFAULT_TIMEOUT = 30.0
"""Longest wait for a connection, and for each piece of an answer, in seconds."""


@dataclass(frozen=True)
class Transport:
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

    @cached_property
    def _cert(self) -> str | tuple[str, str]:
        certificate = self._path(self.client_certificate or "")
        return (certificate, self._path(self.client_private_key)) if self.client_private_key else certificate

    @cached_property
    def _files(self) -> list[IO[str]]:
        return []

    def _path(self, pem_or_path: str) -> str:
        """Return a path, since the TLS library takes no text; a file of ours is 0600 and goes with us."""
        if "-----BEGIN" not in pem_or_path:
            return pem_or_path
        file = tempfile.NamedTemporaryFile("w", prefix="watchword-", suffix=".pem")  # noqa: SIM115
        file.write(pem_or_path)
        file.flush()
        self._files.append(file)
        return file.name
