"""Validate a connection: lint, token, call, its meaning, and the same call without the credential.

`steps_of` is the procedure as a generator without I/O: it yields each step and is sent the outcome;
`validate` carries the steps out with requests.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.findings.report import Report
from watchword.http.body_words import is_about_rights
from watchword.validation import clock_skew
from watchword.validation import response_meaning as meaning
from watchword.validation.lint import lint_test_url
from watchword.validation.plan import ValidationPlan
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.subject import Subject

if TYPE_CHECKING:
    from watchword.methods.base import Method
    from watchword.tokens.acquire import AcquiredToken

HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
SAFE = frozenset({"GET", "HEAD"})
"""The methods whose call may be repeated without the credential (RFC 9110 section 9.2.1)."""

UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500

_CREDENTIAL_STATUSES = frozenset({400, 401, 403})


@dataclass(frozen=True)
class RenewToken:
    """The step that asks for a new token; its outcome is an AcquiredToken, or a Finding that says why not."""


@dataclass(frozen=True)
class Call:
    """The step that makes the call, with or without the credential.

    Its outcome is a ProbeResponse, or a Finding that says why there is none.
    """

    anonymous: bool = False


Steps: TypeAlias = Generator[RenewToken | Call, Any, Finding]
"""The steps of a validation; the generator returns the deciding finding."""


def validate(subject: Subject, plan: ValidationPlan) -> Report:
    """Validate with `requests` and return the report, which holds every fault that was found.

    Args:
        subject: the connection; a `watchword.Connection` is one.
        plan: what is called; the document completes what the plan leaves out.
    """
    from watchword.validation.probe import Probe  # noqa: PLC0415 - loads requests' transport

    started = time.monotonic()
    plan = plan.completed(subject.credential.document.common)
    findings: list[Finding] = []
    steps = steps_of(subject, plan, findings)
    probe = Probe(subject, plan)
    outcome: AcquiredToken | ProbeResponse | Finding | None = None
    with closing(probe):
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                deciding: Finding = end.value
                break
            if isinstance(step, RenewToken):
                outcome = probe.renew_token()
            else:
                outcome = probe.call(anonymous=step.anonymous)
    if deciding not in findings:
        findings.append(deciding)
    return Report(deciding, tuple(findings), time.monotonic() - started)


def steps_of(subject: Subject, plan: ValidationPlan, findings: list[Finding]) -> Steps:
    """Yield the steps and return the deciding finding; every other finding goes into `findings`."""
    if plan.http_method not in HTTP_METHODS:
        return finding("http_method_unsuitable", "A validation can't use that HTTP method.")
    credential = subject.credential
    findings.extend(subject.lint())
    if plan.test_url and not errors(findings):
        findings.extend(item for item in lint_test_url(plan.test_url, credential) if item not in findings)
    problems = errors(findings)
    if problems:
        return problems[0]
    if credential.source is not None:
        acquired: AcquiredToken | Finding = yield RenewToken()
        if isinstance(acquired, Finding):
            return acquired
        findings.extend(credential.token_remarks(acquired.token))
        if not plan.test_url and credential.document.method.token_is_proof and acquired.is_new:
            return finding("token_obtained", "The token endpoint issued a new token.")
    if not plan.test_url:
        return finding("not_proven" if credential.is_present else "no_authentication", "No call was made.")
    return (yield from _call(subject, plan, findings))


def _call(subject: Subject, plan: ValidationPlan, findings: list[Finding]) -> Steps:
    """Make the call and decide by its response."""
    credential = subject.credential
    method = credential.document.method
    outcome: ProbeResponse | Finding = yield Call()
    if isinstance(outcome, Finding):
        return outcome
    refusal = meaning.refusal(outcome, plan.expected_status)
    if refusal:
        explanation = _explanation(method, outcome)
        findings.extend(_clock_drift(method, outcome, explanation))
        return explanation or (yield from _unexplained(subject, plan, outcome, refusal))
    if not credential.is_present:
        return finding("no_authentication", f"The API answered {outcome.status}.")
    findings.extend(meaning.remarks(outcome))
    if method.depends_on_time:
        findings.extend(clock_skew.remarks(outcome.headers, outcome.received))
    return (yield from _counterfactual(plan, outcome))


def _clock_drift(method: Method, refused: ProbeResponse, explanation: Finding | None) -> list[Finding]:
    """Return a warning if the clocks differ, unless that can't matter or is the explanation already."""
    may_matter = method.depends_on_time and refused.status in _CREDENTIAL_STATUSES
    if not may_matter or (explanation and explanation.code.name == "clock_skew"):
        return []
    return clock_skew.remarks(refused.headers, refused.received)


