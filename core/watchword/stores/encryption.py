"""Encryption at rest: AES-256-GCM, bound to the place where the content is stored."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import secrets
from collections.abc import Sequence

from watchword import redact
from watchword.findings.codes import finding
from watchword.tokens.token_store import StoreError

_NONCE = 12
"""Length of a nonce in bytes, always random (NIST SP 800-38D section 8.2.2)."""

_KEY = re.compile(r"[A-Za-z0-9_-]{43}=?")
"""32 bytes in base64url (RFC 4648 section 5)."""

_KEY_ADVICE = (
    "Give the key that the store was written with; for a new store, base64url of 32 bytes, as made by: "
    "python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
)


class Keyring(redact.NeverPickled):
    """The keys of a store, 32 bytes each: the first one encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - loads at first use
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - loads at first use

        self._wrong = InvalidTag
        self._ciphers = [AESGCM(key) for key in keys]

    def seal(self, content: bytes, *place: object) -> bytes:
        """Return the content encrypted with the first key; it opens only in the same place."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, content, _bound(place))

    def opened(self, sealed: bytes, *place: object) -> bytes | None:
        """Return what was sealed in that place; None if no key opens it."""
        bound = _bound(place)
        for cipher in self._ciphers:
            with contextlib.suppress(self._wrong, ValueError):  # ValueError: it is too short
                return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
        return None


def _bound(place: Sequence[object]) -> bytes:
    return json.dumps(place).encode()


def new_key() -> str:
    """Return a new key as text."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


def read_keys(text: str, source: str, display_url: str) -> list[bytes]:
    """Return the keys in a comma-separated text, and mask them.

    Raises StoreError with the position of a malformed key; `source` says where the text comes from.
    """
    parts = [part.strip() for part in text.split(",")]
    redact.register(parts)
    for number, part in enumerate(parts, 1):
        if not _KEY.fullmatch(part):
            which = f"Key {number} of {len(parts)}" if len(parts) > 1 else "The key"
            message = f"{which} in {source}, for the token store {display_url}, is not base64url of 32 bytes."
            raise StoreError([finding("store_key_wrong", message, advice=_KEY_ADVICE)])
    return [base64.urlsafe_b64decode(part.rstrip("=") + "=") for part in parts]


def unopened(display_url: str, what: str, *, advice: str = "") -> StoreError:
    """Return the error that no key opens something in a store."""
    message = f"No key opens {what} in the token store {display_url}: it is of another key, or was altered."
    return StoreError([finding("store_key_wrong", message, advice=advice)])
