"""Read the response of a token endpoint (RFC 6749 sections 5.1 and 5.2); no I/O."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from watchword.errors import TokenError
from watchword.findings.codes import CODES, finding
from watchword.findings.evidence import names
from watchword.findings.finding import Finding, Phase
from watchword.http import body_words
from watchword.http.bodies import Content, content_of
from watchword.http.body_rules import LARGEST_BODY, BodyRules
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.tokens.dead_tokens import dead_token_name, liftable_words, names_refused_client
from watchword.tokens.kept_refusals import comes_too_early, is_passing
from watchword.tokens.lifetimes import LifetimePaths, read_lifetime, read_refresh_lifetime, stated_at
from watchword.tokens.refusal_words import (
    reports_refusal,
    said_in,
    says_no,
    server_words,
    words_beside_success,
)
from watchword.tokens.replaced_refresh_token import RefreshTokenReplacedError
from watchword.tokens.token import Token, jwt_account
from watchword.tokens.token_response import (
    VISIBLE,
    WHOLE,
    TokenResponse,
    element_names,
    redirect_advice,
    text_at,
    value_at,
    whole_body,
)
from watchword.tokens.token_values import NO_VALUES, ValueSources
from watchword.tokens.worthless import worthless

_NOT_FOUND, _UNAUTHORIZED = 404, 401

_DRIFT = 30.0
"""A difference of clocks above this many seconds is worth a remark."""

_OF_UNKNOWN_WORDS = frozenset({"token_refused", "token_error_in_200", "invalid_client"})
_NAME_IT = "If the words mean that the refresh token is dead, name them in refused_on_body."

_EITHER = (
    "Some servers, such as ServiceNow, say this for a wrong client secret and for a dead refresh token: "
    "check client_secret first, and then sign in again."
)

_OF_REFUSED = frozenset({"access_denied", "invalid_grant", "invalid_request"})

# RFC 6749 appendix A.17: visible characters and the space.
_REFRESH_TOKEN = re.compile(r"[\x20-\x7e]+")


_TOO_EARLY = "renews no token that has not ended"
_TOO_EARLY_ADVICE = (
    "Nothing needs to be done: the token is renewed once it has ended. If this happens often, several "
    "programs may renew the same sign-in without a shared token store."
)

_LIFT = (
    "Ask an administrator at the provider to lift this; if it names another place, check token_url. The "
    "sign-in is kept: it works again once the server accepts it."
)

# In these cases it is the server or its gateway that speaks, and says nothing about a refresh token.
_SAYS_NOTHING = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class ResponsePaths:
    """The JSONPaths of tokens and lifetimes in a response, and the lifetime if the response states none.

    Without a path for the refresh token, none is kept. Without a path for its lifetime, the usual
    names are tried. `is_token` is False for a device code and the like. `refused` are
    the rules by which a response refuses the refresh token that was sent; None if none was sent.
    `behind_login` says that `login_with` authenticates the request by a token of its own.
    """

    access: str = "access_token"
    expires: str = "expires_in"
    default_lifetime: float | None = None
    refresh: str = ""
    refresh_expires: str = ""
    is_token: bool = True
    refused: BodyRules | None = field(default=None, compare=False)
    values: ValueSources = NO_VALUES
    behind_login: bool = field(default=False, compare=False)

    @property
    def lifetime(self) -> LifetimePaths:
        """Where the access token's lifetime is stated."""
        return LifetimePaths(self.expires, self.access, self.default_lifetime)


def read_token(response: TokenResponse, paths: ResponsePaths, words: RequestWords = CLIENT) -> Token:
    """Return the token in a response; raises TokenError with a finding for any other response.

    Without a refresh token in the response, the token has none: the previous one stays valid. Raises
    RefreshTokenReplacedError if a refresh has brought a refresh token and nothing else that can be used.
    """
    parsed = _ParsedResponse(response, response.content({paths.access, "access_token", "error"}), words)
    try:
        return _token(parsed, paths)
    except TokenError as error:
        replaced = _replaced_refresh_token(parsed, paths)
        if not replaced:
            raise
        raise RefreshTokenReplacedError(error.findings, replaced) from None


def _token(parsed: _ParsedResponse, paths: ResponsePaths) -> Token:
    response, value = parsed.response, parsed.content.value
    refusal = _refusal(parsed, paths)
    if refusal:
        raise TokenError([refusal])
    paths = _of_refresh(paths, value)
    access_token = _access_token(parsed, paths.access)
    lifetime = replace(paths.lifetime, headers=response.headers)
    stated = stated_at(value, lifetime) if paths.default_lifetime is None else None
    if paths.is_token and (reason := worthless(access_token, stated, response, paths.expires)):
        raise TokenError([parsed.finding("token_worthless", f"returned {reason}")])
    lasts = read_lifetime(value, lifetime, access_token, response.now)
    until = LifetimePaths(paths.refresh_expires, paths.refresh, headers=response.headers)
    refresh = read_refresh_lifetime(value, until, response.now) if paths.refresh else None
    return Token(
        access_token=access_token,
        token_type=text_at(value, "token_type") or "Bearer",
        lifetime=lasts.seconds,
        scope=_scope(value_at(value, "scope")),
        refresh_token=_refresh_token(parsed, paths.refresh) if paths.refresh else None,
        refresh_lifetime=refresh.seconds if refresh and not refresh.unread else None,
        account=jwt_account(text_at(value, "id_token") or "") if paths.refresh else None,
        unread_end=lasts.unread or (refresh.unread if refresh else ""),
        values=paths.values.in_response(response, value),
    )


