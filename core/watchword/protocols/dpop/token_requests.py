"""Requests for a token that is bound to a key (RFC 9449 sections 5 and 8)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from requests import PreparedRequest

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.flow import random_nonce
from watchword.http.origins import host
from watchword.http.transport_options import TransportOptions
from watchword.protocols.dpop.nonces import OF_TOKEN_ENDPOINTS
from watchword.protocols.dpop.proof import HEADER, ProofKey, add_proof
from watchword.protocols.templates import FreshValues
from watchword.tokens.replaced_refresh_token import RefreshTokenReplacedError
from watchword.tokens.token import Token
from watchword.tokens.token_response import TokenResponse

_LEAST_TIME = 0.1
"""Shortest time limit of a request, in seconds, if the one before it has taken the whole time."""

_NONCE_DEMANDED = "use_dpop_nonce"


def bound_token(
    key: ProofKey,
    new_request: Callable[[], PreparedRequest],
    transport: TransportOptions,
    obtain: Callable[[PreparedRequest, TransportOptions], Token],
) -> Token:
    """Return a token that is bound to a key, which is stored with it.

    A server that demands its nonce gets a second request, made anew: an assertion in it may serve once. Both
    together take as long as one may.

    Args:
        key: the key, which signs a proof for each request.
        new_request: returns a new request for the token.
        transport: the way to the token endpoint.
        obtain: sends a request and returns its token; it notes the server's nonce.

    Raises:
        TokenError: the server issues no token, or one that is bound to no key.
    """
    try:
        token = _obtained(key, new_request, transport, obtain)
    except RefreshTokenReplacedError as error:
        raise RefreshTokenReplacedError(error.findings, error.refresh_token, key.text) from None
    bound = replace(token, proof_key=key.text)
    redact.register(bound.secrets, bound)
    return bound


def _obtained(
    key: ProofKey,
    new_request: Callable[[], PreparedRequest],
    transport: TransportOptions,
    obtain: Callable[[PreparedRequest, TransportOptions], Token],
) -> Token:
    ends = time.monotonic() + transport.timeout
    request, nonce = _proved(new_request(), key)
    url = request.url or ""
    try:
        token = obtain(request, transport)
    except TokenError as error:
        if error.code != _NONCE_DEMANDED or OF_TOKEN_ENDPOINTS.newest(url) == nonce:
            raise
        request, _ = _proved(new_request(), key)
        left = max(ends - time.monotonic(), _LEAST_TIME)
        token = obtain(request, replace(transport, timeout=left))
    _check_bound(token, url)
    return token


def note_nonce(response: TokenResponse) -> None:
    """Remember the nonce in a response of a token endpoint for the next request, if there is one."""
    OF_TOKEN_ENDPOINTS.note(response.url, response.headers)


def _proved(request: PreparedRequest, key: ProofKey) -> tuple[PreparedRequest, str | None]:
    """Add a proof to a request; return both the request and the nonce in the proof."""
    nonce = OF_TOKEN_ENDPOINTS.newest(request.url or "")
    add_proof(request, key, FreshValues(time.time(), random_nonce), nonce=nonce)
    return request, nonce


def _check_bound(token: Token, url: str) -> None:
    """Raise if the server has ignored the proof and issued a token that anybody may use (section 5).

    A new refresh token is kept: the former one may be used up.
    """
    if token.token_type.lower() == HEADER.lower():
        return
    message = f"The token endpoint at {host(url)} issued a token that is not bound to the proof's key."
    found = [finding("token_not_bound", message, evidence={"token_type": redact.quoted(token.token_type)})]
    if token.refresh_token is None:
        raise TokenError(found)
    raise RefreshTokenReplacedError(found, token.refresh_token)
