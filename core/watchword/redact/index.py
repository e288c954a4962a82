"""The index of all masked forms: it finds them in a text, however many there are and whatever they are.

An automaton (Aho-Corasick) or a regular expression would have to be built anew for each new secret. Here,
forms that begin with the same four bytes share a bucket. A search looks at every four bytes of a text. Only
where a form begins like them does it look further: a few comparisons in sorted order find the longest form.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from functools import cached_property

_WORD = 4
"""The number of bytes that the forms of a bucket begin with; no form is shorter."""

_FEW = 16
"""So many buckets or fewer, the common case, are searched for one by one, which is faster then."""


class Index:
    """Finds registered forms in UTF-8 text. Readers need no lock; those who change it need one."""

    def __init__(self) -> None:
        self._buckets: dict[int, _Bucket] = {}
        self._few: tuple[bytes, ...] | None = ()

    def add(self, form: bytes) -> None:
        """Add a form that isn't there."""
        word = _word(form)
        bucket = self._buckets.get(word)
        self._buckets[word] = bucket.with_form(form) if bucket else _Bucket([form], len(form))
        self._choose_search()

    def remove(self, form: bytes) -> None:
        """Remove a form that is there."""
        word = _word(form)
        rest = self._buckets[word].without_form(form)
        if rest.forms:
            self._buckets[word] = rest
        else:
            del self._buckets[word]
            self._choose_search()

    def matches(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield start and end of each form in the data: leftmost first, the longest at each place."""
        end = 0
        for start in self.candidates(data):
            if start >= end and (length := self.longest_at(data, start)):
                end = start + length
                yield start, end

    def longest_at(self, data: bytes, start: int) -> int:
        """Return the length of the longest form that begins at a place in the data, 0 if none does."""
        bucket = self._buckets.get(_word(data[start : start + _WORD]))
        return bucket.longest_at(data, start) if bucket else 0

    def candidates(self, data: bytes) -> list[int]:
        """Return the places at which the data has the first bytes of a form, in order."""
        few = self._few
        if few is not None and not any(word in data for word in few):
            return []
        buckets = self._buckets
        found: list[int] = []
        for offset in range(min(_WORD, len(data))):
            end = len(data) - (len(data) - offset) % _WORD
            words = memoryview(data)[offset:end].cast("I").tolist()
            if not buckets.keys().isdisjoint(words):
                found.extend(offset + _WORD * place for place, word in enumerate(words) if word in buckets)
        return sorted(found)

    def _choose_search(self) -> None:
        few = len(self._buckets) <= _FEW
        self._few = tuple(word.to_bytes(_WORD, sys.byteorder) for word in self._buckets) if few else None


def _word(data: bytes) -> int:
    """Return the first four bytes as the number that a memoryview shows."""
    return int.from_bytes(data[:_WORD], sys.byteorder)


class _Bucket:
    """The forms that begin with the same bytes, sorted. It never changes: its index puts in another one."""

    def __init__(self, forms: list[bytes], longest: int) -> None:
        self.forms = forms
        self.longest = longest
        self._chains: dict[bytes, tuple[bytes, ...]] = {}

    def with_form(self, form: bytes) -> _Bucket:
        """Return a bucket with one more form."""
        forms = self.forms.copy()
        insort(forms, form)
        return _Bucket(forms, max(self.longest, len(form)))

    def without_form(self, form: bytes) -> _Bucket:
        """Return a bucket with one form less."""
        forms = self.forms.copy()
        del forms[bisect_left(forms, form)]
        longest = self.longest if len(form) < self.longest else max(map(len, forms), default=0)
        return _Bucket(forms, longest)

    def longest_at(self, data: bytes, start: int) -> int:
        """Return the length of the longest form that begins at a place in the data, 0 if none does.

        In sorted order, all forms that the data begins with there are prefixes of its nearest predecessor.
        """
        text = data[start : start + self.longest]
        place = bisect_right(self.forms, text)
        if not place:
            return 0
        nearest = self.forms[place - 1]
        if text.startswith(nearest):
            return len(nearest)
        chain = self._chain(nearest)
        fitting = bisect_left(chain, True, key=lambda form: not text.startswith(form))  # noqa: FBT003
        return len(chain[fitting - 1]) if fitting else 0

    def _chain(self, form: bytes) -> tuple[bytes, ...]:
        """Return the other forms that a form begins with, the shortest first; most forms have none."""
        known = self._chains.get(form)
        if known is None:
            chain: list[bytes] = []
            parent = self._parents.get(form)
            while parent is not None:
                chain.append(parent)
                parent = self._parents.get(parent)
            known = self._chains[form] = tuple(reversed(chain))
        return known

    @cached_property
    def _parents(self) -> dict[bytes, bytes]:
        """The longest other form that a form begins with, for each form that begins with another one."""
        parents: dict[bytes, bytes] = {}
        begun: list[bytes] = []
        for form in self.forms:
            while begun and not form.startswith(begun[-1]):
                begun.pop()
            if begun:
                parents[form] = begun[-1]
            begun.append(form)
        return parents
