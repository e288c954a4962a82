"""The private key of a client as the TLS library reads it: from a file, and never in clear."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property

from watchword.redact import NeverPickled


@dataclass(frozen=True)
class PrivateKeyFile(NeverPickled):
    """A private key in PEM as it is written to a file: encrypted by a random passphrase of this process.

    So a file that is left behind, because the process was killed, can't be opened.
    """

    pem: str = field(repr=False)

    @cached_property
    def passphrase(self) -> str:
        """The passphrase, which is nowhere but in this process's memory."""
        return secrets.token_urlsafe(32)

    @cached_property
    def content(self) -> str:
        """The key as the file holds it; raises ValueError if it isn't a private key without a passphrase."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - few connections have a key

        # The TLS library validates it again.
        key = serialization.load_pem_private_key(self.pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        return key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(self.passphrase.encode()),
        ).decode("ascii")
