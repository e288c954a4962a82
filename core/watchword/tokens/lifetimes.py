"""How long a token lasts, as a token endpoint or a login states it, in any of the usual forms; no I/O."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NamedTuple

from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.http.durations import has_zone, moments, seconds, span
from watchword.redact import NeverPickled
from watchword.tokens.lifetime_fields import (
    ACCESS_NAMES,
    EXPIRES_AT,
    REFRESH_NAMES,
    holders_of,
    usual_fields,
    zone_ahead,
)
from watchword.tokens.token import Token, jwt_expiry
from watchword.tokens.token_response import value_at

LONGEST_LIFETIME = 10 * 365 * 86400.0
"""A token that lasts longer, in seconds, counts as one that does not expire."""

_YEAR = 365 * 86400.0
_JULIAN_YEAR = 365.25 * 86400.0

_LAST_SECOND = 253_402_300_800
"""The end of the year 9999, in seconds since 1970: some servers write it for tokens without an end."""

_ENDLESS = frozenset(
    {float(2**bits - 1) for bits in (31, 32, 53, 63, 64)} | {float(10**digits - 1) for digits in range(9, 21)}
)
"""The largest numbers of a type, and rows of nines: servers write them for tokens without an end."""

_THOUSAND = 1000

_NEVER = frozenset({"", "never", "none", "null", "no", "unlimited", "infinite", "infinity", "n/a"})

_UNITS = (
    (re.compile(r"(?i)(?:expir|valid|ttl|lifetime)[a-z_]*?_?(?:ms|msecs?|millis(?:econds?)?)$"), 0.001),
    (re.compile(r"(?i)(?:expir|valid|ttl|lifetime)[a-z_]*?_?micros(?:econds?)?$"), 1e-6),
    (re.compile(r"(?i)(?:expir|valid|ttl|lifetime)[a-z_]*?_?min(?:ute)?s?$"), 60.0),
    (re.compile(r"(?i)(?:expir|valid|ttl|lifetime)[a-z_]*?_?hours?$"), 3600.0),
    (re.compile(r"(?i)(?:expir|valid|ttl|lifetime)[a-z_]*?_?days$"), 86400.0),
)
"""The units that the name of a field may end in, such as `expires_in_ms`."""

_OF_SPAN = re.compile(r"(?i)(?:expires?_?in|ttl|lifetime|duration|validity)$")
"""The names of fields that hold a span, and never a date."""

_LAST_NAME = re.compile(r"[\w.-]+(?=[^\w]*$)")
_LONGEST_SHAPE = 40


HEADER = "header:"
"""In front of the name of a response's header that states the lifetime."""


class State(Enum):
    """What a response says about an end."""

    ABSENT = auto()
    ENDLESS = auto()
    READ = auto()
    ENDED = auto()
    UNREADABLE = auto()


class Reading(NamedTuple):
    """What a stated lifetime means; `seconds` is None unless the end is read, and was not passed."""

    state: State
    seconds: float | None = None


@dataclass(frozen=True)
class Lifetime:
    """How long a token lasts, in seconds, infinite without an end.

    `unread` says in words which stated end can't be read; it is "" unless the token has no end for that.
    """

    seconds: float
    unread: str = ""


@dataclass(frozen=True)
class LifetimePaths(NeverPickled):
    """Where a response states the lifetime: at a JSONPath, or in a usual field beside the token or above.

    `token` is the JSONPath of the token, "" if the body does not hold it. `default` is in seconds; with it,
    a document knows better than the usual fields, of which only `expires_at` is read then. `expires` may be
    `header:NAME` instead, one of `headers`. If the token is in the header X-Auth-Token, `token_header`, the
    header X-Auth-Token-Expires beside it is a usual field.
    """

    expires: str
    token: str = ""
    default: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    token_header: str = ""


