"""Read what a token endpoint answered (RFC 6749 sections 5.1 and 5.2); no I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from watchword import redact
from watchword.codes import CODES, finding
from watchword.diagnosis import Finding, Phase
from watchword.errors import TokenError
from watchword.tokens.reply import VISIBLE, Reply, lifetime_of, value_at
from watchword.tokens.token import Token

_NOT_FOUND, _UNAUTHORIZED = 404, 401


@dataclass(frozen=True)
class ReplyPaths:
    """Where in a reply the token and its lifetime stand (JSONPath), and the lifetime if it is silent."""

    access: str = "access_token"
    expires: str = "expires_in"
    default_lifetime: float | None = None


def read_token(reply: Reply, paths: ReplyPaths) -> Token:
    """Return the token in a reply; raises TokenError with a finding for any other answer."""
    content = _content(reply)
    refusal = _refusal(reply, content)
    if refusal:
        raise TokenError([refusal])
    if content is None:
        kind = reply.headers.get("Content-Type") or "no content type"
        raise TokenError([_said(reply, "reply_not_token", f"answered no token but {kind}")])
    access_token = value_at(content, paths.access)
    if not isinstance(access_token, str) or not access_token:
        found = ", ".join(redact.text(name[:40]) for name in sorted(content)[:20]) or "none"
        message = f"has no token at {paths.access!r}; its top-level fields: {found}"
        raise TokenError([_said(reply, "token_field_missing", message)])
    if not VISIBLE.fullmatch(access_token):
        raise TokenError([_said(reply, "token_malformed", "gave a token that no header can carry")])
    return Token(
        access_token=access_token,
        token_type=str(content.get("token_type") or "Bearer"),
        lifetime=lifetime_of(value_at(content, paths.expires), access_token, paths.default_lifetime),
        scope=content["scope"] if isinstance(content.get("scope"), str) else None,
    )


def _content(reply: Reply) -> dict[str, Any] | None:
    """Return the reply's fields: JSON, else form-encoded as some old servers do; None for neither."""
    try:
        content = json.loads(reply.text)
    except (ValueError, RecursionError):
        form = dict(parse_qsl(reply.text))
        # Anything with a = in it looks like a form: one that says what a reply says is one.
        return form if {"access_token", "error"} & set(form) else None
    return content if isinstance(content, dict) else None


def _refusal(reply: Reply, content: Mapping[str, Any] | None) -> Finding | None:
    """Return why the server gives no token, None where it seems to give one."""
    success = reply.succeeded
    error = content.get("error") if content else None
    if success and not error and not (content and content.get("ok") is False):
        return None
    name = error if isinstance(error, str) else ""
    known = CODES.get(name)
    if reply.is_transient:
        code, what = "temporarily_unavailable", "is overloaded or down"
    elif known and known.phase is Phase.TOKEN:
        code, what = name, f"refused the request: {name}"
    elif success:
        code, what = "token_error_in_200", "reports an error in a reply of success"
    elif reply.status == _UNAUTHORIZED:
        code, what = "invalid_client", "refused the client"
    elif reply.status == _NOT_FOUND and not error:
        code, what = "token_endpoint_not_found", "knows no such path"
    elif content is None:
        code, what = "reply_not_token", "answered no token"
    else:
        code, what = "token_refused", "refused the request"
    return _said(reply, code, what, content)


def _said(
    reply: Reply,
    code: str,
    what: str,
    content: Mapping[str, Any] | None = None,
) -> Finding:
    """Return a finding that names the phase and the endpoint's host, with the server's own words."""
    evidence = {"status": str(reply.status)}
    for name in ("error", "error_description"):
        said = content.get(name) if content else None
        if isinstance(said, (str, Mapping)):
            evidence[name] = redact.quoted(said if isinstance(said, str) else json.dumps(said))
    message = f"Getting a token: the token endpoint at {reply.host} {what}."
    return finding(code, message, evidence=evidence, retry_after=reply.retry_after)
