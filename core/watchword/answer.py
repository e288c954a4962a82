"""What an API's answer means for the credential: one function a question, no I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.codes import finding
from watchword.diagnosis import Finding

_LOGIN_PATH = re.compile(r"(?i)\b(log[-_]?in|sign[-_]?in|sso|oauth2?/authorize|saml|auth/realms)\b")
_PASSWORD_INPUT = re.compile(r"(?i)<input[^>]+type=[\"']?password")
_REFUSAL = re.compile(
    r"(?i)auth(?!or)|token|credential|api[-_ ]?key|permission|forbidden|denied|not[-_ ]allowed|expired|login"
)
_WAF_BODY = re.compile(r"(?i)attention required|access denied.*reference|incapsula incident")
_QUOTA = re.compile(r"(?i)quota|monthly limit|plan limit|usage limit")


@dataclass(frozen=True)
class Answer:
    """What came back from one call: status, headers, the beginning of the body, all masked.

    `redirect` is the absolute URL of a redirect that was not followed, since it leads to
    another origin; `url` is the one that answered.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    text: str
    redirect: str | None = None

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def succeeded(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the statuses of success

    @property
    def is_html(self) -> bool:
        """Whether a web page came back."""
        return "html" in self.content_type

    def evidence(self) -> dict[str, str]:
        """Return what of the answer a finding shows."""
        shown = {"status": str(self.status)}
        if self.text.strip():
            shown["answer"] = " ".join(self.text.split())
        return shown


def refusal(answer: Answer) -> Finding | None:
    """Return why the answer is no success, None where it is one; a 403 is for `validate` to weigh."""
    if answer.redirect is not None:
        return _redirected(answer)
    if answer.succeeded:
        return _disguised(answer)
    rule = _BY_STATUS.get(answer.status)
    if rule:
        return rule(answer)
    if answer.status >= 500:  # noqa: PLR2004 - server errors
        return _finding("server_error_5xx", answer, f"The API answered {answer.status}.")
    return _finding("unexpected_status", answer, f"The API answered {answer.status}.")


def remarks(answer: Answer) -> list[Finding]:
    """Return what is worth saying about a success."""
    if answer.is_html:
        return [finding("unexpected_content_type", f"The API answered with {answer.content_type}.")]
    content = _json(answer)
    empty = content in ([], {}) or (isinstance(content, dict) and _only_empty_lists(content))
    return [finding("empty_result", "The API returned no rows.")] if empty else []


def scope_is_missing(answer: Answer) -> bool:
    """Return whether a 403 says itself that the credential is good but too weak (RFC 6750, 3.1)."""
    return "insufficient_scope" in answer.headers.get("WWW-Authenticate", "")


def _only_empty_lists(content: dict[str, Any]) -> bool:
    lists = [value for value in content.values() if isinstance(value, list)]
    return bool(lists) and not any(lists)


def _json(answer: Answer) -> object:
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        return None


def _finding(code: str, answer: Answer, message: str, advice: str = "") -> Finding:
    wait = answer.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isdigit() else None
    return finding(code, message, advice=advice, evidence=answer.evidence(), retry_after=retry_after)


def _redirected(answer: Answer) -> Finding:
    target = (answer.redirect or "").partition("?")[0]
    if _LOGIN_PATH.search(target):
        return _finding("redirect_to_login", answer, f"The API redirects to a sign-in page: {target}")
    return _finding("redirect_cross_origin", answer, f"The API redirects to another origin: {target}")


def _disguised(answer: Answer) -> Finding | None:
    """Return the refusal behind a status of success: a sign-in page, or an error in the body."""
    if answer.is_html:
        if _PASSWORD_INPUT.search(answer.text) or _LOGIN_PATH.search(answer.url.partition("?")[0]):
            return _finding("login_page_200", answer, "A sign-in page came back with a status of success.")
        return None
    content = _json(answer)
    if not isinstance(content, dict):
        return None
    said = next((content[name] for name in ("error", "errors", "fault") if content.get(name)), None)
    if said is None and content.get("ok") is not False and content.get("success") is not False:
        return None
    # The body's own words decide: an error about rows says nothing about the credential.
    words = json.dumps(content if said is None else said)
    code = "refused_in_200_body" if _REFUSAL.search(words) else "error_in_200_body"
    return _finding(code, answer, f"The API answered {answer.status} with an error in the body.")


def _unauthorized(answer: Answer) -> Finding:
    asked = answer.headers.get("WWW-Authenticate", "").strip()
    scheme = asked.partition(" ")[0]
    message = "The API refused the credential (401)."
    if scheme:
        message = f"The API refused the credential (401); it asks for {scheme} authentication."
    found = _finding("unauthorized_401", answer, message)
    if not asked:
        return found
    return finding("unauthorized_401", message, evidence={**found.evidence, "WWW-Authenticate": asked})


def _forbidden(answer: Answer) -> Finding:
    headers = {name.lower() for name in answer.headers}
    walled = "cf-mitigated" in headers or any(name.startswith("x-amzn-waf") for name in headers)
    if walled or (answer.is_html and _WAF_BODY.search(answer.text)):
        return _finding("blocked_by_waf", answer, "A firewall in front of the API refused the call (403).")
    if _QUOTA.search(answer.text):
        return _finding("quota_exhausted", answer, "The API says that the quota is used up (403).")
    return _finding("forbidden_403", answer, "The API forbids this call (403).")


def _method_not_allowed(answer: Answer) -> Finding:
    allowed = answer.headers.get("Allow", "")
    advice = f"Validate with one of: {allowed}." if allowed else ""
    return _finding(
        "method_not_allowed_405", answer, "The API does not allow this method here (405).", advice
    )


def _rate_limited(answer: Answer) -> Finding:
    if _QUOTA.search(answer.text):
        return _finding("quota_exhausted", answer, "The API says that the quota is used up (429).")
    wait = answer.headers.get("Retry-After", "")
    until = f" It asks to wait {wait} seconds." if wait.isdigit() else ""
    return _finding("rate_limited_429", answer, f"The API limits the rate of calls (429).{until}")


_BY_STATUS: Mapping[int, Callable[[Answer], Finding]] = {
    401: _unauthorized,
    402: lambda answer: _finding("quota_exhausted", answer, "The API wants to be paid first (402)."),
    403: _forbidden,
    404: lambda answer: _finding("not_found_404", answer, "The test URL does not exist (404)."),
    405: _method_not_allowed,
    407: lambda answer: _finding("proxy_authentication_required", answer, "The proxy wants a login (407)."),
    415: lambda answer: _finding("unsupported_media_415", answer, "The API wants another body type (415)."),
    429: _rate_limited,
}
