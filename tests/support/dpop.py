"""A token endpoint and an API that verify proofs by PyJWT, as RFC 9449 section 4.3 says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt

BEGINS_WITH = "s3cret-bound-"
"""How the tokens begin; behind it stands a number."""


def thumbprint(jwk: dict[str, str]) -> str:
    """Return the thumbprint of a public key on a curve (RFC 7638 section 3.2)."""
    required = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return in_base64url(hashlib.sha256(json.dumps(required, separators=(",", ":")).encode()).digest())


def in_base64url(data: bytes) -> str:
    """Return bytes as text without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class DpopServer:
    """Answers requests that a test's server has seen; `url` is set when that runs.

    `nonce` is what its token endpoint demands in a proof, `api_nonce` what its API demands; "" demands none.
    `client` is the only Authorization that gets a token, "" lets all have one. `keys` are the thumbprints by
    token. `refused` has the reason of each refusal, `proofs` the claims of each accepted proof.
    """

    reply: Callable[..., Any]
    url: str = ""
    nonce: str = ""
    api_nonce: str = ""
    client: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    proofs: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def __call__(self, seen: Any) -> Any:
        """Answer a request to the token endpoint, or to the API."""
        try:
            return self._token(seen) if seen.path.startswith("/token") else self._data(seen)
        except (jwt.PyJWTError, RefusedError) as error:
            self.refused.append(str(error))
            name = "use_dpop_nonce" if str(error) == "nonce" else "invalid_dpop_proof"
            nonce = self.nonce if seen.path.startswith("/token") else self.api_nonce
            headers = {"DPoP-Nonce": nonce} if nonce else {}
            if seen.path.startswith("/token"):
                body = {"error": name, "error_description": f"The proof is wrong: {error}."}
                return self.reply(400, body, headers)
            challenge = name if name == "use_dpop_nonce" or str(error) != "token" else "invalid_token"
            return self.reply(401, None, {"WWW-Authenticate": f'DPoP error="{challenge}"', **headers})

    def _token(self, seen: Any) -> Any:
        key, _ = self._verified(seen, self.nonce)
        self.bodies.append(seen.body)
        if self.client and seen.headers.get("Authorization") != self.client:
            return self.reply(401, {"error": "invalid_client"})
        token = f"{BEGINS_WITH}{len(self.keys) + 1}"
        self.keys[token] = key
        issued = {"access_token": token, "token_type": "DPoP", "expires_in": 3600, **self.answer}
        return self.reply(200, {name: value for name, value in issued.items() if value is not None})

    def _data(self, seen: Any) -> Any:
        key, claims = self._verified(seen, self.api_nonce)
        scheme, _, token = seen.headers.get("Authorization", "").partition(" ")
        if scheme != "DPoP" or self.keys.get(token) != key:
            raise RefusedError("token")
        if claims.get("ath") != in_base64url(hashlib.sha256(token.encode()).digest()):
            raise RefusedError("ath")
        return self.reply(200, {"verb": seen.method, "path": seen.path})

    def _verified(self, seen: Any, nonce: str) -> tuple[str, dict[str, Any]]:
        proof = seen.headers.get("DPoP", "")
        header = jwt.get_unverified_header(proof)
        if (header["typ"], header["alg"], "d" in header["jwk"]) != ("dpop+jwt", "ES256", False):
            raise RefusedError("header")
        claims = jwt.decode(
            proof,
            jwt.PyJWK(header["jwk"]).key,
            ["ES256"],
            {"require": ["jti", "htm", "htu", "iat"], "verify_iat": False},
        )
        if (claims["htm"], claims["htu"]) != (seen.method, f"{self.url}{seen.path.partition('?')[0]}"):
            raise RefusedError("htm or htu")
        if any(claims["jti"] == earlier["jti"] for earlier in self.proofs):
            raise RefusedError("jti")
        if nonce and claims.get("nonce") != nonce:
            raise RefusedError("nonce")
        self.proofs.append(claims)
        return thumbprint(header["jwk"]), claims


class RefusedError(Exception):
    """Why a proof is refused."""
