"""Times as headers and bodies state them: in seconds, as a span, and as a date; and in words."""

from __future__ import annotations

import math
import re
import time
from datetime import datetime, timedelta, timezone
from email.utils import mktime_tz, parsedate_tz

LONGEST_RETRY_AFTER = 86400.0
"""A server that asks for a longer wait than this, in seconds, is taken to mean this."""

_DAY, _HOUR, _MINUTE = 86400, 3600, 60

_LONGEST_TEXT = 80
"""A longer text is neither a date nor a span."""

_MOST_NUMBERS = 10
"""More numbers in one Retry-After than this and one are not read."""

_SECONDS = re.compile(r"\+?([0-9]+(?:\.[0-9]*)?)", re.ASCII)

# Java adds the zone's name, and Go its abbreviation: `Z[UTC]`, `+09:00[Asia/Seoul]`, `+0000 UTC m=+0.01`.
_ZONE = (
    r"(?:(?P<zone>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)"
    r"(?:\[[A-Za-z0-9/_+:-]{1,40}\]| (?:[A-Z]{1,5}|[+-][0-9]{2,4}))?(?: m=[+-][0-9.]{1,30})?)?"
)
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]+))?)?"

# ISO 8601 with any number of digits in the fraction, which Python 3.10 doesn't read.
_ISO = re.compile(
    rf"(?P<year>[0-9]{{4}})-(?P<month>[0-9]{{2}})-(?P<day>[0-9]{{2}})(?:[T ]{_TIME}\s?{_ZONE})?",
    re.IGNORECASE,
)
_ISO_BASIC = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})"
    rf"(?P<second>[0-9]{{2}})(?:[.,](?P<fraction>[0-9]+))?{_ZONE}",
    re.IGNORECASE,
)
# As .NET writes it with US English: managed identities send `9/14/2027 1:30:00 PM +00:00`.
_US = re.compile(
    r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"
    rf"(?:,? {_TIME}(?:\s?(?P<half>[AP])\.?M\.?)?\s?{_ZONE})?",
    re.IGNORECASE,
)
# The three forms of RFC 9110 (5.6.7), that of email, and that of `date` and Java's Date.
_HTTP = re.compile(
    r"[A-Z][a-z]{2,8},? (?:[0-9]{1,2}[ -][A-Z][a-z]{2}[ -](?:[0-9]{4}|[0-9]{2}) [0-9:]{5,8}"
    r"(?: (?:[A-Z]{1,4}|[+-][0-9]{4}))?|[A-Z][a-z]{2} +[0-9]{1,2} [0-9:]{8} (?:[A-Z]{3} )?[0-9]{4})"
)
# JavaScript's Date.toString().
_JS = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([0-9]{2}) ([0-9]{4}) ([0-9:]{8}) GMT([+-][0-9]{4})(?: \([^()]{1,40}\))?"
)
_UTC_BEFORE_YEAR = re.compile(r" (?:UTC|GMT)(?= [0-9]{4}$)")
_ZONE_NAME = re.compile(r" ([A-Z]{1,4})(?= [0-9]{4}$|$)")
_ZONES = frozenset(
    {"UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"}
)  # RFC 5322
_JSON_DATE = re.compile(r"\\?/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)\\?/")

# .NET's TimeSpan: days before a dot, hours of any number.
_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>[0-9]{1,4})\.)?(?P<hours>[0-9]{1,5}):(?P<minutes>[0-5][0-9])"
    r":(?P<seconds>[0-5][0-9](?:\.[0-9]{1,9})?)"
)
# Protobuf's `3600s`, Go's `1h0m0s`, and words.
_UNITS = {"ms": 0.001, "s": 1, "sec": 1, "second": 1, "m": _MINUTE, "min": _MINUTE, "minute": _MINUTE,
          "h": _HOUR, "hour": _HOUR, "d": _DAY, "day": _DAY}  # fmt: skip
_PIECES = re.compile(
    r"(?:[0-9]{1,12}(?:\.[0-9]{1,9})? ?(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?) ?){1,4}"
)
_PIECE = re.compile(r"([0-9.]+) ?([a-z]+)")
_ISO_SPAN = re.compile(
    r"P(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,10}(?:\.[0-9]{1,9})?)S)?)?"
)

_NOON = 12


def seconds(value: object) -> float | None:
    """Return a number, or text of one, as finite seconds; None for anything else."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), or None if it is absent or malformed.

    Read are seconds, also with a fraction, and every span and date that this file reads. Of several numbers,
    as proxies join them, the largest counts. A number that is a time since 1970, in seconds or milliseconds,
    is one; a time in the past is 0.
    """
    text, now = (value or "").strip(), time.time()
    numbers = [_SECONDS.fullmatch(piece.strip()) for piece in text.split(",", _MOST_NUMBERS)]
    if None not in numbers:
        wait = max(_wait(float(number[1]), now) for number in numbers if number)
    elif (lasts := span(text)) is not None:
        wait = lasts
    elif (date := moment(text)) is not None:
        return min(max(date - now, 0.0), LONGEST_RETRY_AFTER)
    else:
        return None
    return min(wait, LONGEST_RETRY_AFTER) if wait >= 0 else None


