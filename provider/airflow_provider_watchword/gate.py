"""What a report means for a task that waits for a valid credential, in a worker and in the triggerer."""

from __future__ import annotations

from typing import Literal

from watchword.findings.finding import Permanence
from watchword.findings.report import Report

OnInconclusive = Literal["fail", "pass", "wait"]


def is_open(report: Report, on_inconclusive: OnInconclusive) -> bool:
    """Return whether extraction may start."""
    return report.ok or (report.permanence is Permanence.INCONCLUSIVE and on_inconclusive == "pass")


def waits(report: Report, on_inconclusive: OnInconclusive) -> bool:
    """Return whether another validation may have another outcome."""
    if report.permanence is Permanence.INCONCLUSIVE:
        return on_inconclusive == "wait"
    return report.permanence is Permanence.TRANSIENT
