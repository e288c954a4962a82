"""Validate a connection: lint, token, call, meaning, and the same call without the credential.

`walk` is the procedure as a generator without I/O: it yields what it wants done and is sent
the outcome; `validate` drives it with requests.
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
from watchword.http.bodies import is_about_rights
from watchword.validation import clock_skew
from watchword.validation import response_meaning as meaning
from watchword.validation.plan import ValidationPlan
from watchword.validation.probe_response import ProbeResponse

if TYPE_CHECKING:
    from watchword.connection import Connection
    from watchword.tokens.acquire import AcquiredToken

HTTP_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
SAFE = frozenset({"GET", "HEAD"})
"""The methods whose call may be repeated without the credential (RFC 9110, 9.2.1)."""

UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500

_CREDENTIAL_STATUSES = frozenset({400, 401, 403})


@dataclass(frozen=True)
class RenewToken:
    """A wish for a new token; answered by what is obtained, or a Finding that says why there is none."""


@dataclass(frozen=True)
class Call:
    """A wish for the call, with or without the credential; answered by an Answer or a Finding."""

    anonymous: bool = False


Walk: TypeAlias = Generator[RenewToken | Call, Any, Finding]


def validate(connection: Connection, plan: ValidationPlan) -> Report:
    """Validate with `requests` and return the report; raises nothing for what it can find."""
    from watchword.validation.probe import Probe  # noqa: PLC0415 - the driver, and its libraries

    started = time.monotonic()
    findings: list[Finding] = []
    steps = walk(connection, plan, findings)
    probe = Probe(connection, plan)
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


def walk(connection: Connection, plan: ValidationPlan, findings: list[Finding]) -> Walk:
    """Walk the phases and return the deciding finding; what else is noticed goes into `findings`."""
    if plan.http_method not in HTTP_METHODS:
        return finding("http_method_unsuitable", "A validation can't be made with that HTTP method.")
    findings.extend(connection.lint())
    if plan.test_url and not errors(findings):
        findings.extend(item for item in connection.lint_test_url(plan.test_url) if item not in findings)
    wrong = errors(findings)
    if wrong:
        return wrong[0]
    if connection.needs_token:
        obtained: AcquiredToken | Finding = yield RenewToken()
        if isinstance(obtained, Finding):
            return obtained
        findings.extend(connection.token_remarks(obtained.token))
        if not plan.test_url and connection.token_is_proof and obtained.is_new:
            return finding("token_obtained", "The token endpoint issued a new token.")
    if not plan.test_url:
        return finding(
            "not_proven" if connection.has_credential else "no_authentication", "No call was made."
        )
    return (yield from _called(connection, plan, findings))


def _called(connection: Connection, plan: ValidationPlan, findings: list[Finding]) -> Walk:
    outcome: ProbeResponse | Finding = yield Call()
    if isinstance(outcome, Finding):
        return outcome
    refused = meaning.refusal(outcome, plan.expected_status)
    if refused:
        explained = _explained(connection, outcome)
        findings.extend(_drift(connection, outcome, explained))
        return explained or (yield from _unexplained(connection, plan, outcome, refused))
    if not connection.has_credential:
        return finding("no_authentication", f"The API answered {outcome.status}.")
    findings.extend(meaning.remarks(outcome))
    if connection.document.method.depends_on_time:
        findings.extend(clock_skew.remarks(outcome.headers, outcome.received))
    return (yield from _contrasted(plan, outcome))


def _drift(connection: Connection, refused: ProbeResponse, explained: Finding | None) -> list[Finding]:
    """Return that the clocks differ, where that may matter to the refusal and does not explain it already."""
    timed = connection.document.method.depends_on_time and refused.status in _CREDENTIAL_STATUSES
    if not timed or (explained and explained.code.name == "clock_skew"):
        return []
    return clock_skew.remarks(refused.headers, refused.received)


def _unexplained(
    connection: Connection, plan: ValidationPlan, answer: ProbeResponse, refused: Finding
) -> Walk:
    """Weigh a 403, and say what to check after a 401."""
    if refused.code.name == "forbidden_403":
        return (yield from _weighed(connection, plan, answer, refused))
    unauthorized_advice = connection.document.method.unauthorized_advice
    return (
        replace(refused, advice=unauthorized_advice)
        if unauthorized_advice and refused.code.name == "unauthorized_401"
        else refused
    )


def _explained(connection: Connection, refused: ProbeResponse) -> Finding | None:
    """Return what the refusal says in the method's own terms, or that the clock is the reason."""
    method = connection.document.method
    known = method.explain(refused.status, refused.headers, refused.text)
    timed = known.code.name == "clock_skew" if known else refused.status in _CREDENTIAL_STATUSES
    measured = (
        clock_skew.reason(refused.headers, refused.received) if timed and method.depends_on_time else None
    )
    known = measured or known
    return known and replace(known, evidence={**refused.evidence(), **known.evidence})


def _weighed(
    connection: Connection, plan: ValidationPlan, forbidden: ProbeResponse, refused: Finding
) -> Walk:
    """Tell a good credential without the right from a bad one, which many APIs answer by 403 too.

    The standard's own code decides. Words about rights count where the API answers 401 to a
    call without credential: by then it has told the two apart.
    """
    limited = finding(
        "authenticated_but_forbidden",
        "The credential is accepted, but may not make this call (403).",
        evidence=forbidden.evidence(),
    )
    if not connection.has_credential:
        return refused
    if meaning.says_insufficient_scope(forbidden):
        return limited
    if plan.http_method not in SAFE or not plan.counterfactual or not is_about_rights(forbidden.text):
        return refused
    contrast: ProbeResponse | Finding = yield Call(anonymous=True)
    if isinstance(contrast, ProbeResponse) and contrast.status == UNAUTHORIZED:
        return limited
    return refused


def _contrasted(plan: ValidationPlan, answer: ProbeResponse) -> Walk:
    """Repeat a successful call without the credential: only if it is refused, something is proven."""
    success = "authenticated" if not plan.expected_status else "expected_status_matched"
    message = f"The API answered {answer.status}"
    if plan.http_method not in SAFE or not plan.counterfactual:
        return finding("counterfactual_skipped", f"{message} with the credential; nothing was compared.")
    contrast: ProbeResponse | Finding = yield Call(anonymous=True)
    code, without = _compared(contrast, plan.expected_status)
    return finding(code or success, f"{message} with the credential, and without it: {without}")


def _compared(contrast: ProbeResponse | Finding, expected: frozenset[int]) -> tuple[str, str]:
    """Return the code for what the call without the credential came to, and words; no code is the proof."""
    if isinstance(contrast, Finding):
        demanded = contrast.code.name == "tls_client_certificate_required"
        return "" if demanded else "counterfactual_unavailable", contrast.message
    refused = meaning.refusal(contrast, expected)
    if refused is None:
        return "auth_not_required", f"{contrast.status} too."
    if meaning.is_refusal(contrast, refused):
        return "", f"{contrast.status}, refused."
    transient = contrast.status == TOO_MANY or contrast.status >= SERVER_ERROR
    return "counterfactual_unavailable" if transient else "contrast_unclear", refused.message
