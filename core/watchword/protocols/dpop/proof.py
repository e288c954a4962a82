"""The key that a token is bound to, and the proofs that it signs (RFC 9449 section 4); no I/O."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Final

from requests import PreparedRequest

from watchword import redact
from watchword.http.headers import text_of
from watchword.http.json_value import JsonValue
from watchword.http.urls import normalized
from watchword.protocols.jwt.content import as_json
from watchword.protocols.jwt.signing import JwsSigner
from watchword.protocols.oauth1.signature import base_string_uri
from watchword.protocols.templates import FreshValues
from watchword.redact import NeverPickled

HEADER = "DPoP"
"""The header of proofs, and the scheme of the tokens that they go with (sections 4.1 and 7.1)."""

_ALGORITHM: Final = "ES256"
"""Every server that takes proofs takes it, and its signatures are the fastest (RFC 7518 section 3.1)."""

_LENGTH = 32
"""The length of the numbers of a key on P-256, in bytes."""


@dataclass(frozen=True)
class ProofKey(NeverPickled):
    """A private key on P-256; `header` is that of all its proofs, and holds the public key.

    `text` is its form in a token store: its number in base64url (RFC 7518 section 6.2.2.1). It is masked as
    long as the key lives.
    """

    text: str = field(repr=False)
    header: bytes = field(repr=False)
    _signer: JwsSigner = field(repr=False)

    def __post_init__(self) -> None:
        redact.register([self.text], self)

    @classmethod
    def new(cls) -> ProofKey:
        """Return a new random key."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - loads cryptography

        private = ec.generate_private_key(ec.SECP256R1())
        return cls.read(_base64url(private.private_numbers().private_value.to_bytes(_LENGTH, "big")))

    @classmethod
    def read(cls, text: str) -> ProofKey:
        """Return the key that has this text."""
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - loads cryptography
        from jwt.algorithms import get_default_algorithms  # noqa: PLC0415 - loads cryptography

        number = int.from_bytes(base64.urlsafe_b64decode(f"{text}="), "big")
        private = ec.derive_private_key(number, ec.SECP256R1())
        point = private.public_key().public_numbers()
        x, y = (_base64url(each.to_bytes(_LENGTH, "big")) for each in (point.x, point.y))
        jwk: dict[str, JsonValue] = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        header = as_json({"typ": "dpop+jwt", "alg": _ALGORITHM, "jwk": jwk})
        return cls(text, header, JwsSigner(_ALGORITHM, private, get_default_algorithms()[_ALGORITHM]))

    def proof(self, call: Call, *, nonce: str | None = None, access_token: str | None = None) -> str:
        """Return a proof for one request (section 4.2).

        Args:
            call: the request.
            nonce: the newest that the server has given, if it has.
            access_token: the token in the request; None for a request to the token endpoint.
        """
        claims: dict[str, JsonValue] = {
            "jti": call.unique_id,
            "htm": call.verb,
            "htu": call.uri,
            "iat": int(call.now),
        }
        if nonce is not None:
            claims["nonce"] = nonce
        if access_token is not None:
            claims["ath"] = token_hash(access_token)
        return self._signer.jws(self.header, as_json(claims))


@dataclass(frozen=True)
class Call:
    """What a proof says of its request; `now` is in seconds since 1970, and `unique_id` is never repeated."""

    verb: str
    uri: str
    now: float
    unique_id: str


def add_proof(
    request: PreparedRequest,
    key: ProofKey,
    fresh: FreshValues,
    *,
    nonce: str | None = None,
    access_token: str | None = None,
) -> None:
    """Add a proof to a request; its URL gets the form in which it arrives, which servers compare.

    The proof names the URI as OAuth 1.0 signs it: without a query.
    """
    request.url = normalized(request.url or "")
    uri = base_string_uri(request.url, text_of(request.headers.get("Host")))
    call = Call(request.method or "", uri, fresh.now, fresh.nonce())
    request.headers[HEADER] = key.proof(call, nonce=nonce, access_token=access_token)


def token_hash(access_token: str) -> str:
    """Return the hash by which a proof names its token (`ath`)."""
    return _base64url(hashlib.sha256(access_token.encode()).digest())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
