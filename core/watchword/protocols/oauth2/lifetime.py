"""How long a reply says that its tokens last: seconds, a moment since 1970, or a date; no I/O."""

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
    """Return the access token's lifetime in seconds; None where the reply says none that makes sense.

    A reply without the field may have `expires_at`, as a moment.
    """
    stated = value_at(content, path)
    return remaining(content.get("expires_at") if stated is None else stated, time.time())


def refresh_lifetime(content: Mapping[str, Any], path: str) -> float | None:
    """Return the refresh token's lifetime in seconds, likewise; 0 often means that it has no end."""
    found = (value_at(content, name) for name in ((path,) if path else _REFRESH_NAMES))
    stated = next((value for value in found if value is not None), None)
    return remaining(stated, time.time())


def remaining(stated: object, now: float) -> float | None:
    """Return a lifetime in seconds: a number of more than half of `now` is a moment, as is a date."""
    number = None if isinstance(stated, bool) else seconds(stated)
    if number is None:
        number = _date(stated)
    if number is None:
        return None
    if number > now * _MILLISECONDS / 2:
        number /= _MILLISECONDS
    if number > now / 2:
        number -= now
    return number if 0 < number <= LONGEST_LIFETIME else None


def _date(stated: object) -> float | None:
    """Return a date of ISO 8601 in seconds since 1970, read as UTC where it names no zone."""
    if not isinstance(stated, str):
        return None
    try:
        # Python 3.10 knows no Z.
        moment = datetime.fromisoformat(stated.strip().replace("Z", "+00:00").replace("z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None
