"""Read what a server answered in a sign-in (RFC 5849 sections 2.1 and 2.3); no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.tokens.token_response import TokenResponse

# What the extension Problem Reporting puts into the header WWW-Authenticate, and into forms.
_PROBLEM = re.compile(
    r"\b(oauth_(?:problem(?:_advice)?|parameters_(?:absent|rejected)|acceptable_\w+))=\"?([^\"&,\s]*)"
)

_CLIENT_ERROR, _NOT_FOUND = 400, 404


def read_credentials(reply: TokenResponse, field: str) -> Mapping[str, str]:
    """Return the form that a server answered, in which a token and its secret are.

    Args:
        reply: what was answered.
        field: the name of the field whose URL was asked, for the message.

    Raises:
        TokenError: with a finding for any other answer, and its problem report as evidence.
    """
    refusal = _refusal(reply, field)
    if refusal:
        raise TokenError([refusal])
    form = dict(parse_qsl(reply.text.strip(), keep_blank_values=True))
    if "oauth_token" not in form:
        kind = reply.headers.get("Content-Type") or "no content type"
        raise TokenError([_said(reply, "reply_not_token", field, f"answered no token but {kind}")])
    if not form["oauth_token"] or "oauth_token_secret" not in form:
        raise TokenError([_said(reply, "token_field_missing", field, "gave a token without its secret")])
    return form


def confirmed(reply: TokenResponse, field: str, form: Mapping[str, str]) -> None:
    """Raise TokenError unless the server has understood the callback (section 2.1)."""
    if form.get("oauth_callback_confirmed", "").lower() != "true":
        what = (
            "did not confirm the callback, so it speaks OAuth 1.0 before revision A, whose sign-in is unsafe"
        )
        advice = "Ask the provider for the endpoints of OAuth 1.0a (RFC 5849)."
        raise TokenError([_said(reply, "token_field_missing", field, what, advice)])


def problems(text: str) -> dict[str, str]:
    """Return what a problem report says, in a header, a form or a redirected URL; empty for none."""
    return {name: redact.quoted(unquote_plus(value)) for name, value in _PROBLEM.findall(text)}


def _refusal(reply: TokenResponse, field: str) -> Finding | None:
    """Return why the server gives no token, None where it seems to give one."""
    reported = problems(f"{reply.headers.get('WWW-Authenticate', '')} {reply.text}")
    if reply.succeeded and not reported:
        return None
    if reply.is_transient:
        return _said(reply, "temporarily_unavailable", field, "is overloaded or down", "Try later.", reported)
    if reply.status == _NOT_FOUND and not reported:
        advice = f"Check {field}: the server does not know this path."
        return _said(reply, "token_endpoint_not_found", field, "knows no such path", advice)
    if reply.status < _CLIENT_ERROR and not reported:  # a redirect, which is not followed
        return _said(reply, "reply_not_token", field, f"answered {reply.status} and no token")
    words = reply.text.strip()
    if words and not reported and not words.startswith("<"):
        reported = {"answer": redact.quoted(words)}
    return _said(reply, "sign_in_refused", field, "refused the request", evidence=reported)


def _said(  # noqa: PLR0913, PLR0917 - a finding has that many parts
    reply: TokenResponse,
    code: str,
    field: str,
    what: str,
    advice: str = "",
    evidence: Mapping[str, str] | None = None,
) -> Finding:
    """Return a finding that names the step and the server's host."""
    if not advice and code in {"reply_not_token", "token_field_missing"}:
        advice = f"Check {field}: what it answers is no OAuth 1.0 token."
    return finding(
        code,
        f"Signing in: the {field} at {reply.host} {what}.",
        advice=advice,
        evidence={"status": str(reply.status), **(evidence or {})},
        retry_after=reply.retry_after,
    )
