"""What makes a signature: an HMAC (RFC 2104), or a plain hash of a text that has the secret in it."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

from watchword.redact import NeverPickled

SignatureType: TypeAlias = Literal["hmac", "hash"]
HashAlgorithm: TypeAlias = Literal["SHA256", "SHA512", "SHA384", "SHA1", "MD5"]
SignatureEncoding: TypeAlias = Literal["hex", "HEX", "base64", "base64url", "base64url_padded", "hex_base64"]

_WRITTEN: Mapping[SignatureEncoding, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "HEX": lambda digest: digest.hex().upper(),
    "base64": lambda digest: b64encode(digest).decode("ascii"),
    "base64url": lambda digest: urlsafe_b64encode(digest).decode("ascii").rstrip("="),
    "base64url_padded": lambda digest: urlsafe_b64encode(digest).decode("ascii"),
    "hex_base64": lambda digest: b64encode(digest.hex().encode()).decode("ascii"),
}


@dataclass(frozen=True)
class Mac(NeverPickled):
    """Signs texts with one secret; a plain hash leaves the secret to the text."""

    secret: bytes = field(repr=False)
    signature_type: SignatureType = "hmac"
    hash_algorithm: HashAlgorithm = "SHA256"
    encoding: SignatureEncoding = "hex"

    def signature(self, chunks: Iterable[bytes]) -> str:
        """Return the signature of a text in pieces; raises ValueError if this machine forbids the hash."""
        name, is_hmac = self._hash_name, self.signature_type == "hmac"
        hashed = hmac.new(self.secret, None, name) if is_hmac else hashlib.new(name)
        for chunk in chunks:
            hashed.update(chunk)
        return _WRITTEN[self.encoding](hashed.digest())

    def hmac(self, chunks: Iterable[bytes]) -> str:
        """Return the HMAC of a text in pieces, written like the signature, whatever its type."""
        return replace(self, signature_type="hmac").signature(chunks)

    @cached_property
    def _hash_name(self) -> str:
        return self.hash_algorithm.lower()
