"""Validate a connection in an event loop of asyncio: the same procedure, with httpx as its driver."""

from __future__ import annotations

import time
from functools import partial

from watchword.findings.finding import Finding
from watchword.findings.report import Report
from watchword.http.origins import host
from watchword.validation.in_loops import on_thread, turn
from watchword.validation.plan import ValidationPlan
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.procedure import report_of, steps_of
from watchword.validation.steps import Step, Steps
from watchword.validation.subject import Subject

_LONG = 1 << 14
"""A longer body, in characters, is looked at on a thread."""


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
    try:
        step = await on_thread(partial(_next, steps, None))  # it reads the document's files and secrets
        async with turn(host(plan.test_url or "")):
            while not isinstance(step, Finding):
                outcome = await probe.take(step)
                step = await _following(steps, outcome)
    finally:
        await probe.close()
    return report_of(step, findings, started)


async def _following(steps: Steps, outcome: object) -> Step | Finding:
    """Return the next step; only a long body takes long to look at."""
    if isinstance(outcome, ProbeResponse) and len(outcome.text) > _LONG:
        return await on_thread(partial(_next, steps, outcome))
    return _next(steps, outcome)


def _next(steps: Steps, outcome: object) -> Step | Finding:
    """Return the next step, or the deciding finding: a thread can't raise StopIteration."""
    try:
        return steps.send(outcome)
    except StopIteration as end:
        deciding: Finding = end.value
        return deciding
