"""Validate a connection in an event loop of asyncio: the same procedure, with httpx as its driver."""

from __future__ import annotations

import asyncio
import time

from watchword.findings.finding import Finding
from watchword.findings.report import Report
from watchword.validation.plan import ValidationPlan
from watchword.validation.procedure import report_of, steps_of
from watchword.validation.steps import Step, Steps
from watchword.validation.subject import Subject


async def avalidate(subject: Subject, plan: ValidationPlan) -> Report:
    """Validate without blocking the event loop; the report is that of `validate`.

    Args:
        subject: the connection; a `watchword.Connection` is one.
        plan: what is called; the document completes what the plan leaves out.

    Raises:
        ImportError: httpx is missing; the message names the extra.
    """
    from watchword.validation.async_probe import AsyncProbe  # noqa: PLC0415 - needs an extra

    started = time.monotonic()
    plan = plan.completed(subject.credential.document)
    findings: list[Finding] = []
    steps = steps_of(subject, plan, findings)
    probe = AsyncProbe(subject, plan)
    outcome: object = None
    try:
        while True:
            step = await asyncio.to_thread(_next, steps, outcome)  # the first one may read files and secrets
            if isinstance(step, Finding):
                return report_of(step, findings, started)
            outcome = await probe.take(step)
    finally:
        await probe.close()


def _next(steps: Steps, outcome: object) -> Step | Finding:
    """Return the next step, or the deciding finding: a thread can't raise StopIteration."""
    try:
        return steps.send(outcome)
    except StopIteration as end:
        deciding: Finding = end.value
        return deciding
