"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# No test asserts a time: on a busy machine the first example alone may take seconds.
settings.register_profile("watchword", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("watchword")
