"""The cookies that go along with a token, such as a load balancer's route; no I/O.

They are kept with the token as values, each by the place `cookie:NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from requests import PreparedRequest

from watchword.http.cookies import (
    Companion,
    SetCookie,
    cookie_name,
    effective_cookies,
    removes,
    renewed_cookie,
)
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
    for name, cookie in effective_cookies(lines, url).items():
        if name == leave_out or len(found) >= MOST:
            continue
        if text := _sendable(name, cookie, url, named):
            found[f"{COOKIE}{name}"] = text
    return found


def everywhere(name: str, value: str) -> str:
    """Return the text of a cookie that goes to every URL of the connection; "" for one that can't be sent."""
    return Companion(value).text if _is_legal(name, value) else ""


def _is_legal(name: str, value: str) -> bool:
    return bool(_NAME.fullmatch(name) and _VALUE.fullmatch(value)) and len(value) <= _LONGEST


def _sendable(name: str, cookie: SetCookie, url: str, named: Collection[str]) -> str | None:
    """Return the text of a cookie that goes along; None if it can't be sent, or isn't that server's."""
    value = cookie.value
    if not _is_legal(name, value):
        return None
    companion = Companion(value) if name in named else Companion.of(cookie, url)
    return companion.text if companion else None


def renewed_by(
    lines: Sequence[str], url: str, held: Mapping[str, str], named: Collection[str]
) -> dict[str, str | None]:
    """Return by place what a response from this URL makes of the held cookies; None: removed.

    Those that are `named` in the document go to every URL. Another cookie is removed by a line with its
    Domain and Path, and gives way to one that a browser would send to this URL.
    """
    changes: dict[str, str | None] = {}
    for name in held.keys() & {cookie_name(line) for line in lines}:
        cookie, removed = renewed_cookie(lines, name, url)
        text = _sendable(name, cookie, url, named) if cookie else None
        if name not in named:
            old = Companion.parse(held[name])
            new = Companion.parse(text) if text else None
            removed = removes(lines, name, url, (old.domain, old.path))
            if new and not (new.goes_to(url) or (new.domain, new.path) == (old.domain, old.path)):
                text = None
        if text or removed:
            changes[f"{COOKIE}{name}"] = text
    return changes


def put_companions(request: PreparedRequest, token: Token, *, leave_out: str = "") -> None:
    """Add to a request the cookies of the token, except one, that a browser would send to its URL."""
    for name, text in token.cookies.items():
        companion = Companion.parse(text)
        if name != leave_out and companion.goes_to(request.url or ""):
            put(request, Slot("cookie", name), companion.value)
