"""Keys written as JSON: a JWK or a set of them (RFC 7517, RFC 7518, RFC 8037), a service account's file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from watchword.protocols.keys.refusal import refused
from watchword.protocols.keys.repair import NotBase64, Repairs, from_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

Jwk: TypeAlias = Mapping[str, Any]

_PUBLIC = "Give the JWK with its private members, such as d."
_CURVES = ("P-256", "P-384", "P-521", "secp256k1")
_LONGEST_NUMBER = 1024
"""Of any number in a key, in bytes: RSA with 8,192 bits takes seconds to validate, and nobody uses more."""


def read_json(text: str) -> Jwk | str:
    """Return the one private or secret JWK that a JSON text holds, or the text of a service account's key.

    Raises:
        DocumentError: it is no JSON, or holds no such key, or several.
    """
    content = _object(text)
    inner = content.get("private_key")
    if isinstance(inner, str) and "kty" not in content:
        return inner
    if isinstance(content.get("keys"), list) and "kty" not in content:
        return _only(content["keys"])
    if "kty" not in content:
        raise refused("it is JSON, but neither a JWK (it has no kty) nor a service account's key")
    return content


def _object(text: str) -> Jwk:
    for candidate in (text, text.replace('\\"', '"')):
        try:
            content = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(content, dict):
            return content
    raise refused("it begins like JSON and is none", "Copy the whole JSON again.")


def _only(keys: list[object]) -> Jwk:
    usable = [key for key in keys if isinstance(key, dict) and ("d" in key or "k" in key)]
    if len(usable) == 1:
        return usable[0]
    if usable:
        raise refused(f"it is a set of {len(usable)} private keys", "Give the one JWK that signs.")
    raise refused("it is a set of JWKs without a private one", _PUBLIC)


def secret_of(jwk: Jwk) -> bytes | None:
    """Return the secret of a symmetric JWK (RFC 7518 section 6.4), None where it is another kind.

    Raises:
        DocumentError: its member k is missing or damaged.
    """
    return _bytes(jwk, "k") if jwk.get("kty") == "oct" else None


def private_key_of(jwk: Jwk) -> PrivateKeyTypes:
    """Return the private key that a JWK describes, validated.

    Raises:
        DocumentError: it is public, symmetric, damaged, or of a kind or curve that is not known.
    """
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - heavy, for keys alone

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
    except (ValueError, TypeError, UnsupportedAlgorithm, InternalError, ZeroDivisionError, OverflowError):
        message = "it is a JWK whose members do not fit together: damaged, or mixed up from two keys"
        raise refused(message, "Copy the whole JWK again.") from None


def _rsa(jwk: Jwk) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - likewise

    if "oth" in jwk:
        raise refused("it is an RSA key of more than two primes", "Give one of two primes.")
    e, n, d = (_number(jwk, name) for name in ("e", "n", "d"))
    if "p" in jwk and "q" in jwk:
        p, q = _number(jwk, "p"), _number(jwk, "q")
    else:
        p, q = rsa.rsa_recover_prime_factors(n, e, d)
    public = rsa.RSAPublicNumbers(e, n)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return numbers.private_key()


def _ec(jwk: Jwk) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - likewise

    known = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.SECP256K1())
    curves: Mapping[str, ec.EllipticCurve] = dict(zip(_CURVES, known, strict=True))
    curve = curves.get(str(jwk.get("crv")))
    if curve is None:
        raise refused("it is a JWK on a curve that is not known", f"Give one on {', '.join(curves)}.")
    d = _number(jwk, "d")
    if "x" not in jwk and "y" not in jwk:
        return ec.derive_private_key(d, curve)
    public = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve)
    return ec.EllipticCurvePrivateNumbers(d, public).private_key()


def _okp(jwk: Jwk) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519  # noqa: PLC0415 - likewise

    kinds = (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    known = next((kind for kind in kinds if kind.__name__ == f"{jwk.get('crv')}PrivateKey"), None)
    if known is None:
        raise refused("it is a JWK on a curve that signs nothing here", "Give one on Ed25519 or Ed448.")
    key = known.from_private_bytes(_bytes(jwk, "d"))
    if "x" in jwk and key.public_key().public_bytes_raw() != _bytes(jwk, "x"):
        raise ValueError("x is not the public key of d")
    return key


def _number(jwk: Jwk, name: str) -> int:
    return int.from_bytes(_bytes(jwk, name), "big")


def _bytes(jwk: Jwk, name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise refused(f"it is a JWK without the member {name}", "Copy the whole JWK again.")
    try:
        data = from_base64(value, Repairs())
    except NotBase64 as error:
        raise refused(f"its member {name} is damaged: {error}", "Copy the whole JWK again.") from None
    if len(data) > _LONGEST_NUMBER:
        raise refused(f"its member {name} is longer than in any key", "Give a key of at most 8,192 bits.")
    return data