def read_lifetime(
    content: object, paths: LifetimePaths, access_token: str, now: float, *, cookie: float | None = None
) -> Lifetime:
    """Return how long a token lasts: as stated, by its own `exp` claim, the default, or without end.

    Args:
        content: the response's value.
        paths: where the lifetime is stated.
        access_token: the token.
        now: the time by the server's clock, in seconds since 1970.
        cookie: the seconds that the token's cookie lasts.
    """
    expiry = jwt_expiry(access_token)
    by_token = expiry - now if expiry is not None and expiry > now else None
    stated = list(_stated(content, paths, now))
    lasts = next((reading.seconds for _, _, reading in stated if reading.seconds is not None), None)
    others = [by_token, *(reading.seconds for _, _, reading in stated)]
    if cookie is not None and not 0 < cookie <= LONGEST_LIFETIME:
        cookie = None
    for known in (_unless_milliseconds(lasts, others), cookie, by_token, paths.default):
        if known is not None:
            return Lifetime(known)
    unread = (
        _in_words(name, value)
        for name, value, reading in stated
        if reading.state in {State.UNREADABLE, State.ENDED}
    )
    return Lifetime(math.inf, next(unread, ""))


def stated_at(content: object, paths: LifetimePaths) -> object:
    """Return the lifetime that is stated at the path, None if there is none."""
    if paths.expires.startswith(HEADER):
        return paths.headers.get(paths.expires.removeprefix(HEADER).strip())
    return value_at(content, paths.expires)


def cookie_lifetime(value: str, lasts: float) -> float:
    """Return how long a token in a cookie lasts, in seconds, given the cookie's own lifetime."""
    return read_lifetime(None, LifetimePaths(""), value, time.time(), cookie=lasts).seconds


def read_refresh_lifetime(content: object, paths: LifetimePaths, now: float) -> Lifetime | None:
    """Return the refresh token's lifetime; None if the response states none.

    A stated 0 often means that it has no end.
    """
    candidates = [(paths.expires, stated_at(content, paths))] if paths.expires else []
    holders = list(holders_of(content, paths.token))
    candidates += usual_fields(holders, REFRESH_NAMES)
    zone = zone_ahead(holders, now)
    for name, value in candidates:
        reading = read_end(value, now, name, zone)
        if reading.seconds is not None:
            return Lifetime(reading.seconds)
        if reading.state is State.UNREADABLE:
            return Lifetime(math.inf, _in_words(name, value))
    return None


def remaining(stated: object, now: float) -> float | None:
    """Return a stated lifetime in seconds; None if it is none that can be read."""
    return read_end(stated, now).seconds


def read_end(stated: object, now: float, name: str = "", zone: float = 0.0) -> Reading:
    """Return what a stated lifetime means at a time, which is in seconds since 1970.

    A number is a time if it is more than half of `now`, also in milli- or microseconds. The `name` of its
    field may end in a unit. What is neither a plausible time nor a plausible lifetime can't be read. A date
    without a zone is in that which is `zone` seconds ahead of UTC.
    """
    if stated is None or stated is False:
        return Reading(State.ABSENT)
    if isinstance(stated, str) and stated.strip().lower() in _NEVER:
        return Reading(State.ENDLESS)
    number = None if isinstance(stated, bool) else seconds(stated)
    if number is not None:
        return _of_number(number, now, name)
    return _of_text(stated, now, zone) if isinstance(stated, str) else Reading(State.UNREADABLE)


def _of_text(stated: str, now: float, zone: float) -> Reading:
    lasts = span(stated)
    if lasts is not None:
        return _of_span(lasts)
    is_exact = has_zone(stated)
    ends = [end if is_exact else end - zone for end in moments(stated)]
    if len(ends) > 1:  # the end of a new token has not passed
        ends = [end for end in ends if end > now]
    return _of_moment(ends[0], now, is_exact=is_exact) if len(ends) == 1 else Reading(State.UNREADABLE)


def _of_number(number: float, now: float, name: str) -> Reading:
    unit = next((size for pattern, size in _UNITS if pattern.search(name)), 1.0)
    if unit == 1 and _is_in_milliseconds(number, now, name):
        unit = 1 / _THOUSAND
    if number == 0 and name.endswith("lease_duration"):  # of Vault's root tokens
        return Reading(State.ENDLESS)
    if number <= now / 2 and number * unit <= LONGEST_LIFETIME:
        return _of_span(number * unit)
    if unit < 1 and number * unit <= LONGEST_LIFETIME:
        return _of_span(number * unit)
    if number in _ENDLESS:
        return Reading(State.ENDLESS)
    for size, latest in ((1, _LAST_SECOND), (1e3, _LAST_SECOND), (1e6, 2 * now), (1e9, 2 * now)):
        if now / 2 < number / size <= latest:
            return _of_moment(number / size, now, is_exact=True)
    return Reading(State.UNREADABLE)


