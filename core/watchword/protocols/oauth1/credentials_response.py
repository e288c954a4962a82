"""Read the responses of a server in a sign-in (RFC 5849 sections 2.1 and 2.3); no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.tokens.token_response import TokenResponse, redirect_advice

# The parameters of the extension Problem Reporting, in the header WWW-Authenticate and in forms.
_PROBLEM = re.compile(
    r"\b(oauth_(?:problem(?:_advice)?|parameters_(?:absent|rejected)|acceptable_\w+))=\"?([^\"&,\s]*)"
)

_CLIENT_ERROR, _NOT_FOUND = 400, 404


def read_credentials(response: TokenResponse, field: str) -> Mapping[str, str]:
    """Return the form in a response, which holds a token and its secret.

    Args:
        response: the server's response.
        field: the name of the field with the request's URL, for the message.

    Raises:
        TokenError: with a finding for any other response; a problem report becomes its evidence.
    """
    refusal = _refusal(response, field)
    if refusal:
        raise TokenError([refusal])
    fields = response.content({"oauth_token"}).fields or {}
    form = {name: value for name, value in fields.items() if isinstance(value, str)}
    if "oauth_token" not in form:
        raise TokenError(
            [_finding(response, "reply_not_token", field, f"returned {response.kind} instead of a token")]
        )
    if not form["oauth_token"] or "oauth_token_secret" not in form:
        raise TokenError(
            [_finding(response, "token_field_missing", field, "issued a token without its secret")]
        )
    return form


def require_callback_confirmed(response: TokenResponse, field: str, form: Mapping[str, str]) -> None:
    """Raise TokenError unless the server has confirmed the callback (section 2.1)."""
    if form.get("oauth_callback_confirmed", "").lower() != "true":
        what = "did not confirm the callback: it uses OAuth 1.0 before revision A, whose sign-in is unsafe"
        advice = "Ask the provider for the endpoints of OAuth 1.0a (RFC 5849)."
        raise TokenError([_finding(response, "token_field_missing", field, what, advice)])


def problems(text: str) -> dict[str, str]:
    """Return the parameters of a problem report in a header, a form or a redirected URL."""
    return {name: redact.quoted(unquote_plus(value)) for name, value in _PROBLEM.findall(text)}


def _refusal(response: TokenResponse, field: str) -> Finding | None:
    """Return why the server issues no token; None if it seems to issue one."""
    reported = problems(f"{response.headers.get('WWW-Authenticate', '')} {response.text}")
    if response.succeeded and not reported:
        return None
    if response.is_transient:
        what = "is overloaded or down"
        return _finding(response, "temporarily_unavailable", field, what, "Try later.", reported)
    if response.status == _NOT_FOUND and not reported:
        advice = f"Check {field}: the server does not know this path."
        return _finding(response, "token_endpoint_not_found", field, "does not know this path", advice)
    if response.status < _CLIENT_ERROR and not reported:  # a redirect, which is not followed
        what = response.redirect or f"returned status {response.status} and no token"
        advice = redirect_advice(response, field) if response.redirect else ""
        return _finding(response, "reply_not_token", field, what, advice)
    words = response.text.strip()
    if words and not reported and not words.startswith("<"):
        reported = {"answer": redact.quoted(words)}
    return _finding(response, "sign_in_refused", field, "refused the request", evidence=reported)


def _finding(  # noqa: PLR0913, PLR0917 - a finding has that many parts
    response: TokenResponse,
    code: str,
    field: str,
    what: str,
    advice: str = "",
    evidence: Mapping[str, str] | None = None,
) -> Finding:
    """Return a finding that names the field of the URL and the server's host."""
    if not advice and code in {"reply_not_token", "token_field_missing"}:
        advice = f"Check {field}: its response isn't an OAuth 1.0 token."
    return finding(
        code,
        f"Signing in: the {field} at {response.host} {what}.",
        advice=advice,
        evidence={"status": str(response.status), **(evidence or {})},
        retry_after=response.retry_after,
    )
