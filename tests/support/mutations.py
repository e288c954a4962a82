"""Structures that are almost right: parts of a right one, replaced by others."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.support.hostile_texts import HOSTILE

KINDS: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**9, "", "é\x00", [], {}, [[]], [{}]),
    *(["a", "b"], {"": ""}, {"a": {"b": []}}, 10**4000, float("nan")),
)

CHANGES = st.lists(st.integers(0, 10**7), min_size=1, max_size=4)
"""Each number is a change: it chooses a part, and the value that replaces it."""


def changed(content: Any, changes: Iterable[int], texts: Sequence[str]) -> Any:
    """Return a copy of a structure with changes; one may replace a part of what another has added."""
    root = [copy.deepcopy(content)]
    values = (*KINDS, *HOSTILE, *texts)
    for number in changes:
        places = list(_places(root))
        container, key = places[number // len(values) % len(places)]
        container[key] = copy.deepcopy(values[number % len(values)])
    return root[0]


def _places(container: Any) -> Iterable[tuple[Any, Any]]:
    keys = list(container) if isinstance(container, dict) else range(len(container))
    for key in keys:
        yield container, key
        if isinstance(container[key], (dict, list)):
            yield from _places(container[key])
