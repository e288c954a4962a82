"""What an API's response means for the credential: one function for each question, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.evidence import quote
from watchword.findings.finding import Finding
from watchword.http import body_words
from watchword.http.durations import retry_after
from watchword.validation.probe_response import ProbeResponse

_INSUFFICIENT = re.compile(r"(?i)\berror\s*=\s*\"?insufficient_scope\b")
_FIREWALL_HEADERS = ("cf-mitigated", "x-amzn-waf", "x-datadome", "x-sucuri")
_LOGIN_PATH = re.compile(r"(?i)\b(log[-_]?in|sign[-_]?in|sso|oauth2?/authorize|saml|auth/realms)\b")


def refusal(response: ProbeResponse, expected: Collection[int] = ()) -> Finding | None:
    """Return why the response is not a success, None if it is one.

    An expected status is a success unless its body or redirect says otherwise. The body of an expected error
    may be an error. The contrast decides what a 403 means, and whether words that read like a refusal are
    data.
    """
    if response.status in expected:
        leads_to_login = response.redirect is not None and _LOGIN_PATH.search(response.redirect)
        may_refuse = response.status < 400 or response.refused_in_body  # noqa: PLR2004 - errors
        return _redirected(response) if leads_to_login else _disguised(response) if may_refuse else None
    if response.redirect is not None:
        return _redirected(response)
    if response.succeeded:
        problem = _disguised(response) or _off_topic(response)
        return _unexpected(response, expected) if expected and not problem else problem
    rule = _BY_STATUS.get(response.status)
    if rule:
        return rule(response)
    if 500 <= response.status < 600:  # noqa: PLR2004 - server errors
        return _finding("server_error_5xx", response, f"The API answered {response.status}.")
    return _disguised(response) if response.refused_in_body else _unexpected(response, expected)


def remarks(response: ProbeResponse) -> list[Finding]:
    """Return the warnings about a success."""
    is_empty = body_words.is_empty(response.text)
    return [finding("empty_result", "The API returned no rows.")] if is_empty else []


def says_insufficient_scope(response: ProbeResponse) -> bool:
    """Return whether a 403 holds the standard code for a credential that lacks the right (RFC 6750, 3.1)."""
    return bool(_INSUFFICIENT.search(response.headers.get("WWW-Authenticate", "")))


def is_doubtful(problem: Finding, response: ProbeResponse, expected: Collection[int] = ()) -> bool:
    """Return whether a problem is only a reading of the body's words, so that the contrast has to decide.

    What refresh_on_body names, and a redirect that was followed to a sign-in page, are certain.
    """
    if response.refused_in_body or (response.followed and _LOGIN_PATH.search(response.url.partition("?")[0])):
        return False
    asks_for_credential = problem.code.name == "unexpected_status" and 400 <= response.status < 500  # noqa: PLR2004
    return response.status in expected or asks_for_credential or problem.code.name in _DOUBTFUL


def is_forbidden(problem: Finding) -> bool:
    """Return whether the API has forbidden the call: for a wrong credential, or for a missing right."""
    return problem.code.name in {"forbidden_403", "credential_refused_403"}


def is_refusal(code: str) -> bool:
    """Return whether a code says that the API asks for a credential."""
    return code in _REFUSALS


_DOUBTFUL = frozenset({
    "refused_in_200_body", "error_in_200_body", "unexpected_content_type", "login_page_200",
})  # fmt: skip

_REFUSALS = frozenset({
    "unauthorized_401", "forbidden_403", "credential_refused_403", "redirect_to_login", "login_page_200",
    "refused_in_200_body",
})  # fmt: skip


def _finding(code: str, response: ProbeResponse, message: str, advice: str = "") -> Finding:
    wait = retry_after(response.headers.get("Retry-After"))
    message = quote(message)
    return finding(code, message, advice=advice, evidence=response.evidence(), retry_after=wait)


def _unexpected(response: ProbeResponse, expected: Collection[int] = ()) -> Finding:
    instead = f", and not {' or '.join(map(str, sorted(expected)))}" if expected else ""
    return _finding("unexpected_status", response, f"The API answered {response.status}{instead}.")


def _redirected(response: ProbeResponse) -> Finding:
    target = (response.redirect or "").partition("?")[0]
    if _LOGIN_PATH.search(target):
        return _finding("redirect_to_login", response, f"The API redirects to the sign-in page {target}.")
    return _finding(
        "redirect_cross_origin",
        response,
        f"The API redirects to another origin: {target or 'an unreadable address'}",
    )


def _disguised(response: ProbeResponse) -> Finding | None:
    """Return the refusal behind a 2xx status: a sign-in page, or an error in the body."""
    if response.refused_in_body:
        message = f"The API answered {response.status} with a body that refresh_on_body names as a refusal."
        return _finding("refused_in_200_body", response, message)
    if response.is_page:
        path = response.url.partition("?")[0]
        if body_words.asks_for_password(response.text) or (response.followed and _LOGIN_PATH.search(path)):
            return _finding(
                "login_page_200", response, "The API answered with a sign-in page and a 2xx status."
            )
        return None
    report = response.report
    where = response.stated.where
    if report == "limit":
        code = "quota_exhausted" if body_words.is_about_quota(response.text) else "rate_limited_429"
        message = f"The API answered {response.status}, and reports a limit by {where or 'its body'}."
        return _finding(code, response, message)
    complaint = body_words.complaint(response.text)
    if not report and complaint is None:
        return None
    # The body's words decide: an error about rows says nothing about the credential.
    is_about_access = report == "refusal" or (complaint and body_words.is_about_access(complaint))
    code = "refused_in_200_body" if is_about_access else "error_in_200_body"
    what = where or ("only null in the body" if report == "nothing" else "an error in the body")
    return _finding(code, response, f"The API answered {response.status} with {what}.")


def _off_topic(response: ProbeResponse) -> Finding | None:
    """Return a finding if a web page came back instead of an API's response: it may be another server's."""
    if not response.is_page:
        return None
    return _finding("unexpected_content_type", response, f"The API answered with {response.content_type}.")


def _unauthorized(response: ProbeResponse) -> Finding:
    challenge = response.headers.get("WWW-Authenticate", "").strip()
    scheme = challenge.partition(" ")[0]
    message = "The API refused the credential (401)."
    if scheme:
        message = f"The API refused the credential (401); its authentication scheme is {scheme}."
    refused = _finding("unauthorized_401", response, message)
    if not challenge:
        return refused
    evidence = {**refused.evidence, "WWW-Authenticate": redact.quoted(challenge)}
    return finding("unauthorized_401", refused.message, evidence=evidence)


def _forbidden(response: ProbeResponse) -> Finding:
    headers = {name.lower() for name in response.headers}
    is_mitigated = any(name.startswith(_FIREWALL_HEADERS) for name in headers)
    has_puzzle = "captcha" in response.text.lower()
    if is_mitigated or has_puzzle or (response.is_page and body_words.is_of_firewall(response.text)):
        return _finding("blocked_by_waf", response, "A firewall in front of the API refused the call (403).")
    if body_words.is_about_quota(response.text):
        return _finding("quota_exhausted", response, "The API says that the quota is used up (403).")
    if body_words.is_about_rate(response.text):
        return _finding("rate_limited_429", response, "The API says that too many calls were made (403).")
    if body_words.is_about_credential(response.text) and not body_words.is_about_rights(response.text):
        return _finding("credential_refused_403", response, "The API refused the credential (403).")
    return _finding("forbidden_403", response, "The API forbids this call (403).")


def _method_not_allowed(response: ProbeResponse) -> Finding:
    allowed = response.headers.get("Allow", "")
    advice = f"Validate with one of: {allowed}." if allowed else ""
    return _finding(
        "method_not_allowed_405", response, "The API does not allow this method here (405).", advice
    )


def _rate_limited(response: ProbeResponse) -> Finding:
    if body_words.is_about_quota(response.text):
        return _finding("quota_exhausted", response, "The API says that the quota is used up (429).")
    wait = retry_after(response.headers.get("Retry-After"))
    until = f" It asks to wait {wait:g} seconds." if wait is not None else ""
    return _finding("rate_limited_429", response, f"The API limits the rate of calls (429).{until}")


_BY_STATUS: Mapping[int, Callable[[ProbeResponse], Finding]] = {
    401: _unauthorized,
    402: lambda response: _finding("quota_exhausted", response, "The API demands payment first (402)."),
    403: _forbidden,
    404: lambda response: _finding("not_found_404", response, "The test URL does not exist (404)."),
    405: _method_not_allowed,
    407: lambda response: _finding(
        "proxy_authentication_required", response, "The proxy demands a login (407)."
    ),
    415: lambda response: _finding(
        "unsupported_media_415", response, "The API demands another body type (415)."
    ),
    429: _rate_limited,
}
