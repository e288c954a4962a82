"""Read what a token endpoint answered (RFC 6749 sections 5.1 and 5.2); no I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import CODES, finding
from watchword.findings.finding import Finding, Phase
from watchword.http.headers import FORM, media_type
from watchword.protocols.oauth2.lifetime import refresh_lifetime, stated_lifetime
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.tokens.token import Token
from watchword.tokens.token_response import VISIBLE, TokenResponse, lifetime_of, value_at

_NOT_FOUND, _UNAUTHORIZED = 404, 401

# RFC 6749 appendix A.17: visible characters and the space.
_REFRESH_TOKEN = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True)
class ReplyPaths:
    """Where in a reply the tokens and their lifetimes stand (JSONPath), and the lifetime if it is silent.

    Without a path for the refresh token none is kept; its lifetime is looked for under its usual
    names where there is no path for it.
    """

    access: str = "access_token"
    expires: str = "expires_in"
    default_lifetime: float | None = None
    refresh: str = ""
    refresh_expires: str = ""


def read_token(reply: TokenResponse, paths: ReplyPaths, purpose: RequestWords = CLIENT) -> Token:
    """Return the token in a reply; raises TokenError with a finding for any other answer.

    Where the reply holds no refresh token there is none in the token: the one before stays good.
    """
    answer = _Answer(reply, _content(reply, paths), purpose)
    refusal = _refusal(answer)
    if refusal:
        raise TokenError([refusal])
    content = answer.content
    if content is None:
        kind = reply.headers.get("Content-Type") or "no content type"
        raise TokenError([answer.said("reply_not_token", f"answered no token but {kind}")])
    access_token = _access_token(answer, content, paths.access)
    return Token(
        access_token=access_token,
        token_type=_text(content.get("token_type")) or "Bearer",
        lifetime=lifetime_of(stated_lifetime(content, paths.expires), access_token, paths.default_lifetime),
        scope=_scope(content.get("scope")),
        refresh_token=_refresh_token(answer, content, paths.refresh) if paths.refresh else None,
        refresh_lifetime=refresh_lifetime(content, paths.refresh_expires) if paths.refresh else None,
    )


class _Answer(NamedTuple):
    """A reply, the fields that it was read as, and what was asked for."""

    reply: TokenResponse
    content: Mapping[str, Any] | None
    purpose: RequestWords

    def said(self, code: str, what: str, *, quote: bool = False, advice: str = "") -> Finding:
        """Return a finding that names the phase and the endpoint's host, on wish with the server's words."""
        evidence = {"status": str(self.reply.status)}
        for name in ("error", "error_description") if quote and self.content else ():
            said = (self.content or {}).get(name)
            if isinstance(said, (str, Mapping)):
                evidence[name] = redact.quoted(said if isinstance(said, str) else json.dumps(said))
        return finding(
            code,
            f"{self.purpose.doing}: the token endpoint at {self.reply.host} {what}.",
            advice=advice or self.purpose.advice.get(code, ""),
            evidence=evidence,
            retry_after=self.reply.retry_after,
        )


def _content(reply: TokenResponse, paths: ReplyPaths) -> dict[str, Any] | None:
    """Return the reply's fields: JSON, else form-encoded as some old servers do; None for neither."""
    try:
        content = json.loads(reply.text)
    except (ValueError, RecursionError):
        form = dict(parse_qsl(reply.text))
        # Anything with a = in it looks like a form: one that says what a reply says is one.
        is_form = media_type(reply.headers) == FORM or {paths.access, "access_token", "error"} & set(form)
        return form if is_form else None
    return content if isinstance(content, dict) else None


def _access_token(answer: _Answer, content: Mapping[str, Any], path: str) -> str:
    found = value_at(content, path)
    if not isinstance(found, str) or not found:
        names = ", ".join(redact.text(name[:40]) for name in sorted(content)[:20]) or "none"
        message = f"has no token at {path!r}; its top-level fields: {names}"
        raise TokenError([answer.said("token_field_missing", message)])
    if not VISIBLE.fullmatch(found):
        raise TokenError([answer.said("token_malformed", "gave a token that no header can carry")])
    return found


def _refresh_token(answer: _Answer, content: Mapping[str, Any], path: str) -> str | None:
    found = value_at(content, path)
    if found in (None, ""):
        return None
    if not isinstance(found, str) or not _REFRESH_TOKEN.fullmatch(found):
        advice = "Check response_refresh_path: what stands there is no refresh token."
        raise TokenError([answer.said("token_malformed", "gave a refresh token that is none", advice=advice)])
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scope(granted: object) -> str | None:
    """Return what was granted, which some servers list as JSON."""
    if isinstance(granted, list) and all(isinstance(name, str) for name in granted):
        return " ".join(granted)
    return _text(granted)


def _refusal(answer: _Answer) -> Finding | None:
    """Return why the server gives no token, None where it seems to give one."""
    reply, content = answer.reply, answer.content
    error = content.get("error") if content else None
    if reply.succeeded and not error and not (content and content.get("ok") is False):
        return None
    name = error if isinstance(error, str) else ""
    known = CODES.get(name)
    if reply.is_transient:
        code, what = "temporarily_unavailable", "is overloaded or down"
    elif known and known.phase is Phase.TOKEN:
        code, what = name, f"refused the request: {name}"
    elif reply.succeeded:
        code, what = "token_error_in_200", "reports an error in a reply of success"
    elif reply.status == _UNAUTHORIZED:
        code, what = "invalid_client", "refused the client"
    elif reply.status == _NOT_FOUND and not error:
        code, what = "token_endpoint_not_found", "knows no such path"
    elif content is None:
        code, what = "reply_not_token", "answered no token"
    else:
        code, what = "token_refused", "refused the request"
    return answer.said(code, what, quote=True)
