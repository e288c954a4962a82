"""Validate a connection: lint, token, call, its meaning, and what the answer depends on.

`steps_of` is the procedure as a generator without I/O: it yields each step and is sent the outcome;
`validate` carries the steps out with requests.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.findings.report import Report
from watchword.http.origins import display_url
from watchword.validation import clock_skew
from watchword.validation import response_meaning as meaning
from watchword.validation.call_parts import method_parts, request_parts
from watchword.validation.contrast import Dependence, answer_of
from watchword.validation.contrasting import ISSUED, Comparison, Question, compare, key_of
from watchword.validation.judging import judged, judged_forbidden, judged_token, limited
from watchword.validation.lint import lint_test_url
from watchword.validation.plan import ValidationPlan
from watchword.validation.probe_response import ProbeResponse
from watchword.validation.steps import Call, RenewToken, Steps
from watchword.validation.subject import Subject

if TYPE_CHECKING:
    from watchword.methods.base import Method
    from watchword.tokens.acquire import AcquiredToken

HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
SAFE = frozenset({"GET", "HEAD"})
"""The methods whose call may be repeated with a wrong credential or none (RFC 9110 section 9.2.1)."""

_PROVEN = frozenset({"authenticated", "expected_status_matched"})

_CREDENTIAL_STATUSES = frozenset({400, 401, 403})

_BY_CLOCK = frozenset({"clock_skew", "dpop_proof_refused"})
"""The refusals whose cause a wrong clock may be."""


def validate(subject: Subject, plan: ValidationPlan) -> Report:
    """Validate with `requests` and return the report, which holds every fault that was found.

    Args:
        subject: the connection; a `watchword.Connection` is one.
        plan: what is called; the document completes what the plan leaves out.
    """
    from watchword.validation.probe import Probe  # noqa: PLC0415 - loads requests' transport

    started = time.monotonic()
    plan = plan.completed(subject.credential.document)
    findings: list[Finding] = []
    steps = steps_of(subject, plan, findings)
    probe = Probe(subject, plan)
    outcome: object = None
    with closing(probe):
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                return report_of(end.value, findings, started)
            outcome = probe.take(step)


def report_of(deciding: Finding, findings: list[Finding], started: float) -> Report:
    """Return the report of a procedure that has ended; `started` is by the monotonic clock."""
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
            return (yield from _token_contrast(subject, plan))
    if not plan.test_url:
        return finding("not_proven" if credential.is_present else "no_authentication", "No call was made.")
    deciding = yield from _call(subject, plan, findings)
    if deciding.code.name in _PROVEN and credential.source is not None:
        issuing = yield from _token_contrast(subject, plan)
        deciding = issuing if issuing.code.name == "issues_to_anyone" else deciding
    call = f"{plan.http_method} {display_url(plan.test_url)}{'?…' if '?' in plan.test_url else ''}"
    return replace(deciding, evidence={"call": call, **deciding.evidence})


def _token_contrast(subject: Subject, plan: ValidationPlan) -> Steps:
    """Ask the token endpoint as an invented client: a token that every client gets proves nothing."""
    method = subject.credential.document.method
    if not (plan.decoy and plan.counterfactual and method.can_ask_as_decoy):
        return finding("token_obtained", "The token endpoint issued a new token. No wrong client was tried.")
    key = key_of("token", *method_parts(method))
    return judged_token((yield from compare(Question(RenewToken, key, decoy=True, none=False), ISSUED)))


def _call(subject: Subject, plan: ValidationPlan, findings: list[Finding]) -> Steps:
    """Make the call and decide by its response, and by what the response depends on."""
    credential = subject.credential
    method, expected = credential.document.method, plan.expected_status
    outcome: ProbeResponse | Finding = yield Call()
    if isinstance(outcome, Finding):
        return outcome
    problem = meaning.refusal(outcome, expected)
    if problem and not meaning.is_doubtful(problem, outcome, expected):
        explanation = _explanation(method, outcome)
        findings.extend(_clock_drift(method, outcome, explanation))
        if explanation or not meaning.is_forbidden(problem):
            return explanation or _advised(method, problem)
    if not credential.is_present:
        return problem or finding("no_authentication", f"The API answered {outcome.status}.")
    if problem and meaning.says_insufficient_scope(outcome):
        return limited(outcome, "the API says insufficient_scope")
    comparison = yield from compare(_question(subject, plan), answer_of(outcome, expected))
    if problem and meaning.is_forbidden(problem):
        return judged_forbidden(problem, outcome, comparison)
    findings.extend(_remarks(method, outcome, comparison))
    return judged(comparison, problem, outcome, expected)


def _question(subject: Subject, plan: ValidationPlan) -> Question:
    """Return what is compared: nothing if the call could do harm, or if it is turned off."""
    url, secrets = plan.test_url or "", subject.credential.resolved.values
    may_repeat = plan.http_method in SAFE and plan.counterfactual
    # The URL is sent as it is: with a secret in it, a decoy would be none.
    in_url = [name for name, value in secrets.items() if value and value in url]
    decoy = may_repeat and bool(plan.decoy) and not in_url
    asked = (decoy, may_repeat, sorted(plan.expected_status))
    for name in in_url:
        url = url.replace(secrets[name], f"{{{name}}}")
    key = key_of(plan.http_method, url, *request_parts(subject), *asked)
    return Question(Call, key, decoy, may_repeat, plan.expected_status)


def _remarks(method: Method, outcome: ProbeResponse, comparison: Comparison) -> list[Finding]:
    remarks = meaning.remarks(outcome)
    if comparison.real.varies:
        remarks.append(finding("answers_vary", "The API answered the same call in different ways."))
    if comparison.depends is Dependence.OPTIONAL:
        remarks.append(finding("credential_not_needed", f"The API answered {comparison}."))
    if method.depends_on_time:
        remarks.extend(clock_skew.remarks(outcome.headers, outcome.received))
    return remarks


def _clock_drift(method: Method, refused: ProbeResponse, explanation: Finding | None) -> list[Finding]:
    """Return a warning if the clocks differ, unless that can't matter or is the explanation already."""
    may_matter = method.depends_on_time and refused.status in _CREDENTIAL_STATUSES
    if not may_matter or (explanation and explanation.code.name == "clock_skew"):
        return []
    return clock_skew.remarks(refused.headers, refused.received)


def _explanation(method: Method, refused: ProbeResponse) -> Finding | None:
    """Return the cause of the refusal in the method's own terms, or that the clock is the cause."""
    explanation = method.explain(refused.status, refused.headers, refused.text)
    is_timed = explanation.code.name in _BY_CLOCK if explanation else refused.status in _CREDENTIAL_STATUSES
    if is_timed and method.depends_on_time:
        explanation = clock_skew.reason(refused.headers, refused.received) or explanation
    return explanation and replace(explanation, evidence={**refused.evidence(), **explanation.evidence})


def _advised(method: Method, problem: Finding) -> Finding:
    """Return a refusal with the method's own advice on what to check after a 401."""
    advice = method.unauthorized_advice if problem.code.name == "unauthorized_401" else ""
    return replace(problem, advice=advice) if advice else problem
