"""Durations in seconds: as headers and bodies state them, and in words."""

from __future__ import annotations

import math
import re

from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

LONGEST_RETRY_AFTER = 86400.0
"""A server that asks for a longer wait than this, in seconds, is taken to mean this."""

_DAY, _HOUR, _MINUTE = 86400, 3600, 60

_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]*)?")

_DATES = Retry()
_DATES.retry_after_max = LONGEST_RETRY_AFTER  # type: ignore[assignment] # the stubs know whole seconds only


def seconds(value: object) -> float | None:
    """Return a number, or text of one, as finite seconds; None for anything else."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), or None if it is absent or malformed.

    Both forms are read: seconds, also with a fraction as some servers send it, and an HTTP date. A date in
    the past is 0.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_RETRY_AFTER)
    try:
        wait = _DATES.parse_retry_after(text)
    except (InvalidHeader, ValueError, OverflowError):  # not a date, or a year that the clock doesn't reach
        return None
    return min(float(wait), LONGEST_RETRY_AFTER)


def in_words(seconds: float) -> str:
    """Return a time in its largest unit, rounded down: `3 days`, `50 minutes`."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    return "less than a minute"
