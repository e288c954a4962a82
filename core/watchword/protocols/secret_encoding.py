"""The encodings of an HMAC secret's text; apart from `keys`, which only signing needs."""

from __future__ import annotations

from typing import Literal, TypeAlias

SecretEncoding: TypeAlias = Literal["utf8", "base64", "base64url", "hex"]
"""How the text of an HMAC secret becomes bytes; both base64 names accept either alphabet."""
