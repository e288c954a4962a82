"""Proofs of the key that a token is bound to (RFC 9449), verified by joserfc."""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request

from watchword_playground.credentials import same
from watchword_playground.http import raw_request
from watchword_playground.oauth.jwt_verification import Refused
from watchword_playground.state.state import state_of

SCHEME = "DPoP"
"""The header of proofs, the type of bound tokens and the scheme of requests with them."""

ALGORITHM = "ES256"

_AGE = 60
"""How far a proof's time may be from this server's, in seconds. Its id is remembered for longer than that."""


class NonceRequired(Refused):
    """The proof lacks a nonce that is valid now."""


def proved_key(request: Request, access_token: str | None = None) -> str:
    """Return the thumbprint of the key that a request proves (section 4.3); raises Refused.

    A request to the token endpoint has no access token; its proof needs a nonce (section 8).
    """
    given = request.headers.getlist(SCHEME)
    if len(given) != 1:
        raise Refused(f"there are {len(given)} proofs; each request needs one in the header {SCHEME}")
    thumbprint, claims = _signed(given[0])
    _check(claims, {"htm": request.method, "htu": _uri(request)})
    issued_at = claims.get("iat")
    if not isinstance(issued_at, int) or abs(issued_at - int(time.time())) > _AGE:
        raise Refused(f"the proof isn't from the last {_AGE} seconds (iat)")
    state = state_of(request)
    if access_token is not None:
        _check(claims, {"ath": _hash(access_token)})
    elif state.proof_nonces.get(str(claims.get("nonce"))) is None:
        raise NonceRequired("the proof needs this server's nonce")
    unique_id = claims.get("jti")
    if not isinstance(unique_id, str) or not state.used_once.add((SCHEME, thumbprint, unique_id), value=True):
        raise Refused("the proof lacks an id, or was used before (jti)")
    return thumbprint


def new_nonce(request: Request) -> str:
    """Return a new nonce for proofs."""
    nonce = secrets.token_urlsafe()
    state_of(request).proof_nonces.add(nonce, value=True)
    return nonce


def _signed(proof: str) -> tuple[str, dict[str, Any]]:
    """Return the thumbprint of the key in the header (RFC 7638), and the claims that this key has signed."""
    from joserfc import errors, jws  # noqa: PLC0415 -- slow to import
    from joserfc.jwk import ECKey  # noqa: PLC0415

    try:
        signed = jws.extract_compact(proof.encode())
        claims, key = json.loads(signed.payload), ECKey.import_key(signed.protected["jwk"])
        is_genuine = jws.validate_compact(signed, key, [ALGORITHM])
    except (errors.JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused(f"the proof isn't a JWT that can be read, with {ALGORITHM} and its key") from None
    if signed.protected.get("typ") != "dpop+jwt" or key.is_private or not isinstance(claims, dict):
        raise Refused("the proof isn't a dpop+jwt with a public key and an object of claims")
    if not is_genuine:
        raise Refused("the proof's signature is wrong")
    return key.thumbprint(), claims


def _check(claims: Mapping[str, Any], expected: Mapping[str, str]) -> None:
    for name, value in expected.items():
        if not isinstance(claims.get(name), str) or not same(claims[name], value):
            raise Refused(f"the proof is for another request ({name})")


def _uri(request: Request) -> str:
    """Return the address of the request as the client sent it, without the query."""
    return f"{request.url.scheme}://{request.url.netloc}{raw_request.path(request)}"


def _hash(access_token: str) -> str:
    return urlsafe_b64encode(sha256(access_token.encode()).digest()).rstrip(b"=").decode()
