"""The index of masked forms: it finds what a regular expression would find, and its work stays small."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from watchword.redact import index as index_module
from watchword.redact.index import Index

FORMS = st.sets(st.text("ab\u00e9", min_size=4, max_size=12), max_size=40)


def index_of(forms):
    index = Index()
    for form in forms:
        index.add(form.encode())
    return index


def found(index, text):
    data = text.encode()
    return [data[start:end].decode() for start, end in index.matches(data)]


@given(FORMS, FORMS, st.text("ab\u00e9x", max_size=60))
def test_it_finds_what_a_regular_expression_of_all_forms_finds(forms, removed, text):
    """At each place, from left to right, the longest form is found; removed forms are not."""
    index = index_of(forms | removed)
    for form in removed - forms:
        index.remove(form.encode())
    pattern = "|".join(map(re.escape, sorted(forms, key=len, reverse=True))) or "(?!)"
    assert found(index, text) == re.findall(pattern, text)


def test_it_finds_as_much_among_many_forms_as_among_few():
    """The search for many forms, which looks at every four bytes, finds a form at any place."""
    index = index_of(f"{number:04}-secret" for number in range(1000))
    assert found(index, "0000-secret") == ["0000-secret"]
    for shift in range(9):
        assert found(index, f"{'.' * shift}0500-secret{'.' * shift}0999-secret") == [
            "0500-secret",
            "0999-secret",
        ]


def test_a_longer_form_that_does_not_fit_hides_no_shorter_one():
    """Of nested forms, the longest one that fits is found, however many longer ones begin alike."""
    nested = ["b" * length for length in range(4, 300)]
    index = index_of([*nested, *(f"{form}a" for form in nested)])
    assert found(index, f"{'b' * 50}c") == ["b" * 50]
    assert found(index, f"{'b' * 50}aa") == [f"{'b' * 50}a"]
    assert found(index, "bbbc") == []


class Counted(bytes):
    """Bytes that count how often a bucket compares them with a text."""

    comparisons = 0

    def __lt__(self, other):
        Counted.comparisons += 1
        return bytes(self) < bytes(other)

    def __gt__(self, other):
        Counted.comparisons += 1
        return bytes(self) > bytes(other)


def comparisons(count, forms_of):
    """Return how many comparisons one search takes among so many forms that begin alike."""
    forms = [Counted(form.encode()) for form in forms_of(count)]
    bucket = index_module._Bucket(sorted(forms), max(map(len, forms)))
    Counted.comparisons = 0
    for text in (b"eyJhbGciOiJSUzI1NiJ9.", b"eyJhbGciOiJSUzI1NiJ9." * 20, b"eyJhzzzz"):
        bucket.longest_at(text, 0)
    return Counted.comparisons


def test_many_forms_that_begin_alike_cost_few_comparisons():
    """Among a thousand times more tokens with one header, a search takes a few comparisons more."""

    def tokens(count):
        return [f"eyJhbGciOiJSUzI1NiJ9.{number:06}" + "x" * (number % 700) for number in range(count)]

    few, many = comparisons(10, tokens), comparisons(10_000, tokens)
    assert few > 0  # they were counted
    assert many < few + 3 * 12  # the logarithm of a thousand is ten, for each of three texts


def test_an_emptied_index_holds_nothing():
    """Nothing remains of forms that were removed."""
    forms = [f"{number:04}-secret" for number in range(1000)]
    index = index_of(forms)
    for form in forms:
        index.remove(form.encode())
    assert index._buckets == {}
    assert found(index, "0500-secret") == []
