"""Read keys written as JSON: a JWK or a set (RFC 7517, RFC 7518, RFC 8037), or a provider's file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from watchword.protocols.keys import refusal
from watchword.protocols.keys.key_file import KeyFile, read_key_file
from watchword.protocols.keys.refusal import refused
from watchword.protocols.keys.repair import NotBase64, Repairs, from_base64
from watchword.protocols.keys.rsa_primes import primes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

Jwk: TypeAlias = Mapping[str, Any]

_PUBLIC = "Give the JWK with its private members, such as d."
_CRT_MEMBERS = ("p", "q", "dp", "dq", "qi")
"""The members of an RSA key that can be computed from the others (RFC 7518 section 6.3.2)."""

_CURVES = {"P-256": "SECP256R1", "P-384": "SECP384R1", "P-521": "SECP521R1", "secp256k1": "SECP256K1"}
"""The curves by their names in JWKs, with their names in cryptography."""

_LONGEST_MEMBER = 1024
"""The longest member that is read, in bytes: an RSA key of 8,192 bits takes seconds to validate."""


def read_json(text: str) -> Jwk | KeyFile:
    """Return the only private or secret JWK in a JSON text, or the key in a provider's file.

    Raises:
        DocumentError: the text isn't JSON, or holds no such key, or several.
    """
    content = _object(text)
    if "kty" in content:
        return content
    if isinstance(content.get("keys"), list):
        return _only(content["keys"])
    file = read_key_file(content)
    if file is None:
        raise refusal.of_json(content)
    return file


def read_list(text: str) -> Jwk | None:
    """Return the only private or secret JWK in a JSON array, None if the text isn't an array of JWKs.

    Raises:
        DocumentError: none of them is private or secret, or several.
    """
    try:
        content = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    is_set = isinstance(content, list) and any(isinstance(each, dict) and "kty" in each for each in content)
    return _only(content) if is_set else None


def _object(text: str) -> Jwk:
    cut = False
    for candidate in (text, text.replace('\\"', '"')):
        try:
            content = json.loads(candidate, strict=False)
        except json.JSONDecodeError as error:
            cut = cut or error.pos >= len(candidate.rstrip()) or error.msg.startswith("Unterminated")
            continue
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            return content
    raise refusal.of_broken_json(text, cut=cut)


def _only(keys: list[object]) -> Jwk:
    usable = [key for key in keys if isinstance(key, dict) and ("d" in key or "k" in key)]
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise refused(f"it is a set of {len(usable)} private keys", "Give the one JWK that signs.")
    raise refused("it is a set of JWKs without a private one", _PUBLIC)


def secret_of(jwk: Jwk) -> bytes | None:
    """Return the secret of a symmetric JWK (RFC 7518 section 6.4), None for another kind of key.

    Raises:
        DocumentError: the member k is missing or damaged.
    """
    return _decoded(jwk, "k") if jwk.get("kty") == "oct" else None


def private_key_of(jwk: Jwk) -> PrivateKeyTypes:
    """Return the validated private key that a JWK describes.

    Raises:
        DocumentError: the JWK is public, symmetric or damaged, or its kind or curve isn't supported.
    """
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - loads cryptography
    from jwt.exceptions import InvalidKeyError  # noqa: PLC0415 - loads cryptography

    kind = jwk.get("kty")
    if kind == "oct":
        raise refused(
            "it is a symmetric JWK, an HMAC secret", "Choose HS256, HS384 or HS512, or give a private key."
        )
    if kind not in ("RSA", "EC", "OKP"):
        raise refused("it is a JWK whose kty is not known", "Give one of kty RSA, EC or OKP.")
    if "d" not in jwk:
        raise refused("it is a public JWK", _PUBLIC)
    try:
        return {"RSA": _rsa, "EC": _ec, "OKP": _okp}[str(kind)](jwk)
    except (InvalidKeyError, ValueError, TypeError, UnsupportedAlgorithm, InternalError, ArithmeticError):
        message = "it is a JWK whose members do not fit together: damaged, or mixed up from two keys"
        raise refused(message, "Copy the whole JWK again.") from None


def _rsa(jwk: Jwk) -> PrivateKeyTypes:
    from jwt.algorithms import RSAAlgorithm  # noqa: PLC0415 - loads cryptography

    if "oth" in jwk:
        raise refused("it is an RSA key of more than two primes", "Give one of two primes.")
    is_complete = all(name in jwk for name in _CRT_MEMBERS)
    names = ("e", "n", "d", *(_CRT_MEMBERS if is_complete else ()))
    numbers = {name: int.from_bytes(_decoded(jwk, name), "big") for name in names}
    if not is_complete:
        p, q = primes(numbers["n"], numbers["e"], numbers["d"])
        d = numbers["d"]
        numbers |= {"p": p, "q": q, "dp": d % (p - 1), "dq": d % (q - 1), "qi": pow(q, -1, p)}
    members = {name: _encoded(_as_bytes(number)) for name, number in numbers.items()}
    return cast("PrivateKeyTypes", RSAAlgorithm.from_jwk({"kty": "RSA", **members}))


def _as_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _ec(jwk: Jwk) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - loads cryptography
    from jwt.algorithms import ECAlgorithm  # noqa: PLC0415 - loads cryptography

    name = str(jwk.get("crv"))
    if name not in _CURVES:
        raise refused("it is a JWK on a curve that is not known", f"Give one on {', '.join(_CURVES)}.")
    curve: ec.EllipticCurve = getattr(ec, _CURVES[name])()
    if "x" not in jwk and "y" not in jwk:
        return ec.derive_private_key(int.from_bytes(_decoded(jwk, "d"), "big"), curve)
    size = (curve.key_size + 7) // 8  # PyJWT takes numbers of full length alone (RFC 7518 section 6.2)
    numbers = {
        each: _encoded(_decoded(jwk, each).lstrip(b"\0").rjust(size, b"\0")) for each in ("x", "y", "d")
    }
    return cast("PrivateKeyTypes", ECAlgorithm.from_jwk({"kty": "EC", "crv": name, **numbers}))


def _okp(jwk: Jwk) -> PrivateKeyTypes:
    # Not by PyJWT: it requires x, which may be absent here, and its older versions don't compare it with d.
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519  # noqa: PLC0415 - loads cryptography

    curves: Mapping[str, type[ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey]] = {
        "Ed25519": ed25519.Ed25519PrivateKey,
        "Ed448": ed448.Ed448PrivateKey,
    }
    curve = curves.get(str(jwk.get("crv")))
    if curve is None:
        raise refused("it is a JWK on a curve that signs nothing here", "Give one on Ed25519 or Ed448.")
    key = curve.from_private_bytes(_decoded(jwk, "d"))
    if "x" in jwk and key.public_key().public_bytes_raw() != _decoded(jwk, "x"):
        raise ValueError("x is not the public key of d")
    return key


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")


def _decoded(jwk: Jwk, name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise refused(f"it is a JWK without the member {name}", "Copy the whole JWK again.")
    try:
        data = from_base64(value, Repairs())
    except NotBase64 as error:
        raise refused(f"its member {name} is damaged: {error}", "Copy the whole JWK again.") from None
    if len(data) > _LONGEST_MEMBER:
        raise refused(f"its member {name} is longer than in any key", "Give a key of at most 8,192 bits.")
    return data
