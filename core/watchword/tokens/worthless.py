"""Recognise what a server sends in place of a token, although its status says success; no I/O."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from watchword.findings.codes import CODES
from watchword.findings.finding import Phase
from watchword.http.durations import seconds
from watchword.tokens.token import jwt_expiry
from watchword.tokens.token_response import TokenResponse

_NO_TOKENS = frozenset({
    "null", "none", "nil", "undefined", "nan", "true", "false", "error", "invalid", "unauthorized",
    "forbidden", "denied", "failed", "failure", "n/a", "[object object]",
})  # fmt: skip

_FLAGS = frozenset({"ok", "success", "successful", "issuccess", "succeeded"})
_ACCEPTED = 202

_LEEWAY = 5.0
"""How far a JWT may have ended by the server's clock, in seconds, and still count as a token."""


def worthless(token: str, stated: object, response: TokenResponse) -> str | None:
    """Return what is wrong with a token in words, None if it may be good.

    Args:
        token: the text at the token's place.
        stated: its lifetime as the response states it, None if it doesn't, or if the document knows better.
        response: the response that holds it.
    """
    word = token.strip().lower()
    code = CODES.get(word)
    if word in _NO_TOKENS or (code is not None and code.phase is Phase.TOKEN):
        return f"the word {word!r} in place of a token"
    if response.status == _ACCEPTED:
        return "the status 202, which says that it has not decided yet"
    lifetime = seconds(stated) if not isinstance(stated, bool) else None
    if lifetime is not None and lifetime <= 0:
        return f"a token with a lifetime of {lifetime:g} seconds"
    expiry = jwt_expiry(token)
    if expiry is not None and expiry < _now(response.headers) - _LEEWAY:
        return "a JWT that has ended"
    return None


def says_no(content: Mapping[str, object]) -> bool:
    """Return whether a response has a flag that denies success."""
    flags = (value for name, value in content.items() if name.lower().replace("_", "") in _FLAGS)
    return any(value is False or str(value).strip().lower() in {"false", "no", "0"} for value in flags)


def _now(headers: Mapping[str, str]) -> float:
    """Return the time by the server's clock, in seconds since 1970; this machine's may be wrong."""
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return time.time()