def _replaced_refresh_token(parsed: _ParsedResponse, paths: ResponsePaths) -> str:
    """Return the refresh token in the successful response to a refresh, "" if there is none."""
    if paths.refused is None or not paths.refresh or not parsed.response.succeeded:
        return ""
    found = (text_at(parsed.content.value, path) or "" for path in (paths.refresh, "refresh_token"))
    return next((token for token in found if _REFRESH_TOKEN.fullmatch(token)), "")


def _of_refresh(paths: ResponsePaths, value: object) -> ResponsePaths:
    """Return the paths of a refresh's response, which may have the standard fields in place of the sign-in's.

    Slack's sign-in of a user has `authed_user.access_token`, and its refresh has `access_token`.
    """
    is_refresh = paths.refused is not None
    if not is_refresh or value_at(value, paths.access) is not None or not text_at(value, "access_token"):
        return paths
    return replace(paths, access="access_token", refresh="refresh_token")


class _ParsedResponse(NamedTuple):
    """A response, its content, and the words for findings about it."""

    response: TokenResponse
    content: Content
    words: RequestWords

    def finding(self, code: str, what: str, *, quote: bool = False, advice: str = "") -> Finding:
        """Return a finding that names the request and the host; `quote` adds the server's words."""
        evidence = {"status": str(self.response.status)}
        said: dict[str, str] = {}
        if quote:
            said = server_words(self.content)
        elif self.response.succeeded:
            said = words_beside_success(self.content)
        evidence |= {f"body.{name}" if name in evidence else name: words for name, words in said.items()}
        if quote and len(evidence) == 1 and not self.response.succeeded and self.response.says_text:
            evidence["answer"] = self.response.quoted
        return finding(
            code,
            f"{self.words.doing}: the token endpoint at {self.response.host} {what}.",
            advice=advice or self.words.advice.get(code, ""),
            evidence=evidence,
            retry_after=self.response.retry_after,
        )


def _access_token(parsed: _ParsedResponse, path: str) -> str:
    response, content = parsed.response, parsed.content
    whole = whole_body(response, content) if path == WHOLE else None
    if whole and VISIBLE.fullmatch(whole):
        return whole
    if not content.holds_objects:
        if response.says_text and body_words.reads_as_refusal(response.text):
            what = f"answered {response.status} with an error"
            parsed = parsed._replace(content=said_in(response.text, content, ""))
            raise TokenError([parsed.finding("token_error_in_200", what, quote=True)])
        raise TokenError([parsed.finding("reply_not_token", f"returned {response.kind} instead of a token")])
    token = value_at(content.value, path)
    if isinstance(token, str) and VISIBLE.fullmatch(token):
        return token
    if isinstance(token, str) and " " in token and body_words.reads_as_refusal(token):
        parsed = parsed._replace(content=said_in(token, content_of(token), ""))
        what = f"answered {response.status} with an error in place of a token"
        raise TokenError([parsed.finding("token_error_in_200", what, quote=True)])
    if isinstance(token, str) and token:
        raise TokenError([parsed.finding("token_malformed", "issued a token that can't be sent in a header")])
    if reports_refusal(content):
        what = f"answered {response.status} with an error"
        raise TokenError([parsed.finding("token_error_in_200", what, quote=True)])
    if content.kind == "xml":
        what = f"returned XML without text at {path!r}; its elements: {element_names(content)}"
        advice = "Set response_access_path to the token's element, such as Access_Token.Token or //Token."
        raise TokenError([parsed.finding("token_field_missing", what, advice=advice)])
    what = f"has no token at {path!r}; its top-level fields: {names(sorted(content.fields or ()))}"
    raise TokenError([parsed.finding("token_field_missing", what)])


def _refresh_token(parsed: _ParsedResponse, path: str) -> str | None:
    token = value_at(parsed.content.value, path)
    if token in (None, ""):
        return None
    if not isinstance(token, str) or not _REFRESH_TOKEN.fullmatch(token):
        advice = "Check response_refresh_path: the value there isn't a valid refresh token."
        raise TokenError(
            [parsed.finding("token_malformed", "issued an invalid refresh token", advice=advice)]
        )
    return token


def _scope(granted: object) -> str | None:
    """Return the granted scopes as one text; some servers send a JSON list."""
    if isinstance(granted, list) and all(isinstance(name, str) for name in granted):
        return " ".join(granted)
    return granted if isinstance(granted, str) else None


