"""Reading the cookies that a server sets (RFC 6265 section 5.2); no I/O, no jar."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz

from watchword.http.durations import seconds
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class SetCookie(NeverPickled):
    """A cookie as it was set, with its quotes; `lifetime` is in seconds, None if it doesn't end."""

    value: str = field(repr=False)
    lifetime: float | None = None


def effective_cookies(lines: Iterable[str]) -> dict[str, SetCookie]:
    """Return by name the cookies that are valid after all Set-Cookie lines: the last line of a name counts.

    A cookie that is empty, or has ended already, is removed: this is how servers end a session.
    """
    cookies: dict[str, SetCookie] = {}
    for line in lines:
        pair, *attributes = line.split(";")
        name, separator, value = pair.partition("=")
        if not separator:
            continue
        cookie = SetCookie(value.strip(), _lifetime(attributes))
        cookies.pop(name.strip(), None)
        if cookie.value and (cookie.lifetime is None or cookie.lifetime > 0):
            cookies[name.strip()] = cookie
    return cookies


def cookie_name(line: str) -> str:
    """Return the name of the cookie that a line of Set-Cookie sets.

    A client that sends a cookie without a name writes its value alone, which may begin with another name.
    """
    name, separator, value = line.partition(";")[0].partition("=")
    if separator and not name.strip():
        name = value.partition("=")[0]
    return name.strip()


def sent_cookie(header: str, name: str) -> str | None:
    """Return the value of a cookie in a Cookie header, None if it isn't there."""
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return next((value for pair_name, _, value in pairs if pair_name == name), None)


def _lifetime(attributes: Iterable[str]) -> float | None:
    pairs = (attribute.partition("=") for attribute in attributes)
    values = {name.strip().lower(): value.strip() for name, _, value in pairs}
    max_age = seconds(values.get("max-age"))
    if max_age is not None:
        return max_age
    date = parsedate_tz(values.get("expires", ""))
    try:
        return mktime_tz(date) - time.time() if date else None
    except (ValueError, OverflowError):  # a year that the clock doesn't reach
        return None
