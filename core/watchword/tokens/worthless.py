"""Recognise what a server sends in place of a token, although its status says success; no I/O."""

from __future__ import annotations

from watchword.findings.codes import CODES
from watchword.findings.finding import Phase
from watchword.http.bodies import parsed
from watchword.http.durations import seconds
from watchword.tokens.lifetimes import State, read_end
from watchword.tokens.token import jwt_expiry
from watchword.tokens.token_response import TokenResponse

_NO_TOKENS = frozenset({
    "null", "none", "nil", "undefined", "nan", "true", "false", "error", "invalid", "unauthorized",
    "forbidden", "denied", "failed", "failure", "n/a", "[object object]",
})  # fmt: skip

_TYPES = frozenset({"bearer", "dpop", "pop", "mac", "basic", "n_a"})
"""The registered types of tokens, which some servers put in place of the token (IANA, OAuth Parameters)."""

_ACCEPTED = 202

_LEEWAY = 5.0
"""How far a JWT may have ended by the server's clock, in seconds, and still count as a token."""


def worthless(token: str, stated: object, response: TokenResponse, name: str = "") -> str | None:
    """Return what is wrong with a token in words, None if it may be good.

    Args:
        token: the text at the token's place.
        stated: its lifetime as the response states it, None if it doesn't, or if the document knows better.
        response: the response that holds it.
        name: the path of the lifetime.
    """
    return (
        _not_a_token(token, response.status)
        or _ended(stated, response.now, name)
        or _ended_jwt(token, response.now)
    )


def _not_a_token(token: str, status: int) -> str | None:
    if token.startswith("<") and token.endswith(">"):
        return "an XML element in place of a token"
    if parsed(token) is not None:
        return "JSON in place of a token"
    word = token.strip().lower()
    code = CODES.get(word)
    if word in _NO_TOKENS | _TYPES or (code is not None and code.phase is Phase.TOKEN):
        return f"the word {word!r} in place of a token"
    return "the status 202, which says that it has not decided yet" if status == _ACCEPTED else None


def _ended(stated: object, now: float, name: str) -> str | None:
    reading = read_end(stated, now, name)
    if reading.state is not State.ENDED or read_end(stated, now - _LEEWAY, name).seconds is not None:
        return None
    number = seconds(stated)
    is_span = number is not None and number <= 0
    return f"a token with a lifetime of {number:g} seconds" if is_span else "a token that has ended"


def _ended_jwt(token: str, now: float) -> str | None:
    expiry = jwt_expiry(token)
    return "a JWT that has ended" if expiry is not None and expiry < now - _LEEWAY else None
