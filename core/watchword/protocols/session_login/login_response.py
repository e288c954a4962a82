"""Read the response to a login: the session's token, or why there is none; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlsplit

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.evidence import names
from watchword.findings.finding import Finding
from watchword.http import body_words
from watchword.http.bodies import Content
from watchword.http.cookies import effective_cookies
from watchword.tokens import companions
from watchword.tokens.lifetimes import LifetimePaths, read_lifetime, stated_at
from watchword.tokens.refusal_words import blames_caller, reports_refusal, server_words, words_beside_success
from watchword.tokens.token import Token
from watchword.tokens.token_response import (
    VISIBLE,
    WHOLE,
    TokenResponse,
    element_names,
    is_page,
    redirect_advice,
    value_at,
    whole_body,
)
from watchword.tokens.token_values import NO_VALUES, ValueSources
from watchword.tokens.worthless import worthless

# After a form's POST, browsers follow these by GET (RFC 9110 section 15.4); others repeat the POST elsewhere.
_FOLLOWED_BY_GET = {302, 303}
_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_ERROR_PARAMETERS = frozenset(
    {"error", "err", "errorcode", "loginerror", "autherror", "loginfailed", "failed"}
)
_NO_ERROR = frozenset({"0", "false", "no", "none", "null"})
_FAILED_PATH = re.compile(r"(?i)(?:login|signin|auth)[-_/]?(?:error|failed|failure)/?$")
_NO_SUCH_LOGIN = {404, 405}

_ADVICE = {
    "temporarily_unavailable": "The login server is overloaded or down; try later.",
    "token_endpoint_not_found": "Check login_url and login_method: the server does not know this login.",
    "reply_not_token": "Check login_url and login_format: the response holds no token.",
    "token_field_missing": "Set response_access_path, response_header or response_cookie to the right place.",
    "token_malformed": "Check the place of the token in the response: the value there can't be sent.",
}


@dataclass(frozen=True)
class TokenLocation:
    """Where in the response the token is: at a JSONPath of the body, in a header, or in a cookie.

    `expires` is the JSONPath of the lifetime, `lifetime` the seconds if the response states none.
    `lead` is the prefix that is sent before the token; it is removed from the response's value. `others` are
    the names of further cookies that the response must set, and `values` say what else is taken from it.
    """

    kind: Literal["body", "header", "cookie"]
    name: str
    expires: str = "expires_in"
    lifetime: float | None = None
    lead: str = ""
    others: tuple[str, ...] = ()
    values: ValueSources = NO_VALUES

    @property
    def paths(self) -> LifetimePaths:
        """Where the token's lifetime is stated."""
        in_body = self.name if self.kind == "body" and self.name != WHOLE else ""
        in_header = self.name if self.kind == "header" else ""
        return LifetimePaths(self.expires, in_body, self.lifetime, token_header=in_header)


def read_session(response: TokenResponse, location: TokenLocation) -> Token:
    """Return the token in a response; raises TokenError with a finding for any other response."""
    refusal = _refusal(response, location)
    if refusal:
        raise TokenError([refusal])
    content, cookie = response.content({location.name}), None
    if location.kind == "cookie":
        cookies = effective_cookies(response.cookies, response.url)
        cookie = cookies.get(location.name)
        value, present = cookie.value if cookie else "", sorted(cookies)
    elif location.kind == "header":
        value, present = response.headers.get(location.name, "").strip(), sorted(response.headers)
    else:
        value, present = _in_body(response, content, location.name)
    if location.lead and value[: len(location.lead)].lower() == location.lead.lower():
        value = value[len(location.lead) :].strip()
    if value in {"", '""'}:  # a cookie that is empty, in quotes (RFC 6265 section 4.1.1)
        raise TokenError([_missing(response, location, present)])
    if not VISIBLE.fullmatch(value) or ";" in value:
        raise TokenError([_finding(response, "token_malformed", "returned a token that can't be sent")])
    knows_better = location.kind == "cookie" or location.lifetime is not None
    paths = replace(location.paths, headers=response.headers)
    stated = None if knows_better else stated_at(content.value, paths)
    if reason := worthless(value, stated, response, paths.expires):
        raise TokenError([_finding(response, "token_worthless", f"returned {reason}")])
    at = cookie.lifetime if cookie else None
    lasts = read_lifetime(content.value, paths, value, response.now, cookie=at)
    values = location.values.in_response(response, content.value)
    if location.kind == "cookie":
        values = _companions(response, location) | values
    return Token(value, lifetime=lasts.seconds, unread_end=lasts.unread, values=values)


def _companions(response: TokenResponse, location: TokenLocation) -> dict[str, str]:
    """Return the cookies beside the token's; raises TokenError if one that the API must get is missing."""
    found = companions.set_by(response.cookies, response.url, leave_out=location.name, named=location.others)
    for name in location.others:
        if f"{companions.COOKIE}{name}" not in found:
            present = sorted(effective_cookies(response.cookies, response.url))
            raise TokenError([_missing(response, replace(location, name=name), present)])
    return found


