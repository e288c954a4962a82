"""Open a session by logging in, and close it by logging out."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from requests import PreparedRequest

from watchword import redact
from watchword.errors import WatchwordError
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.protocols.login_with import Login, read, received
from watchword.protocols.session_login.login_response import TokenLocation, read_session
from watchword.redact import NeverPickled
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.lifetimes import unread_end
from watchword.tokens.token import Token

_log = logging.getLogger(__name__)

LONGEST_LOGOUT = 5.0
"""Longest wait for a logout, in seconds: it happens when a session is closed, and nothing depends on it."""


@dataclass(frozen=True)
class Logout(NeverPickled):
    """The request that ends a session; `sign` adds the token to it, and `placement` says where."""

    request: PreparedRequest = field(repr=False)
    sign: Callable[[PreparedRequest, Token], PreparedRequest] = field(repr=False)
    placement: tuple[object, ...]


@dataclass(frozen=True)
class LoginSource(NeverPickled):
    """A source of session tokens: a login that is ready to be sent.

    If a login has values that are new each time, such as `{{uuid}}`, `renewed` returns it with these;
    `request` has the templates in their places.
    """

    request: PreparedRequest = field(repr=False)
    location: TokenLocation
    logout: Logout | None = None
    login: Login | None = field(default=None, repr=False)
    follow_up: FollowUp | None = None
    renewed: Callable[[], PreparedRequest] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        redact.register([self.request.headers.get("Authorization", "").rpartition(" ")[2]], self)

    @property
    def identity(self) -> tuple[object, ...]:
        """The whole login, the place of the token in its response, and the logout."""
        request, logout = self.request, self.logout
        login = (request.method, request.url, sorted(request.headers.items()), request.body)
        end = (logout.request.method, logout.request.url, logout.placement) if logout else None
        authenticated = (self.login.identity,) if self.login else ()
        asked = (self.follow_up,) if self.follow_up else ()  # logins without one keep their identity
        return (*login, self.location, end, *asked, *authenticated)

    @property
    def logs_out(self) -> bool:
        """Whether there is a logout."""
        return self.logout is not None

    def fetch(self, transport: TransportOptions, _refresh_token: str | None = None) -> Token:
        """Log in; raises TokenError if that opens no session."""
        request = self.renewed() if self.renewed else self.request.copy()
        target = f"the login at {host(request.url or '')}"
        response = received(request, transport, target, self.login)
        token = read(response, self.login, lambda answered: read_session(answered, self.location))
        redact.register(token.secrets, token)
        for remark in unread_end(token):
            _log.warning("%s: %s", target, remark)
        return self.follow_up.completed(token, transport) if self.follow_up else token

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Log out; an error or a server that doesn't respond is ignored."""
        from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - few requests need a new token

        if self.logout is None:
            return
        brief = replace(transport, timeout=min(transport.timeout, LONGEST_LOGOUT))
        # RuntimeError: an interpreter that is shutting down can't start a thread.
        with contextlib.suppress(WatchwordError, RuntimeError):
            request = self.logout.sign(self.logout.request.copy(), token)
            send_token_request(request, brief, "the logout")
