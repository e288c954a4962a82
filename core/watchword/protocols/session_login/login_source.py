"""Open a session by logging in, and close it by logging out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from requests import PreparedRequest

from watchword import redact
from watchword.errors import WatchwordError
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.protocols.session_login.login_response import TokenPlace, read_session
from watchword.redact import NeverPickled
from watchword.tokens.token import Token

LONGEST_LOGOUT = 5.0
"""Longest wait for a logout, in seconds: it happens when a session is closed, and nothing hangs on it."""


@dataclass(frozen=True)
class Logout:
    """The request that ends a session; `sign` places the token in it, `placed` says where that is."""

    request: PreparedRequest = field(repr=False)
    sign: Callable[[PreparedRequest, Token], PreparedRequest] = field(repr=False)
    placed: tuple[object, ...]


@dataclass(frozen=True)
class LoginSource(NeverPickled):
    """A login, ready to be sent; it gives the token of the session that it opens."""

    request: PreparedRequest = field(repr=False)
    place: TokenPlace
    logout: Logout | None = None

    def __post_init__(self) -> None:
        redact.register([self.request.headers.get("Authorization", "").rpartition(" ")[2]])

    @property
    def identity(self) -> tuple[object, ...]:
        """The whole login, where its answer holds the token, and how the session is ended."""
        request, logout = self.request, self.logout
        sent = (request.method, request.url, sorted(request.headers.items()), request.body)
        ended = (logout.request.method, logout.request.url, logout.placed) if logout else None
        return (*sent, self.place, ended)

    @property
    def logs_out(self) -> bool:
        """Whether there is a logout."""
        return self.logout is not None

    def fetch(self, transport: TransportOptions, _refresh_token: str | None = None) -> Token:
        """Log in; raises TokenError where that opens no session."""
        from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - rare

        request = self.request.copy()
        url = request.url or ""
        token = read_session(send_token_request(request, transport, f"the login at {host(url)}"), self.place)
        redact.register_token(token.access_token)
        return token

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Log out; whatever the server answers, and if it answers at all, is nobody's concern any more."""
        from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - rare

        if self.logout is None:
            return
        hurried = replace(transport, timeout=min(transport.timeout, LONGEST_LOGOUT))
        # RuntimeError: an interpreter that is shutting down starts no thread.
        with contextlib.suppress(WatchwordError, RuntimeError):
            request = self.logout.sign(self.logout.request.copy(), token)
            send_token_request(request, hurried, "the logout")