def _wait(number: float, now: float) -> float:
    """Return how long a number of seconds is; it is a time if it is between half of now and twice of it."""
    for size in (1, 1000):
        if now / 2 < number / size < 2 * now:
            return max(number / size - now, 0.0)
    return number


def span(text: str) -> float | None:
    """Return a time span in seconds; None for other text.

    Read are `01:30:00` and `1.00:00:00` (days before the dot), `3600s`, `1h30m`, `90 minutes`, and ISO
    8601's `PT1H`. A span may be negative.
    """
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        return None
    if match := _SPAN.fullmatch(text):
        whole = int(match["days"] or 0) * _DAY + int(match["hours"]) * _HOUR + int(match["minutes"]) * _MINUTE
        return (whole + float(match["seconds"])) * (-1 if match["sign"] else 1)
    if _PIECES.fullmatch(text.lower()):
        return sum(float(number) * _unit(unit) for number, unit in _PIECE.findall(text.lower()))
    match = _ISO_SPAN.fullmatch(text)
    if match and any(match.groups()):
        sizes = (_DAY, _HOUR, _MINUTE, 1)
        return sum(float(part) * size for part, size in zip(match.groups(), sizes, strict=True) if part)
    return None


def _unit(name: str) -> float:
    return _UNITS.get(name) or _UNITS[name.rstrip("s")]


def moment(text: str) -> float | None:
    """Return a date in seconds since 1970; None for other text. Without a zone it is read as UTC.

    Read are ISO 8601, also as Java and Go write it, the dates of RFC 9110, US dates as .NET writes them, its
    `/Date(…)/`, and JavaScript's `toString()`.
    """
    text = text.strip()
    if len(text) > _LONGEST_TEXT:
        return None
    try:
        if match := (_ISO.fullmatch(text) or _ISO_BASIC.fullmatch(text) or _US.fullmatch(text)):
            return _timestamp(match.groupdict())
        if match := _JS.fullmatch(text):
            return _http_date(match.expand(r"\2 \1 \3 \4 \5"))
        if _HTTP.fullmatch(text):
            return _http_date(_UTC_BEFORE_YEAR.sub("", text))
        match = _JSON_DATE.fullmatch(text)
        return int(match[1]) / 1000 if match else None
    except (ValueError, OverflowError):  # no such day, or a year that the clock doesn't reach
        return None


def moments(text: str) -> list[float]:
    """Return what a date may mean in seconds since 1970: two times if day and month can't be told apart.

    `3/4/2027` is the third of April or the fourth of March. With AM or PM it is a US date.
    """
    match = _US.fullmatch(text.strip())
    first = moment(text)
    if match is None or match["half"] or match["month"] == match["day"]:
        return [] if first is None else [first]
    swapped = {**match.groupdict(), "month": match["day"], "day": match["month"]}
    try:
        second = _timestamp(swapped)
    except (ValueError, OverflowError):
        second = None
    return [each for each in (first, second) if each is not None]


def _http_date(text: str) -> float | None:
    date, zone = parsedate_tz(text), _ZONE_NAME.search(text)
    if date is None or (zone and zone[1] not in _ZONES):  # another zone would be taken for UTC
        return None
    datetime(*date[:6], tzinfo=timezone.utc)  # raises ValueError if there is no such day
    return float(mktime_tz(date))


def has_zone(text: str) -> bool:
    """Return whether a date says in which time zone it is; one that doesn't may be off by half a day."""
    text = text.strip()
    match = _ISO.fullmatch(text) or _ISO_BASIC.fullmatch(text) or _US.fullmatch(text)
    return match is None or bool(match["zone"])


def _timestamp(parts: dict[str, str | None]) -> float:
    """Return the seconds since 1970 of a date's parts; raises ValueError if there is no such time."""
    year, month, day, hour, minute, second = (
        int(parts.get(name) or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    date = datetime(
        year, month, day, _hour(hour, parts.get("half") or ""), minute, second, tzinfo=timezone.utc
    )
    fraction = float(f"0.{parts.get('fraction') or 0}")
    return date.timestamp() + fraction - _offset(parts.get("zone") or "")


def _hour(hour: int, half: str) -> int:
    """Return the hour of a day. Managed identities add AM or PM to 24 hours too: `13:00:00 PM`."""
    half = half.upper()
    if half == "A" and hour > _NOON:
        raise ValueError("no such hour before noon")
    if half == "A" and hour == _NOON:
        return 0
    return hour + _NOON if half == "P" and 0 < hour < _NOON else hour


def _offset(zone: str) -> float:
    if zone[:1] not in {"+", "-"}:
        return 0.0
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    timezone(offset)  # raises ValueError if it is a day or more
    return -offset.total_seconds() if zone[0] == "-" else offset.total_seconds()


def in_words(seconds: float) -> str:
    """Return a time in its largest unit, rounded down: `3 days`, `50 minutes`."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
