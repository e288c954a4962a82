"""Read the cookies that a server sets (RFC 6265 section 5.2); no I/O, no jar."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz

from watchword.http.durations import seconds


@dataclass(frozen=True)
class SetCookie:
    """A cookie as it was set, quotes and all; `lifetime` is in seconds, None where it has no end."""

    value: str = field(repr=False)
    lifetime: float | None = None


def effective_cookies(lines: Iterable[str]) -> dict[str, SetCookie]:
    """Return by name the cookies that stand when all Set-Cookie lines are read: the last of a name counts.

    One that is empty, or ends with its beginning, is gone: so servers take a session back.
    """
    found: dict[str, SetCookie] = {}
    for line in lines:
        pair, *attributes = line.split(";")
        name, separator, value = pair.partition("=")
        if not separator:
            continue
        cookie = SetCookie(value.strip(), _lifetime(attributes))
        found.pop(name.strip(), None)
        if cookie.value and (cookie.lifetime is None or cookie.lifetime > 0):
            found[name.strip()] = cookie
    return found


def _lifetime(attributes: Iterable[str]) -> float | None:
    given = {name.strip().lower(): value.strip() for name, _, value in (a.partition("=") for a in attributes)}
    age = seconds(given.get("max-age"))
    if age is not None:
        return age
    date = parsedate_tz(given.get("expires", ""))
    try:
        return mktime_tz(date) - time.time() if date else None
    except (ValueError, OverflowError):  # a year that no clock reaches
        return None
