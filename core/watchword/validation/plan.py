"""What a validation calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ValidationPlan:
    """What a validation calls: absolute URL, verb, statuses of success, and its limits in seconds."""

    test_url: str | None
    http_method: str = "GET"
    expected_status: frozenset[int] = frozenset()
    counterfactual: bool = True
    timeout: float = 10.0
