"""What a report means for a task that waits for a valid credential, in a worker and in the triggerer."""

from __future__ import annotations

from typing import Literal

from watchword.findings.finding import Permanence
from watchword.findings.report import Report

OnInconclusive = Literal["fail", "pass", "wait"]


def is_open(report: Report, on_inconclusive: OnInconclusive) -> bool:
    """Return whether extraction may start."""
    return report.ok or (report.permanence is Permanence.INCONCLUSIVE and on_inconclusive == "pass")


def next_pause(report: Report, interval: float, remaining: float) -> float:
    """Return how long to wait before the next validation, in seconds.

    It is the interval, or longer if the API asks for that (Retry-After), but ends with the time that remains.
    """
    return max(0.0, min(max(interval, report.deciding.retry_after or 0.0), remaining))


def waits(report: Report, on_inconclusive: OnInconclusive) -> bool:
    """Return whether another validation may have another outcome."""
    if report.permanence is Permanence.INCONCLUSIVE:
        return on_inconclusive == "wait"
    return report.permanence is Permanence.TRANSIENT
