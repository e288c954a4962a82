"""The algorithms that sign (RFC 7518 section 3, RFC 8037, RFC 8812), and which key each takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from watchword.findings.codes import finding
from watchword.findings.finding import Finding

if TYPE_CHECKING:
    from watchword.protocols.keys import PrivateKey

Name: TypeAlias = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "ES256K", "EdDSA",
]  # fmt: skip

Encoding: TypeAlias = Literal["utf8", "base64", "base64url", "hex"]
"""How the text of an HMAC secret becomes bytes; either alphabet of base64 is read under both names."""


@dataclass(frozen=True)
class Algorithm:
    """What an algorithm signs with: `bytes` and `bits` are the least size of a secret and of an RSA key."""

    kind: Literal["oct", "RSA", "EC", "OKP"]
    bytes: int = 0
    curve: str = ""
    bits: int = 0

    def __str__(self) -> str:
        return f"{_KINDS[self.kind]} on {self.curve}" if self.curve else _KINDS[self.kind]


_KINDS = {"oct": "an HMAC secret", "RSA": "an RSA key", "EC": "an EC key", "OKP": "an Ed25519 or Ed448 key"}

_SHORT_RSA = 2048
"""RFC 7518 sections 3.3 and 3.5 ask for this many bits; APIs that took a shorter key are still there."""

_BROKEN_RSA = 1024
"""Anybody can factor what has fewer bits."""

_PSS_SHA512 = 1034
"""Salt and hash of PS512 fit into no key of fewer bits (RFC 8017 section 9.1.1)."""

ALGORITHMS: Mapping[Name, Algorithm] = {
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


def secret_findings(name: Name, secret: bytes) -> Iterator[Finding]:
    """Yield that an HMAC secret is shorter than the hash (RFC 7518 section 3.2)."""
    wanted = ALGORITHMS[name].bytes
    if len(secret) < wanted:
        message = f"The HMAC secret has {len(secret)} bytes; {name} asks for {wanted}."
        yield finding("key_too_short", message)


def key_findings(name: Name, key: PrivateKey) -> Iterator[Finding]:
    """Yield why the algorithm can't sign with the key, or what speaks against it."""
    wanted, given = ALGORITHMS[name], _given(key)
    if (wanted.kind, wanted.curve) != (given.kind, given.curve):
        suitable = [other for other, known in ALGORITHMS.items() if _same(known, given)]
        advice = f"Choose {_listed(suitable)}, or give {wanted}." if suitable else f"Give {wanted}."
        yield finding("key_unsuitable", f"{name} signs with {wanted}, and this is {given}.", advice=advice)
    elif given.bits < wanted.bits:
        message = f"The RSA key has {given.bits} bits, and {name} needs at least {wanted.bits}."
        yield finding("key_unsuitable", message, advice="Ask the provider for a key of 2,048 bits or more.")
    elif 0 < given.bits < _SHORT_RSA:
        message = f"The RSA key has {given.bits} bits; RFC 7518 asks for {_SHORT_RSA}."
        yield finding("key_too_short", message, advice="Ask the provider for a key of 2,048 bits or more.")


def _given(key: PrivateKey) -> Algorithm:
    """Describe a key as the algorithm that would take it."""
    if key.kind == "RSA":
        return Algorithm("RSA", bits=key.key.key_size)  # type: ignore[union-attr] # RSA by its kind
    if key.kind == "EC":
        return Algorithm("EC", curve=key.key.curve.name)  # type: ignore[union-attr] # EC by its kind
    return Algorithm("OKP")


def _same(known: Algorithm, given: Algorithm) -> bool:
    return (known.kind, known.curve) == (given.kind, given.curve) and known.bits <= given.bits


def _listed(names: list[Name]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
