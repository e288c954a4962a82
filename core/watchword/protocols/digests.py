"""Hashes of texts that may be too big for the memory, and how bytes are written in a text."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")

WRITTEN: Mapping[str, Callable[[bytes], bytes]] = {
    "hex": lambda digest: digest.hex().encode(),
    "base64": b64encode,
    "raw": bytes,
}
"""The encodings of a hash, by the end of its name."""


def digest(hash_name: str, chunks: Iterable[bytes]) -> bytes:
    """Return the hash of a text in pieces."""
    hashed = hashlib.new(hash_name, usedforsecurity=False)
    for chunk in chunks:
        hashed.update(chunk)
    return hashed.digest()


def base64(chunks: Iterable[bytes]) -> bytes:
    """Return a text in base64 (RFC 4648 section 4)."""
    return b64encode(b"".join(chunks))


def percent_encoded(chunks: Iterable[bytes]) -> bytes:
    """Return a text percent-encoded, all but letters, digits and `-._~` (RFC 3986 section 2.3)."""
    return quote(b"".join(chunks), safe="").encode()


def _hash(hash_name: str, write: Callable[[bytes], bytes]) -> Callable[[Iterable[bytes]], bytes]:
    return lambda chunks: write(digest(hash_name, chunks))


HASH_FORMS: Mapping[str, Callable[[Iterable[bytes]], bytes]] = {
    f"{hash_name}_{encoding}": _hash(hash_name, write)
    for hash_name in HASHES
    for encoding, write in WRITTEN.items()
}
"""Every hash in every encoding by its name, such as `sha256_hex`."""
