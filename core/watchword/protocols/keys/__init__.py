"""Keys from whatever text they were pasted as: repaired where that is safe, explained where not."""

from __future__ import annotations

from watchword.protocols.keys.reading import PrivateKey, read_private_key
from watchword.protocols.keys.secret import read_secret

__all__ = ["PrivateKey", "read_private_key", "read_secret"]
