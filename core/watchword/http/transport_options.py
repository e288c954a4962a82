"""The transport options of a connection: time limit, certificates, proxy and retries."""

from __future__ import annotations

import os
import tempfile
import weakref
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.http.networks import AllowedNetworks
from watchword.http.private_key_file import PrivateKeyFile
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    import ssl

DEFAULT_TIMEOUT = 30.0
"""Longest wait for a network connection, and for each part of a response, in seconds."""


@dataclass(frozen=True)
class TransportOptions(NeverPickled):
    """The transport options of one connection, with its secrets resolved.

    `timeout` is in seconds; `retries` is the number of further tries of an idempotent request;
    certificate and key are PEM text or the path of a file, the key without a passphrase; `networks` are the
    addresses that may be connected to, None for all. `named` is how the document names certificate and key,
    if they were read already.
    """

    timeout: float = DEFAULT_TIMEOUT
    retries: int = 0
    verify: bool = True
    ca_bundle: str | None = None
    client_certificate: str | None = field(default=None, repr=False)
    client_private_key: str | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    networks: AllowedNetworks | None = None
    named: tuple[str | None, str | None] | None = field(default=None, repr=False)

    def overrides(self, *, credentials: bool = True) -> dict[str, Any]:
        """Return the options of `requests` that the connection sets itself.

        They override the environment's, since a connection's own bundle or proxy is more specific.
        Without `credentials` the client certificate is left out.
        """
        options: dict[str, Any] = {}
        if self.ca_bundle or not self.verify:
            options["verify"] = self.authorities if self.verify else False
        if self.proxy:
            options["proxies"] = {"http": self.proxy, "https": self.proxy}
        if self.client_certificate and credentials:
            options["cert"] = self._cert
        return options

    @property
    def identity(self) -> tuple[object, ...]:
        """The values in which two connections must agree to share something that is sent this way.

        Certificate and key count by their names, since the content of a file may be renewed.
        """
        named = self.named or (self.client_certificate, self.client_private_key)
        return (self.verify, self.ca_bundle, *named, self.proxy)

    @property
    def key_password(self) -> str:
        """The passphrase of the key's file in `overrides`; "" if it has none.

        It must always be handed on: without one the TLS library asks for it at the terminal, and waits.
        """
        return self._key_file.passphrase if self._key_file else ""

    def load_certificate(self, context: ssl.SSLContext) -> None:
        """Load the client certificate, if there is one, into a TLS context.

        Raises:
            DocumentError: certificate or key can't be read, or they don't belong together.
        """
        if not self.client_certificate:
            return
        certificate, key = self._cert if isinstance(self._cert, tuple) else (self._cert, None)
        try:
            context.load_cert_chain(certificate, key, password=self.key_password)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            message = f"The client certificate or its key can't be read: {reason}."
            advice = (
                "Give a certificate and its own key; a key with a passphrase needs client_key_passphrase."
            )
            raise DocumentError([finding("key_unreadable", message, advice=advice)]) from None

    @cached_property
    def authorities(self) -> str | None:
        """The path of the certificate authorities to trust; None for the usual ones."""
        return self._path(self.ca_bundle) if self.ca_bundle else None

    @cached_property
    def _key_file(self) -> PrivateKeyFile | None:
        is_text = self.client_private_key and is_pem(self.client_private_key)
        return PrivateKeyFile(self.client_private_key or "") if is_text else None

    @cached_property
    def _cert(self) -> str | tuple[str, str]:
        certificate = self._path(self.client_certificate or "")
        if not self.client_private_key:
            return certificate
        key = self._key_file
        return certificate, self._path(key.content if key else self.client_private_key)

    def _path(self, pem_or_path: str) -> str:
        """Return a path, since the TLS library takes no text; our own file is 0600 and deleted with this."""
        if not is_pem(pem_or_path):
            return pem_or_path
        number, path = tempfile.mkstemp(prefix="watchword-", suffix=".pem")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(pem_or_path)
        weakref.finalize(self, _remove, path, os.getpid())
        return path


def is_pem(text: str) -> bool:
    """Return whether a certificate or key is given as text rather than as the path of a file."""
    return "-----BEGIN" in text


def _remove(path: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child may end before its parent
        Path(path).unlink(missing_ok=True)