def _explanation(method: Method, refused: ProbeResponse) -> Finding | None:
    """Return the cause of the refusal in the method's own terms, or that the clock is the cause."""
    explanation = method.explain(refused.status, refused.headers, refused.text)
    is_timed = (
        explanation.code.name == "clock_skew" if explanation else refused.status in _CREDENTIAL_STATUSES
    )
    if is_timed and method.depends_on_time:
        explanation = clock_skew.reason(refused.headers, refused.received) or explanation
    return explanation and replace(explanation, evidence={**refused.evidence(), **explanation.evidence})


def _unexplained(subject: Subject, plan: ValidationPlan, refused: ProbeResponse, refusal: Finding) -> Steps:
    """Decide what a 403 means, and say what to check after a 401."""
    if refusal.code.name == "forbidden_403":
        return (yield from _forbidden(subject, plan, refused, refusal))
    advice = subject.credential.document.method.unauthorized_advice
    return replace(refusal, advice=advice) if advice and refusal.code.name == "unauthorized_401" else refusal


def _forbidden(subject: Subject, plan: ValidationPlan, refused: ProbeResponse, refusal: Finding) -> Steps:
    """Tell a good credential that lacks the right from a bad one: many APIs answer both with a 403.

    The standard's own code decides. Words about rights count if the API answers 401 to a call without
    the credential, since it tells the two cases apart then.
    """
    limited = finding(
        "authenticated_but_forbidden",
        "The credential is accepted, but may not make this call (403).",
        evidence=refused.evidence(),
    )
    if not subject.credential.is_present:
        return refusal
    if meaning.says_insufficient_scope(refused):
        return limited
    if plan.http_method not in SAFE or not plan.counterfactual or not is_about_rights(refused.text):
        return refusal
    contrast: ProbeResponse | Finding = yield Call(anonymous=True)
    if isinstance(contrast, ProbeResponse) and contrast.status == UNAUTHORIZED:
        return limited
    return refusal


def _counterfactual(plan: ValidationPlan, response: ProbeResponse) -> Steps:
    """Repeat a successful call without the credential: only its refusal proves the credential."""
    success = "authenticated" if not plan.expected_status else "expected_status_matched"
    message = f"The API answered {response.status}"
    if plan.http_method not in SAFE or not plan.counterfactual:
        return finding("counterfactual_skipped", f"{message} with the credential; nothing was compared.")
    contrast: ProbeResponse | Finding = yield Call(anonymous=True)
    code, description = _comparison(contrast, plan.expected_status)
    return finding(code or success, f"{message} with the credential, and without it: {description}")


def _comparison(contrast: ProbeResponse | Finding, expected: frozenset[int]) -> tuple[str, str]:
    """Return code and description of the call without the credential; "" as code means proof."""
    if isinstance(contrast, Finding):
        demanded = contrast.code.name == "tls_client_certificate_required"
        return "" if demanded else "counterfactual_unavailable", contrast.message
    refusal = meaning.refusal(contrast, expected)
    if refusal is None:
        return "auth_not_required", f"{contrast.status} too."
    if meaning.is_refusal(contrast, refusal):
        return "", f"{contrast.status}, refused."
    is_transient = contrast.status == TOO_MANY or contrast.status >= SERVER_ERROR
    return "counterfactual_unavailable" if is_transient else "contrast_unclear", refusal.message
