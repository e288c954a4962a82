"""Settings of all tests."""

from __future__ import annotations

import gc
import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.support.nightly import IS_NIGHTLY, usually

# A shell lets what it starts in the background ignore Ctrl-C, and so would the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test asserts a time: on a busy machine the first example alone may take seconds. A usual run tries the
# same examples each time, so that its result depends on the commit alone. The nightly one looks for new ones.
settings.register_profile(
    "watchword",
    deadline=None,
    derandomize=not IS_NIGHTLY,
    max_examples=usually(100, 500),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("watchword")


_LONGEST_NIGHTLY = 1200.0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests that are marked as nightly to nightly runs. They aren't skipped: CI fails on skips.

    In a nightly run a property test tries many examples: it may take longer than others.
    """
    for item in items if IS_NIGHTLY else []:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.timeout(_LONGEST_NIGHTLY))
    nightly = [] if IS_NIGHTLY else [item for item in items if item.get_closest_marker("nightly")]
    if nightly:
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what was imported and collected: it stays until the end anyway."""
    gc.collect()
    gc.freeze()
