"""Make decoys of private keys and certificates: new ones of the same kind; no I/O."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import TYPE_CHECKING, Any

from watchword.protocols.keys import read_private_key, read_secret

if TYPE_CHECKING:
    from watchword.protocols.secret_encoding import SecretEncoding

_RSA_BITS = 2048
"""Enough for every algorithm; a longer key takes seconds to make."""


def decoy_key(text: str, passphrase: str | None = None) -> str:
    """Return a new private key in PEM, of the kind and on the curve of the one in a text.

    Raises:
        DocumentError: the key in the text can't be read.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa  # noqa: PLC0415 - slow to load

    private = read_private_key(text, passphrase)
    if private.kind == "RSA":
        return _pem(rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))
    if private.kind == "EC":
        return _pem(ec.generate_private_key(private.key.curve))  # type: ignore[union-attr] # EC by its kind
    is_448 = isinstance(private.key, ed448.Ed448PrivateKey)
    return _pem((ed448.Ed448PrivateKey if is_448 else ed25519.Ed25519PrivateKey).generate())


def decoy_secret(text: str, encoding: SecretEncoding) -> str:
    """Return a new HMAC secret of the same length, as hexadecimal digits.

    Raises:
        DocumentError: the secret in the text can't be read.
    """
    return secrets.token_hex(len(read_secret(text, encoding)))


def decoy_certificate() -> tuple[str, str]:
    """Return a client certificate that no authority has signed, and its key, both in PEM."""
    from cryptography import x509  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - slow to load

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "watchword-decoy")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), _pem(key)


def _pem(key: Any) -> str:  # noqa: ANN401 - the library's keys have no common class
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - slow to load

    pem: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()
