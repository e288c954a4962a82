"""Fingerprints of secrets: enough to recognise a secret, too little to learn it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def fingerprint(salt: bytes, parts: Sequence[object]) -> str:
    """Return the HMAC-SHA256 (RFC 2104) of plain values, in hexadecimal."""
    # In ASCII, since what `repr` escapes depends on the version of Unicode that a Python knows.
    return hmac.new(salt, ascii(tuple(parts)).encode(), hashlib.sha256).hexdigest()
