"""Read the response of a token endpoint (RFC 6749 sections 5.1 and 5.2); no I/O."""

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
from watchword.findings.evidence import names
from watchword.findings.finding import Finding, Phase
from watchword.http.bodies import read_json
from watchword.http.headers import FORM, media_type
from watchword.protocols.oauth2.lifetime import refresh_lifetime, stated_lifetime
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.tokens.token import Token, jwt_account
from watchword.tokens.token_response import VISIBLE, TokenResponse, lifetime_of, value_at
from watchword.tokens.worthless import says_no, worthless

_NOT_FOUND, _UNAUTHORIZED = 404, 401

# RFC 6749 appendix A.17: visible characters and the space.
_REFRESH_TOKEN = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True)
class ResponsePaths:
    """The JSONPaths of tokens and lifetimes in a response, and the lifetime if the response states none.

    Without a path for the refresh token, none is kept. Without a path for its lifetime, the usual
    names are tried. `is_token` is False for what is no access token, such as a device code.
    """

    access: str = "access_token"
    expires: str = "expires_in"
    default_lifetime: float | None = None
    refresh: str = ""
    refresh_expires: str = ""
    is_token: bool = True


def read_token(response: TokenResponse, paths: ResponsePaths, words: RequestWords = CLIENT) -> Token:
    """Return the token in a response; raises TokenError with a finding for any other response.

    Without a refresh token in the response, the token has none: the previous one stays valid.
    """
    parsed = _ParsedResponse(response, _content(response, paths), words)
    refusal = _refusal(parsed)
    if refusal:
        raise TokenError([refusal])
    content = parsed.content
    if content is None:
        kind = response.headers.get("Content-Type") or "no content type"
        raise TokenError([parsed.finding("reply_not_token", f"returned {kind} instead of a token")])
    access_token = _access_token(parsed, content, paths.access)
    stated = value_at(content, paths.expires) if paths.default_lifetime is None else None
    if paths.is_token and (reason := worthless(access_token, stated, response)):
        raise TokenError([parsed.finding("token_worthless", f"returned {reason}")])
    return Token(
        access_token=access_token,
        token_type=_text(content.get("token_type")) or "Bearer",
        lifetime=lifetime_of(stated_lifetime(content, paths.expires), access_token, paths.default_lifetime),
        scope=_scope(content.get("scope")),
        refresh_token=_refresh_token(parsed, content, paths.refresh) if paths.refresh else None,
        refresh_lifetime=refresh_lifetime(content, paths.refresh_expires) if paths.refresh else None,
        account=jwt_account(_text(content.get("id_token")) or "") if paths.refresh else None,
    )


class _ParsedResponse(NamedTuple):
    """A response, its fields, and the words for findings about it."""

    response: TokenResponse
    content: Mapping[str, Any] | None
    words: RequestWords

    def finding(self, code: str, what: str, *, quote: bool = False, advice: str = "") -> Finding:
        """Return a finding that names the request and the host; `quote` adds the server's error."""
        evidence = {"status": str(self.response.status)}
        for name in ("error", "error_description") if quote and self.content else ():
            value = (self.content or {}).get(name)
            if isinstance(value, (str, Mapping)):
                evidence[name] = redact.quoted(value if isinstance(value, str) else json.dumps(value))
        return finding(
            code,
            f"{self.words.doing}: the token endpoint at {self.response.host} {what}.",
            advice=advice or self.words.advice.get(code, ""),
            evidence=evidence,
            retry_after=self.response.retry_after,
        )


def _content(response: TokenResponse, paths: ResponsePaths) -> dict[str, Any] | None:
    """Return the response's fields, in JSON or, as some old servers send them, as a form; else None."""
    try:
        content = read_json(response.text)
    except ValueError:
        form = dict(parse_qsl(response.text))
        # Any text with a = in it parses as a form; a token response is recognised by its fields.
        is_form = media_type(response.headers) == FORM or {paths.access, "access_token", "error"} & set(form)
        return form if is_form else None
    return content if isinstance(content, dict) else None


def _access_token(parsed: _ParsedResponse, content: Mapping[str, Any], path: str) -> str:
    token = value_at(content, path)
    if not isinstance(token, str) or not token:
        message = f"has no token at {path!r}; its top-level fields: {names(sorted(content))}"
        raise TokenError([parsed.finding("token_field_missing", message)])
    if not VISIBLE.fullmatch(token):
        raise TokenError([parsed.finding("token_malformed", "issued a token that can't be sent in a header")])
    return token


def _refresh_token(parsed: _ParsedResponse, content: Mapping[str, Any], path: str) -> str | None:
    token = value_at(content, path)
    if token in (None, ""):
        return None
    if not isinstance(token, str) or not _REFRESH_TOKEN.fullmatch(token):
        advice = "Check response_refresh_path: the value there isn't a valid refresh token."
        raise TokenError(
            [parsed.finding("token_malformed", "issued an invalid refresh token", advice=advice)]
        )
    return token


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _scope(granted: object) -> str | None:
    """Return the granted scopes as one text; some servers send a JSON list."""
    if isinstance(granted, list) and all(isinstance(name, str) for name in granted):
        return " ".join(granted)
    return _text(granted)


def _refusal(parsed: _ParsedResponse) -> Finding | None:
    """Return why the server issues no token; None if it seems to issue one."""
    response, content = parsed.response, parsed.content
    error = content.get("error") if content else None
    if response.succeeded and not error and not (content and says_no(content)):
        return None
    name = error if isinstance(error, str) else ""
    standard = CODES.get(name)
    if response.is_transient:
        code, what = "temporarily_unavailable", "is overloaded or down"
    elif standard and standard.phase is Phase.TOKEN:
        code, what = name, f"refused the request: {name}"
    elif response.succeeded:
        code, what = "token_error_in_200", "returned an error with a status of success"
    elif response.status == _UNAUTHORIZED:
        code, what = "invalid_client", "refused the client"
    elif response.status == _NOT_FOUND and not error:
        code, what = "token_endpoint_not_found", "does not know this path"
    elif content is None:
        code, what = "reply_not_token", "returned no token"
    else:
        code, what = "token_refused", "refused the request"
    return parsed.finding(code, what, quote=True)
