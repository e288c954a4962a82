"""What an API's answer means for the credential: one function a question, no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import bodies
from watchword.http.durations import retry_after
from watchword.validation.probe_response import ProbeResponse

_LOGIN_PATH = re.compile(r"(?i)\b(log[-_]?in|sign[-_]?in|sso|oauth2?/authorize|saml|auth/realms)\b")


def refusal(answer: ProbeResponse, expected: Collection[int] = ()) -> Finding | None:
    """Return why the answer is no success, None where it is one.

    A status that is expected is a success, unless its body says otherwise; a 403 is for
    `validate` to weigh.
    """
    if answer.status in expected:
        return _disguised(answer) if answer.succeeded or answer.refused_in_body else None
    if answer.redirect is not None:
        return _redirected(answer)
    if answer.succeeded:
        found = _disguised(answer) or _off_topic(answer)
        return _unexpected(answer, expected) if expected and not found else found
    rule = _BY_STATUS.get(answer.status)
    if rule:
        return rule(answer)
    if answer.status >= 500:  # noqa: PLR2004 - server errors
        return _finding("server_error_5xx", answer, f"The API answered {answer.status}.")
    return _disguised(answer) if answer.refused_in_body else _unexpected(answer, expected)


def remarks(answer: ProbeResponse) -> list[Finding]:
    """Return what is worth saying about a success."""
    return [finding("empty_result", "The API returned no rows.")] if bodies.is_empty(answer.text) else []


def says_insufficient_scope(answer: ProbeResponse) -> bool:
    """Return whether a 403 names the standard's own code for a credential without the right."""
    return "insufficient_scope" in answer.headers.get("WWW-Authenticate", "")


def is_refusal(answer: ProbeResponse, found: Finding) -> bool:
    """Return whether what was found says that a credential is asked for: the proof that it mattered."""
    # Some APIs answer 400 to a key that is missing, and say so in words.
    in_words = found.code.name == "unexpected_status" and bodies.is_about_access(answer.text)
    return in_words or found.code.name in _REFUSALS


_REFUSALS = {
    "unauthorized_401",
    "forbidden_403",
    "credential_refused_403",
    "redirect_to_login",
    "login_page_200",
    "refused_in_200_body",
}


def _finding(code: str, answer: ProbeResponse, message: str, advice: str = "") -> Finding:
    wait = retry_after(answer.headers.get("Retry-After"))
    message = redact.quoted(message)
    return finding(code, message, advice=advice, evidence=answer.evidence(), retry_after=wait)


def _unexpected(answer: ProbeResponse, expected: Collection[int] = ()) -> Finding:
    wanted = f", and not {' or '.join(map(str, sorted(expected)))}" if expected else ""
    return _finding("unexpected_status", answer, f"The API answered {answer.status}{wanted}.")


def _redirected(answer: ProbeResponse) -> Finding:
    target = (answer.redirect or "").partition("?")[0]
    if _LOGIN_PATH.search(target):
        return _finding("redirect_to_login", answer, f"The API redirects to a sign-in page: {target}")
    return _finding("redirect_cross_origin", answer, f"The API redirects to another origin: {target}")


def _disguised(answer: ProbeResponse) -> Finding | None:
    """Return the refusal behind a status of success: a sign-in page, or an error in the body."""
    if answer.refused_in_body:
        message = f"The API answered {answer.status} with what refresh_on_body names as a refusal."
        return _finding("refused_in_200_body", answer, message)
    if answer.is_page:
        path = answer.url.partition("?")[0]
        if bodies.asks_for_password(answer.text) or (answer.followed and _LOGIN_PATH.search(path)):
            return _finding("login_page_200", answer, "A sign-in page came back with a status of success.")
        return None
    said = bodies.complaint(answer.text)
    if said is None:
        return None
    # The body's own words decide: an error about rows says nothing about the credential.
    code = "refused_in_200_body" if bodies.is_about_access(said) else "error_in_200_body"
    return _finding(code, answer, f"The API answered {answer.status} with an error in the body.")


def _off_topic(answer: ProbeResponse) -> Finding | None:
    """Return that a web page came back where an API was called: it may be anybody's."""
    if not answer.is_page:
        return None
    return _finding("unexpected_content_type", answer, f"The API answered with {answer.content_type}.")


def _unauthorized(answer: ProbeResponse) -> Finding:
    asked = answer.headers.get("WWW-Authenticate", "").strip()
    scheme = asked.partition(" ")[0]
    message = "The API refused the credential (401)."
    if scheme:
        message = f"The API refused the credential (401); it asks for {scheme} authentication."
    found = _finding("unauthorized_401", answer, message)
    if not asked:
        return found
    evidence = {**found.evidence, "WWW-Authenticate": redact.quoted(asked)}
    return finding("unauthorized_401", found.message, evidence=evidence)


def _forbidden(answer: ProbeResponse) -> Finding:
    headers = {name.lower() for name in answer.headers}
    walled = "cf-mitigated" in headers or any(name.startswith("x-amzn-waf") for name in headers)
    if walled or (answer.is_page and bodies.is_of_firewall(answer.text)):
        return _finding("blocked_by_waf", answer, "A firewall in front of the API refused the call (403).")
    if bodies.is_about_quota(answer.text):
        return _finding("quota_exhausted", answer, "The API says that the quota is used up (403).")
    if bodies.is_about_rate(answer.text):
        return _finding("rate_limited_429", answer, "The API says that too many calls were made (403).")
    if bodies.is_about_credential(answer.text) and not says_insufficient_scope(answer):
        return _finding("credential_refused_403", answer, "The API refused the credential (403).")
    return _finding("forbidden_403", answer, "The API forbids this call (403).")


def _method_not_allowed(answer: ProbeResponse) -> Finding:
    allowed = answer.headers.get("Allow", "")
    advice = f"Validate with one of: {allowed}." if allowed else ""
    return _finding(
        "method_not_allowed_405", answer, "The API does not allow this method here (405).", advice
    )


def _rate_limited(answer: ProbeResponse) -> Finding:
    if bodies.is_about_quota(answer.text):
        return _finding("quota_exhausted", answer, "The API says that the quota is used up (429).")
    wait = retry_after(answer.headers.get("Retry-After"))
    until = f" It asks to wait {wait:g} seconds." if wait is not None else ""
    return _finding("rate_limited_429", answer, f"The API limits the rate of calls (429).{until}")


_BY_STATUS: Mapping[int, Callable[[ProbeResponse], Finding]] = {
    401: _unauthorized,
    402: lambda answer: _finding("quota_exhausted", answer, "The API wants to be paid first (402)."),
    403: _forbidden,
    404: lambda answer: _finding("not_found_404", answer, "The test URL does not exist (404)."),
    405: _method_not_allowed,
    407: lambda answer: _finding("proxy_authentication_required", answer, "The proxy wants a login (407)."),
    415: lambda answer: _finding("unsupported_media_415", answer, "The API wants another body type (415)."),
    429: _rate_limited,
}
