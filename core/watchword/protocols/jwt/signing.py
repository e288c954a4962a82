"""Sign with a key that is read once, in JWS's compact form (RFC 7515)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.protocols.jwt.algorithms import ALGORITHMS, Encoding, Name, key_findings, secret_findings
from watchword.redact import NeverPickled


@dataclass(frozen=True)
class JwsSigner(NeverPickled):
    """An algorithm and a key that fits it; `findings` are warnings about the key.

    `scheme` is PyJWT's; signing parses nothing, since `key` is a key object, or a secret's bytes.
    """

    algorithm: Name
    key: Any = field(repr=False)
    scheme: Any = field(repr=False)
    findings: tuple[Finding, ...] = ()

    def jws(self, header: bytes, payload: bytes) -> str:
        """Return header and payload signed, in the compact serialization (RFC 7515 section 7.1)."""
        signing_input = _base64url(header) + b"." + _base64url(payload)
        signature = self.scheme.sign(signing_input, self.key)
        return (signing_input + b"." + _base64url(signature)).decode("ascii")


def jws_signer(algorithm: Name, text: str, encoding: Encoding, passphrase: str | None = None) -> JwsSigner:
    """Return the key that a text holds, checked against the algorithm; reading RSA takes about 40 ms.

    Args:
        algorithm: its name in RFC 7518.
        text: an HMAC secret as `keys.read_secret`, a private key as `keys.read_private_key` takes it.
        encoding: how an HMAC secret is written; a private key is known by itself.
        passphrase: what an encrypted private key is opened with.

    Raises:
        DocumentError: the key can't be read, or the algorithm can't sign with it.
    """
    from jwt.algorithms import get_default_algorithms  # noqa: PLC0415 - loads cryptography

    from watchword.protocols.keys import read_private_key, read_secret  # noqa: PLC0415 - other methods need none

    scheme = get_default_algorithms()[algorithm]
    if ALGORITHMS[algorithm].kind == "oct":
        secret = read_secret(text, encoding)
        return JwsSigner(algorithm, secret, scheme, tuple(secret_findings(algorithm, secret)))
    private = read_private_key(text, passphrase)
    found = list(key_findings(algorithm, private))
    if errors(found):
        raise DocumentError(found)
    if private.repaired:
        found.append(finding("key_repaired", f"The private key was mended: {', '.join(private.repaired)}."))
    return JwsSigner(algorithm, private.key, scheme, tuple(found))


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
