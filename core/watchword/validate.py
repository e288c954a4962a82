"""Validate a connection: lint, token, call, meaning, and the same call without the credential.

`walk` is the procedure as a generator without I/O: it yields what it wants done and is sent
the outcome; `validate` drives it with requests.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from watchword import answer as meaning
from watchword.answer import Answer
from watchword.codes import finding
from watchword.diagnosis import Finding, Report, errors

if TYPE_CHECKING:
    from watchword.connection import Connection
    from watchword.tokens.token import Token

UNAUTHORIZED, TOO_MANY, SERVER_ERROR = 401, 429, 500


@dataclass(frozen=True)
class Plan:
    """What a validation calls: absolute URL, verb, statuses of success, and its limits in seconds."""

    test_url: str | None
    http_method: str = "GET"
    expected_status: frozenset[int] = frozenset()
    counterfactual: bool = True
    timeout: float = 10.0


@dataclass(frozen=True)
class RenewToken:
    """A wish for a new token; answered by a Token, or a Finding that says why there is none."""


@dataclass(frozen=True)
class Call:
    """A wish for the call, with or without the credential; answered by an Answer or a Finding."""

    anonymous: bool = False


Walk: TypeAlias = Generator[RenewToken | Call, Any, Finding]


def validate(connection: Connection, plan: Plan) -> Report:
    """Validate with `requests` and return the report; raises nothing for what it can find."""
    from watchword.adapters.probe import Probe  # noqa: PLC0415 - the driver, and its libraries

    started = time.monotonic()
    findings: list[Finding] = []
    steps = walk(connection, plan, findings)
    with Probe(connection, plan) as probe:
        outcome: Token | Answer | Finding | None = None
        while True:
            try:
                wish = steps.send(outcome)
            except StopIteration as end:
                deciding: Finding = end.value
                break
            outcome = probe.renew_token() if isinstance(wish, RenewToken) else probe.call(wish.anonymous)
    if deciding not in findings:
        findings.append(deciding)
    verdict = deciding.code.verdict
    if verdict is None:
        raise RuntimeError(f"the code {deciding.code.name} decides nothing")
    return Report(verdict, deciding, tuple(findings), time.monotonic() - started)


def walk(connection: Connection, plan: Plan, findings: list[Finding]) -> Walk:
    """Walk the phases and return the deciding finding; what else is noticed goes into `findings`."""
    findings.extend(connection.lint())
    if plan.test_url and not errors(findings):
        findings.extend(item for item in connection.lint_test_url(plan.test_url) if item not in findings)
    wrong = errors(findings)
    if wrong:
        return wrong[0]
    if connection.needs_token:
        token: Token | Finding = yield RenewToken()
        if isinstance(token, Finding):
            return token
        findings.extend(connection.token_remarks(token))
        if not plan.test_url:
            return finding("token_obtained", "The token endpoint issued a new token.")
    if not plan.test_url:
        return finding(
            "not_proven" if connection.has_credential else "no_authentication", "No call was made."
        )
    return (yield from _called(connection, plan, findings))


def _called(connection: Connection, plan: Plan, findings: list[Finding]) -> Walk:
    outcome: Answer | Finding = yield Call()
    if isinstance(outcome, Finding):
        return outcome
    expected = plan.expected_status
    refused = None if outcome.status in expected else meaning.refusal(outcome)
    if expected and outcome.status not in expected and refused is None:
        refused = finding(
            "unexpected_status", f"The API answered {outcome.status}.", evidence=outcome.evidence()
        )
    if refused and refused.code.name == "forbidden_403":
        return (yield from _weighed(connection, plan, outcome, refused))
    if refused:
        return refused
    if not connection.has_credential:
        return finding("no_authentication", f"The API answered {outcome.status}.")
    findings.extend(meaning.remarks(outcome))
    return (yield from _contrasted(plan, outcome))


def _weighed(connection: Connection, plan: Plan, forbidden: Answer, refused: Finding) -> Walk:
    """Tell a good credential without the right from a bad one: by its own words, or by the contrast."""
    limited = finding(
        "authenticated_but_forbidden",
        "The credential is accepted, but may not make this call (403).",
        evidence=forbidden.evidence(),
    )
    if not connection.has_credential:
        return refused
    if meaning.scope_is_missing(forbidden):
        return limited
    if plan.http_method != "GET" or not plan.counterfactual:
        return refused
    contrast: Answer | Finding = yield Call(anonymous=True)
    if isinstance(contrast, Answer) and contrast.status == UNAUTHORIZED:
        return limited
    return refused


def _contrasted(plan: Plan, answer: Answer) -> Walk:
    """Repeat a successful call without the credential: if it succeeds too, nothing is proven."""
    success = "authenticated" if not plan.expected_status else "expected_status_matched"
    message = f"The API answered {answer.status} to the credential"
    if plan.http_method != "GET" or not plan.counterfactual:
        return finding("counterfactual_skipped", f"{message}; nothing was compared.")
    contrast: Answer | Finding = yield Call(anonymous=True)
    if isinstance(contrast, Finding):
        if contrast.code.name == "tls_client_certificate_required":
            return finding(success, f"{message} and wants a certificate without it.")
        return finding("counterfactual_unavailable", f"{message}; without it: {contrast.message}")
    if contrast.status in plan.expected_status or (
        not plan.expected_status and meaning.refusal(contrast) is None
    ):
        return finding("auth_not_required", f"The API answers {contrast.status} without the credential too.")
    if contrast.status == TOO_MANY or contrast.status >= SERVER_ERROR:
        return finding("counterfactual_unavailable", f"{message} and {contrast.status} without it.")
    return finding(success, f"{message} and {contrast.status} without it.")
