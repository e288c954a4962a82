"""The cookies that go along with a session's own one, such as a load balancer's route; no I/O.

They are kept with the token as values, each by the place `cookie:NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from requests import PreparedRequest

from watchword.http.cookies import Companion, cookie_name, effective_cookies
from watchword.http.placement import Slot, put
from watchword.tokens.token import Token

COOKIE = "cookie:"

MOST = 50
"""So many cookies go along, as many as a browser keeps of one server (RFC 6265 section 6.1)."""

_LONGEST = 4096
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]+")


def set_by(
    lines: Iterable[str], url: str, *, leave_out: str = "", named: Collection[str] = ()
) -> dict[str, str]:
    """Return by place the cookies that a response from this URL sets, except one.

    Those that are `named` go to every URL of the connection, the others where a browser would send them.
    """
    found: dict[str, str] = {}
    for name, cookie in effective_cookies(lines).items():
        is_sendable = (
            _NAME.fullmatch(name) and _VALUE.fullmatch(cookie.value) and len(cookie.value) <= _LONGEST
        )
        if name == leave_out or not is_sendable or len(found) >= MOST:
            continue
        companion = Companion(cookie.value) if name in named else Companion.of(cookie, url)
        if companion is not None:
            found[f"{COOKIE}{name}"] = companion.text
    return found


def renewed_by(
    lines: Iterable[str], url: str, names: Collection[str], named: Collection[str]
) -> dict[str, str | None]:
    """Return by place what a response from this URL makes of the cookies with these names; None: removed.

    Those that are `named` in the document go to every URL.
    """
    own = [line for line in lines if cookie_name(line) in names]
    removed = {f"{COOKIE}{cookie_name(line)}": None for line in own}
    return {**removed, **set_by(own, url, named=named)}


def put_companions(request: PreparedRequest, token: Token) -> None:
    """Add to a request the cookies of the token that a browser would send to its URL."""
    for place, text in token.values.items():
        if place.startswith(COOKIE):
            companion = Companion.parse(text)
            if companion.goes_to(request.url or ""):
                put(request, Slot("cookie", place.removeprefix(COOKIE)), companion.value)
