"""Requests to an API with a token that is bound to a key: each carries a proof (RFC 9449 section 7)."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

from requests import PreparedRequest

from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.flow import Context, Flow, FlowResponse, NeedToken
from watchword.protocols.dpop.nonces import OF_APIS
from watchword.protocols.dpop.proof import ProofKey, add_proof
from watchword.protocols.templates import FreshValues
from watchword.tokens.token import Token

_UNAUTHORIZED = 401
_DEMANDS_NONCE = re.compile(r"(?i)\berror\s*=\s*\"?use_dpop_nonce\b")
_KEY = "dpop key"


def with_proofs(flow: Flow, context: Context) -> Flow:
    """Step a method's flow, and send each of its requests with a proof by the key of its token.

    A stored token that is bound to no key, since the document had no `dpop` then, is renewed first.
    """
    value: FlowResponse | Token | None = None
    token = Token("")
    while True:
        try:
            step = flow.send(value)
        except StopIteration:
            return
        if isinstance(step, NeedToken):
            token = yield step
            if token.proof_key is None:
                token = yield NeedToken(rejected=token)
            value = token
        else:
            value = yield from _sent(step, token, context)


def _sent(
    request: PreparedRequest, token: Token, context: Context
) -> Generator[PreparedRequest, Any, FlowResponse]:
    """Send a request with a proof, and once more if the server demands its nonce in that (section 9)."""
    url = request.url or ""
    prove(request, token, context)
    response: FlowResponse = yield request
    if demands_nonce(url, response.status_code, response.headers):
        prove(request, token, context)
        response = yield request
        OF_APIS.note(url, response.headers)
    return response


def prove(request: PreparedRequest, token: Token, context: Context) -> None:
    """Add a proof to a request with a token.

    Raises:
        TokenError: the token is bound to no key.
    """
    key, nonce = _key_of(token, context), OF_APIS.newest(request.url or "")
    fresh = FreshValues(context.now(), context.nonce)
    add_proof(request, key, fresh, nonce=nonce, access_token=token.access_token)


def demands_nonce(url: str, status: int, headers: Mapping[str, str]) -> bool:
    """Note the nonce in a response, and return whether that is a refusal of a proof without it."""
    has_nonce = OF_APIS.note(url, headers)
    is_demanded = status == _UNAUTHORIZED and _DEMANDS_NONCE.search(headers.get("WWW-Authenticate", ""))
    return has_nonce and bool(is_demanded)


def _key_of(token: Token, context: Context) -> ProofKey:
    """Return the key of a token, which is read once."""
    if token.proof_key is None:
        message = "The stored token is not bound to a key: it was issued before dpop was set."
        advice = "Try again in a minute: it is renewed then."
        raise TokenError([finding("token_not_bound", message, advice=advice)])
    key = context.memory.get(_KEY)
    if key is None or key.text != token.proof_key:
        key = context.memory[_KEY] = ProofKey.read(token.proof_key)
    return key
