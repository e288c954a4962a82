"""The signature algorithms (RFC 7518 section 3, RFC 8037, RFC 8812), and the key that each takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

if TYPE_CHECKING:
    from watchword.protocols.keys import PrivateKey

AlgorithmName: TypeAlias = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "ES256K", "EdDSA",
]  # fmt: skip


@dataclass(frozen=True)
class Algorithm:
    """The key of an algorithm: `bytes` is the least size of a secret, `bits` that of an RSA key."""

    kind: Literal["oct", "RSA", "EC", "OKP"]
    bytes: int = 0
    curve: str = ""
    bits: int = 0

    def __str__(self) -> str:
        return f"{_KINDS[self.kind]} on {self.curve}" if self.curve else _KINDS[self.kind]


_KINDS = {"oct": "an HMAC secret", "RSA": "an RSA key", "EC": "an EC key", "OKP": "an Ed25519 or Ed448 key"}

_SHORT_RSA = 2048
"""RFC 7518 sections 3.3 and 3.5 require this many bits; some APIs still use shorter keys."""

_BROKEN_RSA = 1024
"""Keys of fewer bits can be factored with little effort."""

_PSS_SHA512 = 1034
"""Salt and hash of PS512 need a key of this many bits (RFC 8017 section 9.1.1)."""

ALGORITHMS: Mapping[AlgorithmName, Algorithm] = {
    "HS256": Algorithm("oct", bytes=32),
    "HS384": Algorithm("oct", bytes=48),
    "HS512": Algorithm("oct", bytes=64),
    "RS256": Algorithm("RSA", bits=_BROKEN_RSA),
    "RS384": Algorithm("RSA", bits=_BROKEN_RSA),
    "RS512": Algorithm("RSA", bits=_BROKEN_RSA),
    "PS256": Algorithm("RSA", bits=_BROKEN_RSA),
    "PS384": Algorithm("RSA", bits=_BROKEN_RSA),
    "PS512": Algorithm("RSA", bits=_PSS_SHA512),
    "ES256": Algorithm("EC", curve="secp256r1"),
    "ES384": Algorithm("EC", curve="secp384r1"),
    "ES512": Algorithm("EC", curve="secp521r1"),
    "ES256K": Algorithm("EC", curve="secp256k1"),
    "EdDSA": Algorithm("OKP"),
}


def secret_findings(name: AlgorithmName, secret: bytes) -> Iterator[Finding]:
    """Yield a finding if an HMAC secret is shorter than the hash (RFC 7518 section 3.2)."""
    required = ALGORITHMS[name].bytes
    if len(secret) < required:
        message = f"The HMAC secret has {len(secret)} bytes; {name} requires {required}."
        yield finding("key_too_short", message)


def key_findings(name: AlgorithmName, key: PrivateKey) -> Iterator[Finding]:
    """Yield why the algorithm can't sign with the key, or shouldn't."""
    required, given = ALGORITHMS[name], _described(key)
    if (required.kind, required.curve) != (given.kind, given.curve):
        suitable = [other for other, algorithm in ALGORITHMS.items() if _takes(algorithm, given)]
        advice = f"Choose {_listed(suitable)}, or give {required}." if suitable else f"Give {required}."
        yield finding("key_unsuitable", f"{name} signs with {required}, and this is {given}.", advice=advice)
    elif given.bits < required.bits:
        message = f"The RSA key has {given.bits} bits, and {name} needs at least {required.bits}."
        yield finding("key_unsuitable", message, advice="Ask the provider for a key of 2,048 bits or more.")
    elif 0 < given.bits < _SHORT_RSA:
        message = f"The RSA key has {given.bits} bits; RFC 7518 requires {_SHORT_RSA}."
        yield finding("key_too_short", message, advice="Ask the provider for a key of 2,048 bits or more.")


def _described(key: PrivateKey) -> Algorithm:
    """Describe a key as an algorithm that takes it."""
    if key.kind == "RSA":
        return Algorithm("RSA", bits=key.key.key_size)  # type: ignore[union-attr] # RSA by its kind
    if key.kind == "EC":
        return Algorithm("EC", curve=key.key.curve.name)  # type: ignore[union-attr] # EC by its kind
    return Algorithm("OKP")


def _takes(algorithm: Algorithm, given: Algorithm) -> bool:
    same_kind = (algorithm.kind, algorithm.curve) == (given.kind, given.curve)
    return same_kind and algorithm.bits <= given.bits


def _listed(names: list[AlgorithmName]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
