"""How the work of a function grows with its input, without a clock where that can be."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


def calls(function: Callable[[], object]) -> int:
    """Return how many calls of functions one call takes, those in C and the steps of generators included."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def slowdown(function: Callable[[int], Callable[[], object]], size: int) -> float:
    """Return how many times longer an input of eight times the size takes: 8 if linear, 64 if quadratic.

    `function` returns the work for a size. The least time of several runs counts, in processor time.
    """
    small, large = function(size), function(8 * size)
    floor = 0.0002  # less than this can't be measured
    return min(_seconds(large) for _ in range(3)) / max(min(_seconds(small) for _ in range(7)), floor)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.thread_time()  # what other threads do, such as those of servers, doesn't count
    work()
    return time.thread_time() - begun