def _refusal(parsed: _ParsedResponse, paths: ResponsePaths) -> Finding | None:
    """Return why the server issues no token; None if it seems to issue one."""
    response, content = parsed.response, parsed.content
    if not content.holds_objects:
        content = said_in(response.text, content, response.headers.get("WWW-Authenticate", ""))
        parsed = parsed._replace(content=content)
    refused = None if _issues_token(parsed, paths) else paths.refused
    name = dead_token_name(content, behind_login=paths.behind_login) if refused is not None else None
    if refused is not None and _refuses_refresh_token(parsed, refused, name):
        what = f"refused the request: {name}" if name else "refused the refresh token"
        return parsed.finding("invalid_grant", what, quote=True)
    error = (content.fields or {}).get("error")
    if response.succeeded and not error and not (content.fields and says_no(content.fields)):
        return None
    if response.redirect:
        advice = redirect_advice(response, parsed.words.endpoint)
        return parsed.finding("reply_not_token", response.redirect, advice=advice)
    lifted = liftable_words(content) if paths.refused is not None and not response.is_transient else None
    if lifted and not is_passing(content):
        return parsed.finding("access_denied", f"refused the request: {lifted}", quote=True, advice=_LIFT)
    code, what = _code_of(parsed, error)
    advice = "" if paths.refused is None else _advice_of_refresh(parsed, code, error)
    if code == "temporarily_unavailable" and what == _TOO_EARLY:
        advice = _TOO_EARLY_ADVICE
    return parsed.finding(code, what, quote=True, advice=advice)


def _advice_of_refresh(parsed: _ParsedResponse, code: str, error: object) -> str:
    """Return the advice for a refused refresh whose words may mean a dead token; "" for the usual one."""
    if code == "access_denied":
        return f"{parsed.words.advice.get(code, CODES[code].advice)} {_EITHER}"
    is_named = isinstance(error, str) and (error in CODES or names_refused_client(error))
    if is_named or code not in _OF_UNKNOWN_WORDS or not parsed.response.says_text:
        return ""
    return f"{parsed.words.advice.get(code, CODES[code].advice)} {_NAME_IT}"


def _issues_token(parsed: _ParsedResponse, paths: ResponsePaths) -> bool:
    """Return whether a response gives a token, so that it can't mean that the refresh token is dead."""
    has_access_token = bool(text_at(parsed.content.value, paths.access))
    return parsed.response.succeeded and (has_access_token or bool(_replaced_refresh_token(parsed, paths)))


def _refuses_refresh_token(parsed: _ParsedResponse, refused: BodyRules, name: str | None) -> bool:
    """Return whether a response says that the refresh token is dead: by a known name, or by the rules."""
    response, content = parsed.response, parsed.content
    if response.status in _SAYS_NOTHING:
        return False
    if len(response.text) > LARGEST_BODY:
        return False
    if refused.match_content(content.value):
        return True
    if name is None or response.is_transient or is_passing(content):
        return False
    fields = content.fields or {}
    is_refusal = not response.succeeded or bool(fields.get("error")) or says_no(fields)
    return is_refusal or reports_refusal(content)


def _code_of(parsed: _ParsedResponse, error: object) -> tuple[str, str]:
    """Return the code of a refusal, and what the server did."""
    response = parsed.response
    name = error if isinstance(error, str) else ""
    standard = CODES.get(name)
    if passing := _passing(parsed, name):
        return "temporarily_unavailable", passing
    if standard and standard.phase is Phase.TOKEN:
        return name, f"refused the request: {name}{_by_clock(name, response)}"
    if names_refused_client(error):
        return "invalid_client", f"refused the client: {name}"
    if response.succeeded:
        return "token_error_in_200", f"answered {response.status} with an error"
    return _code_of_status(parsed, has_error=bool(error))


def _by_clock(name: str, response: TokenResponse) -> str:
    """Return how far the clocks are apart, in words, if that may be why a proof was refused; else ""."""
    behind = response.now - time.time()
    if name != "invalid_dpop_proof" or abs(behind) < _DRIFT:
        return ""
    direction = "behind" if behind > 0 else "ahead of"
    return f"; this machine's clock is {abs(behind):.0f} seconds {direction} the server's"


def _passing(parsed: _ParsedResponse, name: str) -> str | None:
    """Return why a refusal named so may pass by itself, in words; None for one that doesn't."""
    if parsed.response.is_transient:
        return "is overloaded or down"
    if name in _OF_REFUSED and comes_too_early(parsed.content):
        return _TOO_EARLY
    if name == "invalid_grant" and is_passing(parsed.content):
        return "refused one request among several"
    return None


def _code_of_status(parsed: _ParsedResponse, *, has_error: bool) -> tuple[str, str]:
    response, content = parsed.response, parsed.content
    if response.status == _UNAUTHORIZED:
        return "invalid_client", "refused the client"
    if response.status == _NOT_FOUND and not has_error:
        return "token_endpoint_not_found", "does not know this path"
    if content.fields is None or content.fields.keys() == {"answer"}:
        return "reply_not_token", "returned no token"
    return "token_refused", "refused the request"
