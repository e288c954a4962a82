"""The usual run of the tests, and the nightly one, which repeats more and combines more.

With WATCHWORD_NIGHTLY=1 a run is a nightly one. Only this module reads the variable. What a test claims is
the same in both: a usual run tries it less often, or on fewer of the combinations that repeat one another.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from typing import TypeVar

import pytest

IS_NIGHTLY = os.environ.get("WATCHWORD_NIGHTLY", "0") != "0"

Thing = TypeVar("Thing")


def usually(usual: Thing, nightly: Thing) -> Thing:
    """Return the first in a usual run and the second in a nightly one, such as a number of repetitions."""
    return nightly if IS_NIGHTLY else usual


def rest_nightly(values: Iterable[str], usual: Collection[str]) -> list[object]:
    """Return parameters of a test: a usual run tries only those in `usual`, each of which must be a value."""
    values = list(values)
    if unknown := set(usual) - set(values):
        raise ValueError(f"a usual run can't try what is never tried: {sorted(unknown)}")
    return [value if value in usual else pytest.param(value, marks=pytest.mark.nightly) for value in values]
