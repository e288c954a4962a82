"""The connection's own cookies in responses: kept out of the client's jar, and followed if they are renewed.

A jar knows no ports: it would send a session's cookie to another server of the same host, and show it. So
no client's jar gets a cookie with the name of one that the connection sends, from any origin.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from requests import PreparedRequest

from watchword.adapters.authenticator import Authenticator
from watchword.flow import FlowResponse
from watchword.http.cookies import cookie_name, renewed_cookie
from watchword.tokens import companions
from watchword.tokens.lifetimes import cookie_lifetime
from watchword.tokens.token_response import VISIBLE

R_contra = TypeVar("R_contra", contravariant=True)


class CookieExchange(Protocol[R_contra]):
    """A client's request, and how that client's responses set cookies."""

    @property
    def authenticator(self) -> Authenticator:
        """The authenticator of the request's connection."""

    def set_cookies(self, response: R_contra, /) -> Sequence[str]:
        """Return the lines of Set-Cookie."""

    def keep_cookies(self, response: R_contra, lines: Sequence[str], /) -> None:
        """Leave only these lines of Set-Cookie to the client's jar."""


def foreign_lines(lines: Iterable[str], own: Collection[str]) -> list[str]:
    """Return the lines of Set-Cookie that don't set one of the connection's own cookies."""
    return [line for line in lines if cookie_name(line) not in own]


def take_own_cookies(
    exchange: CookieExchange[R_contra], signed: PreparedRequest, response: R_contra, seen: FlowResponse
) -> None:
    """Take the connection's own cookies out of the response to a signed request.

    `seen` is the response as the flow sees it.
    """
    authenticator = exchange.authenticator
    lines = exchange.set_cookies(response)
    remaining = foreign_lines(lines, authenticator.sent_cookies)
    if len(remaining) == len(lines):
        return
    exchange.keep_cookies(response, remaining)
    if seen.status_code not in authenticator.context.refresh_on_status:
        _follow(authenticator, signed, lines)


def _follow(authenticator: Authenticator, signed: PreparedRequest, lines: Sequence[str]) -> None:
    """Use the value that the API has given the token's cookie, or log in again if it has removed the cookie.

    The cookies that go along with the token's are followed too, and the values that are read from cookies.
    This isn't for a refusal: a refusal often sets the cookie of a new session without a login.
    """
    token_cache, used = authenticator.token_cache, authenticator.sent_token(signed)
    if token_cache is None or used is None:
        return
    url = signed.url or ""
    others: dict[str, str | None] = {
        **companions.renewed_by(lines, url, token_cache.cookies, authenticator.own_cookies),
        **authenticator.value_sources.in_cookies(lines, url),
    }
    name = authenticator.token_cookie
    cookie, removed = renewed_cookie(lines, name, url) if name else (None, False)
    if removed:
        token_cache.end(used)
    elif cookie is not None and VISIBLE.fullmatch(cookie.value):
        lifetime = None if cookie.lifetime is None else cookie_lifetime(cookie.value, cookie.lifetime)
        token_cache.replace(used, cookie.value, lifetime, others)
    elif others:
        token_cache.replace(used, values=others)