def _in_body(response: TokenResponse, content: Content, path: str) -> tuple[str, list[str]]:
    """Return the text at a path, "" if there is none, and the names of the top-level fields."""
    if path == WHOLE and (whole := whole_body(response, content)) is not None:
        return whole, []
    if not content.holds_objects and not is_page(response) and body_words.reads_as_refusal(response.text):
        what = f"answered {response.status} with an error"
        raise TokenError([_finding(response, "login_refused", what, quote=True)])
    if not content.holds_objects:
        what = f"returned {response.kind} instead of a JSON object, XML or a form"
        raise TokenError([_finding(response, "reply_not_token", what)])
    token = value_at(content.value, path)
    is_number = isinstance(token, int) and not isinstance(token, bool)
    text = str(token) if is_number or isinstance(token, str) else ""
    if not text and reports_refusal(content):
        what = f"answered {response.status} with an error"
        raise TokenError([_finding(response, "login_refused", what, quote=True)])
    if not text and content.kind == "xml":
        what = f"returned XML without text at {path!r}; its elements: {element_names(content)}"
        advice = "Set response_access_path to the token's element, such as Access_Token.Token or //Token."
        said = words_beside_success(content)
        raise TokenError([_finding(response, "token_field_missing", what, advice=advice, said=said)])
    return text, sorted(content.fields or ())


def _refusal(response: TokenResponse, location: TokenLocation) -> Finding | None:
    """Return why the server opens no session; None if it seems to open one."""
    status = response.status
    if response.succeeded:
        return _refusal_with_success(response, location)
    if status < _CLIENT_ERROR:
        return _redirected(response, location)
    if response.is_transient:
        content = response.content()
        if status == _SERVER_ERROR and blames_caller(content):
            return _finding(response, "login_refused", "refused the login", quote=True)
        words = server_words(content)
        return _finding(response, "temporarily_unavailable", "is overloaded or down", said=words)
    if status in _NO_SUCH_LOGIN:
        return _finding(response, "token_endpoint_not_found", "does not know this login")
    return _finding(response, "login_refused", "refused the login", quote=True)


def _refusal_with_success(response: TokenResponse, location: TokenLocation) -> Finding | None:
    """Return the refusal in a response of success: many servers send that, and a cookie, for any login."""
    if body_words.complaint(response.text):
        return _finding(response, "login_refused", f"answered {response.status} with an error", quote=True)
    if location.kind != "body" and body_words.asks_for_password(response.text):
        return _finding(response, "login_refused", "returned the sign-in page again")
    return None


def _redirected(response: TokenResponse, location: TokenLocation) -> Finding | None:
    """Return why a redirect isn't a success; None for one that leads on from a form."""
    try:
        target = urlsplit(response.redirect_url)
        back = target.path == urlsplit(response.url).path or _is_for_failures(target)
    except ValueError:
        back = False
    if location.kind == "body" or response.status not in _FOLLOWED_BY_GET:
        what = response.redirect or f"returned the status {response.status} and no token"
        advice = redirect_advice(response, "login_url") if response.redirect else ""
        return _finding(response, "reply_not_token", what, advice=advice)
    if back:
        what = "redirects back to the sign-in page, or to one for failed logins"
        return _finding(response, "login_refused", what)
    return None


def _is_for_failures(target: SplitResult) -> bool:
    """Return whether a page is where failed logins lead: Spring has `/login?error`, Jenkins `/loginError`."""
    parameters = parse_qsl(target.query, keep_blank_values=True)
    named = {name.lower().replace("_", ""): value.lower() for name, value in parameters}
    failed = any(named[name] not in _NO_ERROR for name in _ERROR_PARAMETERS & named.keys())
    return failed or _FAILED_PATH.search(target.path) is not None


def _missing(response: TokenResponse, location: TokenLocation, present: list[str]) -> Finding:
    """Return a finding that lists names in the response; it has no values, since these may be tokens."""
    where, what = {
        "body": (f"has no token at {location.name!r}", "top-level fields"),
        "header": (f"has no header {location.name!r}", "headers"),
        "cookie": (f"sets no cookie {location.name!r}", "cookies"),
    }[location.kind]
    said = words_beside_success(response.content())
    return _finding(response, "token_field_missing", f"{where}; its {what}: {names(present)}", said=said)


def _finding(  # noqa: PLR0913 - the last three are for a few callers
    response: TokenResponse,
    code: str,
    what: str,
    *,
    quote: bool = False,
    advice: str = "",
    said: Mapping[str, str] = MappingProxyType({}),
) -> Finding:
    """Return a finding that names the server; `quote` adds its response, masked, `said` words of it."""
    evidence = {"status": str(response.status)}
    evidence |= {f"body.{name}" if name in evidence else name: words for name, words in said.items()}
    if quote and response.text.strip():
        evidence["answer"] = redact.quoted(response.text)
    message = f"Logging in: the server at {response.host} {what}."
    return finding(
        code,
        message,
        advice=advice or _ADVICE.get(code, ""),
        evidence=evidence,
        retry_after=response.retry_after,
    )
