"""How a token is asked for: a request that is made anew each time, and where the reply holds the token."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from requests import PreparedRequest

from watchword import redact
from watchword.errors import SignInRequired
from watchword.findings.codes import finding
from watchword.http.headers import text_of
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ReplyPaths, read_token
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.tokens.token_source import Account

_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Grant(NeverPickled):
    """An authorization grant (RFC 6749 section 1.3), ready to be shown to the token endpoint.

    `request` makes a request, for a sign-in with the refresh token that it is given; `identity` is
    all that shapes what the requests ask for, but for what is new in each.
    """

    request: Callable[[str | None], PreparedRequest] = field(repr=False)
    paths: ReplyPaths
    account: Account
    identity: tuple[object, ...] = field(repr=False)
    purpose: RequestWords = field(default=CLIENT, repr=False)

    logs_out = False

    def fetch(self, transport: TransportOptions, refresh_token: str | None = None) -> Token:
        """Ask the token endpoint; raises TokenError where it gives no token.

        A sign-in is renewed by its refresh token alone; SignInRequired where there is none.
        """
        if self.account.signs_in and refresh_token is None:
            message = f"There is no sign-in for this connection at {host(self.account.token_url)}."
            raise SignInRequired([finding("sign_in_required", message)])
        if refresh_token:
            redact.register_token(refresh_token)  # a refusal may quote it
        return obtain(self.request(refresh_token), transport, self.paths, self.purpose)

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Do nothing: other processes may hold the same token, and it ends by itself."""


def obtain(
    request: PreparedRequest, transport: TransportOptions, paths: ReplyPaths, purpose: RequestWords
) -> Token:
    """Send a token request once and return the token, masked from then on, as is its refresh token.

    Both are masked until `redact.forget_token`. Raises TokenError where the answer is none.
    """
    from watchword.tokens.sending import send_token_request  # noqa: PLC0415 - rare

    target = f"the token endpoint at {host(request.url or '')}"
    made = _mask(request)
    try:
        token = read_token(send_token_request(request, transport, target), paths, purpose)
    finally:
        for jwt in made:
            redact.forget_token(jwt)
    redact.register_token(token.access_token)
    if token.refresh_token:
        redact.register_token(token.refresh_token)
    return token


def _mask(request: PreparedRequest) -> list[str]:
    """Have what a request shows the client by masked; return the JWTs that were made for it alone."""
    redact.register([text_of(request.headers.get("Authorization")).rpartition(" ")[2]])
    body = request.body or b""
    sent = (request.url or "").encode() + b" " + (body if isinstance(body, bytes) else str(body).encode())
    known = redact.known()
    made = [jwt for found in _JWT.findall(sent) if (jwt := found.decode()) not in known]
    for jwt in made:
        redact.register_token(jwt)
    return made
