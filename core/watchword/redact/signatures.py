"""Mask what is made for one request only, by the name before it or by its form: signatures and JWTs."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"

# Signatures of OAuth 1.0, AWS and Digest.
_NAMES = ("x-amz-signature", "oauth_signature", "signature", "response")

JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""Anything in the compact form of a signed JWT (RFC 7515 section 7.1): its parts are JSON in base64url."""

# In others' texts only where a word begins: base64 that repeats `eyJ` would take quadratic time.
_JWT_WORD = re.compile(rf"(?<![A-Za-z0-9_-]){JWT.pattern}")

_MOST_NAMES = 100
"""So many further names are known at most: each is a name in some connection's document."""


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(map(re.escape, names))
    return re.compile(rf"(?i)(\b(?:{alternatives})(?:=|%3D)(?:\"|%22)?)[A-Za-z0-9%+/=_-]{{16,}}")


class SignatureNames:
    """The names of parameters that hold signatures; of too many, the oldest are forgotten."""

    def __init__(self) -> None:
        self._further: tuple[str, ...] = ()
        self._pattern = _pattern(_NAMES)

    def add(self, names: Iterable[str]) -> None:
        """Mask what stands behind these names too."""
        added = {name.lower(): None for name in names if name and name.lower() not in _NAMES}
        former = set(self._further)
        # A name that is added again is a new one: the connection that has it is in use.
        in_order = (*(name for name in self._further if name not in added), *added)
        self._further = in_order[-_MOST_NAMES:]
        if former != set(self._further):
            self._pattern = _pattern((*_NAMES, *self._further))

    def masked(self, text: str) -> str:
        """Return the text without signatures and JWTs."""
        return _JWT_WORD.sub(MASK, self._pattern.sub(rf"\g<1>{MASK}", text))