def _is_in_milliseconds(number: float, now: float, name: str) -> bool:
    """Return whether a number in a field for spans can only be in milliseconds.

    In seconds it is more than ten years, and in milliseconds it is whole minutes. Two kinds of such numbers
    stay seconds: whole years, which mean that the token has no end, and a date of today in the wrong field.
    """
    is_time = any(abs(number / size - now) <= LONGEST_LIFETIME for size in (1, _THOUSAND))
    is_round = number % (60 * _THOUSAND) == 0 and number % _YEAR != 0 and number % _JULIAN_YEAR != 0
    is_plausible = LONGEST_LIFETIME < number <= LONGEST_LIFETIME * _THOUSAND
    return bool(is_plausible and is_round and not is_time and _OF_SPAN.search(name))


def _of_span(lasts: float) -> Reading:
    if lasts <= 0:
        return Reading(State.ENDED)
    return Reading(State.READ, lasts) if lasts <= LONGEST_LIFETIME else Reading(State.ENDLESS)


def _of_moment(end: float, now: float, *, is_exact: bool) -> Reading:
    """Return what a time means. One that passed long ago, or in an unknown zone, isn't this token's end."""
    lasts = end - now
    if lasts > LONGEST_LIFETIME:
        return Reading(State.ENDLESS)
    if lasts > 0:
        return Reading(State.READ, lasts)
    return Reading(State.ENDED if is_exact and lasts > -_YEAR else State.UNREADABLE)


def _stated(content: object, paths: LifetimePaths, now: float) -> Iterator[tuple[str, object, Reading]]:
    """Yield what the response says about the token's end: at the path, then in the usual fields."""
    holders = [*holders_of(content, paths.token), _headers_beside(paths)]
    zone = zone_ahead(holders, now)
    if paths.expires:
        value = stated_at(content, paths)
        last = _LAST_NAME.search(paths.expires)
        yield paths.expires, value, read_end(value, now, last[0] if last else "", zone)
    for name, value in usual_fields(holders, ACCESS_NAMES if paths.default is None else EXPIRES_AT):
        reading = read_end(value, now, name, zone)
        if isinstance(value, (str, int, float)) and not _means_no_end(value):
            yield name, value, reading


def _headers_beside(paths: LifetimePaths) -> dict[str, str]:
    """Return the headers whose names begin with that of the token's header, by the rest of their names."""
    if not paths.token_header:
        return {}
    lead = f"{paths.token_header.lower()}-"
    return {
        name[len(lead) :]: value for name, value in paths.headers.items() if name.lower().startswith(lead)
    }


def _means_no_end(value: object) -> bool:
    number = seconds(value)
    return isinstance(value, bool) or (number is not None and number <= 0)


def _unless_milliseconds(lasts: float | None, others: list[float | None]) -> float | None:
    """Return a lifetime in seconds: it is in milliseconds if another one is a thousandth of it."""
    if lasts is None or lasts < 60 * _THOUSAND:
        return lasts
    in_seconds = lasts / _THOUSAND
    is_same = (other for other in others if other is not None and abs(other - in_seconds) <= 0.02 * other + 5)
    return next(is_same, lasts)


def _in_words(name: str, value: object) -> str:
    """Say where an end is stated and what it looks like, without a character of it: it may be a token."""
    if isinstance(value, bool):
        kind = str(value).lower()
    elif isinstance(value, (int, float)):
        kind = f"a number of {len(str(abs(value)).partition('.')[0])} digits"
    elif isinstance(value, str):
        shape = re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", value[:_LONGEST_SHAPE]))
        kind = f"text like {shape!r}"
    else:
        kind = "a list" if isinstance(value, list) else "an object"
    return f"the token's end at {name[:_LONGEST_SHAPE]!r} as {kind}"


def unread_end(token: Token) -> list[Finding]:
    """Return a warning if the response states an end of the token that can't be read; else nothing."""
    if not token.unread_end:
        return []
    message = f"The response states {token.unread_end}, which can't be read: the token counts as endless."
    return [finding("lifetime_unreadable", message)]
