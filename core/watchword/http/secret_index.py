"""An index of secrets: one pass over a text finds whether it holds one of them, however many there are."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection

from watchword.http.decodings import folded
from watchword.redact import NeverPickled

_STEP = 4
"""The distance between the pieces of a text that are looked up, in bytes."""

_WIDE, _NARROW = 8, 4
"""The lengths of the pieces; narrow ones, which many texts have by chance, are for the shortest secrets."""

_FORMAT = {_WIDE: "Q", _NARROW: "I"}

_SHORTEST_PART = 8
_FEW_SECRETS = 50
"""As many secrets are looked for one after another, which is faster than the index."""

_FEW = 4
"""How many secrets may have a piece in common before another piece is looked for."""


class SecretIndex(NeverPickled):
    """Secrets by pieces of a few bytes, as which a text is read.

    For each secret the index has the pieces at four places next to each other: every text that holds the
    secret has one of them at a multiple of four. With a piece goes its place in the secret and the secret's
    length, so that the text's own bytes at that place can be looked up among the secrets.
    """

    def __init__(self) -> None:
        self.short: frozenset[str] = frozenset()
        self._forms: dict[str, set[bytes]] = {}
        self._secrets: set[bytes] = set()
        self._pieces: dict[int, dict[int, set[tuple[int, int]]]] = {_WIDE: {}, _NARROW: {}}

    def update(self, secrets: Collection[str]) -> None:
        """Hold exactly these secrets."""
        for gone in [secret for secret in self._forms if secret not in secrets]:
            del self._forms[gone]
        new = {secret: folded(secret) for secret in secrets if secret not in self._forms}
        self._forms |= new
        self._secrets = set().union(*self._forms.values())
        self.short = frozenset(secret for secret in self._forms if len(secret) < _SHORTEST_PART)
        if sum(map(len, self._pieces.values())) > 2 * _STEP * len(self._secrets) + 1000:  # most are outdated
            self._pieces, new = {_WIDE: {}, _NARROW: {}}, self._forms
        for forms in new.values():
            for form in forms:
                self._add(form)

    def found_in(self, text: bytes) -> bool:
        """Return whether the text, which is one of `decodings`, holds one of the secrets."""
        if len(self._secrets) <= _FEW_SECRETS:
            return any(secret in text for secret in self._secrets)
        return any(
            self._found(text, width, first) for width, first in ((_WIDE, 0), (_WIDE, _STEP), (_NARROW, 0))
        )

    def _found(self, text: bytes, width: int, first: int) -> bool:
        known = self._pieces[width]
        whole = max(len(text) - first, 0) // width * width
        pieces = array(_FORMAT[width], text[first : first + whole])
        if not known or known.keys().isdisjoint(pieces):
            return False
        return any(
            text[first + place * width - before : first + place * width - before + length] in self._secrets
            for place, piece in enumerate(pieces)
            if piece in known
            for before, length in tuple(known[piece])
        )

    def _add(self, secret: bytes) -> None:
        width = _WIDE if len(secret) >= _WIDE + _STEP - 1 else _NARROW
        known, last = self._pieces[width], len(secret) - width - _STEP + 1
        for start in (last, last // 2, 0):  # the end or the beginning of many secrets may be the same
            pieces = [_number(secret[at : at + width]) for at in range(start, start + _STEP)]
            if all(len(known.get(piece, ())) < _FEW for piece in pieces):
                break
        for at, piece in enumerate(pieces, start):
            known.setdefault(piece, set()).add((at, len(secret)))


def _number(piece: bytes) -> int:
    return int.from_bytes(piece, sys.byteorder)
