"""Read token lifetimes in a response: seconds, a time in seconds since 1970, or a date; no I/O."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from watchword.http.durations import seconds
from watchword.tokens.token_response import LONGEST_LIFETIME, value_at

_MILLISECONDS = 1000

_REFRESH_NAMES = ("refresh_expires_in", "refresh_token_expires_in")


def stated_lifetime(content: Mapping[str, Any], path: str) -> float | None:
    """Return the access token's lifetime in seconds; None if the response states no plausible one.

    Without a value at the path, `expires_at` is read, which is a time.
    """
    stated = value_at(content, path)
    return remaining(content.get("expires_at") if stated is None else stated, time.time())


def refresh_lifetime(content: Mapping[str, Any], path: str) -> float | None:
    """Return the refresh token's lifetime in seconds, or None; a stated 0 often means that it has no end."""
    values = (value_at(content, name) for name in ((path,) if path else _REFRESH_NAMES))
    stated = next((value for value in values if value is not None), None)
    return remaining(stated, time.time())


def remaining(stated: object, now: float) -> float | None:
    """Return a lifetime in seconds, or None; a date or a number above half of `now` counts as a time."""
    number = None if isinstance(stated, bool) else seconds(stated)
    if number is None:
        number = _timestamp(stated)
    if number is None:
        return None
    if number > now * _MILLISECONDS / 2:
        number /= _MILLISECONDS
    if number > now / 2:
        number -= now
    return number if 0 < number <= LONGEST_LIFETIME else None


def _timestamp(stated: object) -> float | None:
    """Return an ISO 8601 date in seconds since 1970; without a zone it is read as UTC."""
    if not isinstance(stated, str):
        return None
    try:
        # Python 3.10 doesn't read Z.
        date = datetime.fromisoformat(stated.strip().replace("Z", "+00:00").replace("z", "+00:00"))
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None
