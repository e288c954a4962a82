"""A token source that sends a new token request each time and reads the token in its response."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from requests import PreparedRequest

from watchword import redact
from watchword.errors import SignInRequired
from watchword.findings.codes import finding
from watchword.http.headers import text_of
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.protocols.dpop.proof import ProofKey
from watchword.protocols.dpop.token_requests import bound_token, note_nonce
from watchword.protocols.login_with import Login, read, received
from watchword.protocols.oauth2.request_words import CLIENT, RequestWords
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.redact import NeverPickled
from watchword.redact.signatures import JWT
from watchword.tokens.follow_up import FollowUp
from watchword.tokens.lifetimes import unread_end
from watchword.tokens.token import Token
from watchword.tokens.token_source import Account

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Grant(NeverPickled):
    """An authorization grant (RFC 6749 section 1.3), ready to be sent to the token endpoint.

    `request` returns a new token request; for a sign-in it is called with the refresh token. `identity`
    holds everything in the requests except the values that are new in each. `dpop` says that the tokens are
    bound to a key (RFC 9449).
    """

    request: Callable[[str | None], PreparedRequest] = field(repr=False)
    paths: ResponsePaths
    account: Account
    identity: tuple[object, ...] = field(repr=False)
    words: RequestWords = field(default=CLIENT, repr=False)
    login: Login | None = field(default=None, repr=False)
    follow_up: FollowUp | None = None
    dpop: bool = False

    logs_out = False

    def fetch(
        self, transport: TransportOptions, refresh_token: str | None = None, proof_key: str | None = None
    ) -> Token:
        """Request a token; raises TokenError if the token endpoint issues none.

        A sign-in is renewed only by its refresh token; raises SignInRequired without one. `proof_key` is the
        key that the former token is bound to: the refresh token of a public client is bound to it too.
        """
        if self.account.signs_in and refresh_token is None:
            message = f"There is no sign-in for this connection at {host(self.account.token_url)}."
            raise SignInRequired([finding("sign_in_required", message)])
        with redact.masked([refresh_token or ""]):  # an error response may quote it
            token = self._obtained(transport, refresh_token, proof_key)
        if self.follow_up is None:
            return token
        if refresh_token is not None:  # the server may have replaced it: the new one must not be lost
            return self.follow_up.completed_if_possible(token, transport)
        return self.follow_up.completed(token, transport)

    def _obtained(
        self, transport: TransportOptions, refresh_token: str | None, proof_key: str | None
    ) -> Token:
        def new_request() -> PreparedRequest:
            request = self.request(refresh_token)
            redact.register([credential_in(request)], self)
            return request

        def obtained(request: PreparedRequest, transport: TransportOptions) -> Token:
            return obtain(request, transport, self.paths, self.words, self.login)

        if not self.dpop:
            return obtained(new_request(), transport)
        key = ProofKey.read(proof_key) if proof_key else ProofKey.new()
        return bound_token(key, new_request, transport, obtained)

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Do nothing: other processes may use the same token, and it expires by itself."""


def obtain(
    request: PreparedRequest,
    transport: TransportOptions,
    paths: ResponsePaths,
    words: RequestWords,
    login: Login | None = None,
) -> Token:
    """Send a token request once, authenticated by the login if there is one, and return the token.

    The token and its refresh token are masked as long as it lives. Raises TokenError if the response holds
    no token.
    """
    target = f"the token endpoint at {host(request.url or '')}"
    paths = replace(paths, behind_login=login is not None)
    with redact.masked(_jwts(request)):
        response = received(request, transport, target, login)
        note_nonce(response)
        token = read(response, login, lambda answered: read_token(answered, paths, words))
        redact.register(token.secrets, token)
    for remark in unread_end(token):
        _log.warning("%s: %s", target, remark)
    return token


def credential_in(request: PreparedRequest) -> str:
    """Return what shows the client in a request's Authorization header, "" without one."""
    return text_of(request.headers.get("Authorization")).rpartition(" ")[2]


def _jwts(request: PreparedRequest) -> list[str]:
    """Return the JWTs in a request: assertions, most of which are made for it alone."""
    body = request.body or b""
    sent = (request.url or "").encode() + b" " + (body if isinstance(body, bytes) else str(body).encode())
    return JWT.findall(sent.decode("latin-1"))
