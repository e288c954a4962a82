"""Read what a server answered to a login: the session's token, or why there is none; no I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http import bodies
from watchword.http.cookies import effective_cookies
from watchword.http.origins import display_url
from watchword.tokens.token import Token
from watchword.tokens.token_response import VISIBLE, TokenResponse, lifetime_of, value_at

WHOLE = "$"
"""The JSONPath of a body that is the token itself, as JSON text or as plain text."""

# After a form's POST, these send the browser on (RFC 9110, 15.4); other redirects move the form itself.
_SENT_ON = {302, 303}
_CLIENT_ERROR = 400
_NO_SUCH_LOGIN = {404, 405}

_ADVICE = {
    "temporarily_unavailable": "The server that logs in is overloaded or down; try later.",
    "token_endpoint_not_found": "Check login_url and login_method: the server knows no such login.",
    "reply_not_token": "Check login_url and login_format: it answered something that holds no token.",
    "token_field_missing": "Set response_access_path, response_header or response_cookie to where it stands.",
    "token_malformed": "Check where the token stands in the reply: what is there can't be sent.",
}


@dataclass(frozen=True)
class TokenPlace:
    """Where in the answer the token stands: at a JSONPath of the body, in a header, or in a cookie.

    `expires` is the JSONPath of the lifetime, `lifetime` the seconds where the reply is silent;
    `lead` is the prefix that is put before the token, and cut off where the server has put it too.
    """

    kind: Literal["body", "header", "cookie"]
    name: str
    expires: str = "expires_in"
    lifetime: float | None = None
    lead: str = ""


def read_session(reply: TokenResponse, place: TokenPlace) -> Token:
    """Return the token in a reply; raises TokenError with a finding for any other answer."""
    refused = _refusal(reply, place)
    if refused:
        raise TokenError([refused])
    content = _content(reply)
    lasts = value_at(content, place.expires) if isinstance(content, dict) else None
    if place.kind == "cookie":
        cookies = effective_cookies(reply.cookies)
        cookie = cookies.get(place.name)
        value = cookie.value if cookie else ""
        lasts = lasts or (cookie.lifetime if cookie else None)
        present = sorted(cookies)
    elif place.kind == "header":
        value, present = reply.headers.get(place.name, "").strip(), sorted(reply.headers)
    else:
        value, present = _in_body(reply, content, place.name)
    if place.lead and value[: len(place.lead)].lower() == place.lead.lower():
        value = value[len(place.lead) :].strip()
    if not value:
        raise TokenError([_missing(reply, place, present)])
    if not VISIBLE.fullmatch(value) or ";" in value:
        raise TokenError([_said(reply, "token_malformed", "gave a token that can't be sent")])
    return Token(value, lifetime=lifetime_of(lasts, value, place.lifetime))


def _content(reply: TokenResponse) -> object:
    try:
        return json.loads(reply.text)
    except (ValueError, RecursionError):
        return None


def _in_body(reply: TokenResponse, content: object, path: str) -> tuple[str, list[str]]:
    """Return the text at a JSONPath, "" where there is none, beside the names of the top-level fields."""
    if path == WHOLE and not isinstance(content, (dict, list)) and not _is_page(reply):
        return (content if isinstance(content, str) else reply.text.strip()), []
    if not isinstance(content, dict):
        kind = reply.headers.get("Content-Type") or "no content type"
        raise TokenError([_said(reply, "reply_not_token", f"answered no JSON object but {kind}")])
    found: Any = value_at(content, path)
    is_number = isinstance(found, int) and not isinstance(found, bool)
    return (str(found) if is_number or isinstance(found, str) else ""), sorted(content)


def _is_page(reply: TokenResponse) -> bool:
    return "html" in reply.headers.get("Content-Type", "").lower() or reply.text.lstrip().startswith("<")


def _refusal(reply: TokenResponse, place: TokenPlace) -> Finding | None:
    """Return why the server opens no session, None where it seems to open one."""
    status = reply.status
    if reply.succeeded:
        return _disguised(reply, place)
    if status < _CLIENT_ERROR:
        return _redirected(reply, place)
    if reply.is_transient:
        return _said(reply, "temporarily_unavailable", "is overloaded or down")
    if status in _NO_SUCH_LOGIN:
        return _said(reply, "token_endpoint_not_found", "knows no such login")
    return _said(reply, "login_refused", "refused the login", answer=True)


def _disguised(reply: TokenResponse, place: TokenPlace) -> Finding | None:
    """Return the refusal behind a status of success: many servers give it, and a cookie, to whoever comes."""
    if bodies.complaint(reply.text):
        return _said(reply, "login_refused", "reports an error in a reply of success", answer=True)
    if place.kind != "body" and bodies.asks_for_password(reply.text):
        return _said(reply, "login_refused", "answered with the sign-in page again")
    return None


def _redirected(reply: TokenResponse, place: TokenPlace) -> Finding | None:
    """Return why a redirect is no success; to be sent on from a form is one."""
    try:
        target = urljoin(reply.url, reply.headers.get("Location", ""))
        back = urlsplit(target).path == urlsplit(reply.url).path
    except ValueError:
        target, back = "", False
    if place.kind == "body" or reply.status not in _SENT_ON:
        return _said(reply, "reply_not_token", f"redirects to {display_url(target)!r}, which is not followed")
    return _said(reply, "login_refused", "sends the caller back to the sign-in page") if back else None


def _missing(reply: TokenResponse, place: TokenPlace, present: list[str]) -> Finding:
    """Return the finding that says what stands there instead: names alone, since values may be tokens."""
    where, what = {
        "body": (f"has no token at {place.name!r}", "top-level fields"),
        "header": (f"has no header {place.name!r}", "headers"),
        "cookie": (f"sets no cookie {place.name!r}", "cookies"),
    }[place.kind]
    names = ", ".join(redact.text(name[:40]) for name in present[:20]) or "none"
    return _said(reply, "token_field_missing", f"{where}; its {what}: {names}")


def _said(reply: TokenResponse, code: str, what: str, *, answer: bool = False) -> Finding:
    """Return a finding that names the server; `answer` adds its own words, masked."""
    evidence = {"status": str(reply.status)}
    if answer and reply.text.strip():
        evidence["answer"] = redact.quoted(reply.text)
    message = f"Logging in: the server at {reply.host} {what}."
    return finding(
        code, message, advice=_ADVICE.get(code, ""), evidence=evidence, retry_after=reply.retry_after
    )
