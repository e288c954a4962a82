"""Sign in JWS's compact serialization with a key that is read once (RFC 7515)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding, errors
from watchword.protocols.jwt.algorithms import ALGORITHMS, AlgorithmName, key_findings, secret_findings
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from watchword.protocols.secret_encoding import SecretEncoding


@dataclass(frozen=True)
class JwsSigner(NeverPickled):
    """An algorithm and a key that fits it; `findings` are warnings about the key.

    `scheme` is PyJWT's algorithm. `key` is a key object or a secret's bytes, so that signing parses nothing.
    """

    algorithm: AlgorithmName
    key: Any = field(repr=False)
    scheme: Any = field(repr=False)
    findings: tuple[Finding, ...] = ()

    def jws(self, header: bytes, payload: bytes) -> str:
        """Return the signed header and payload in the compact serialization (RFC 7515 section 7.1)."""
        signing_input = _base64url(header) + b"." + _base64url(payload)
        signature = self.scheme.sign(signing_input, self.key)
        return (signing_input + b"." + _base64url(signature)).decode("ascii")


def jws_signer(
    algorithm: AlgorithmName, text: str, encoding: SecretEncoding, passphrase: str | None = None
) -> JwsSigner:
    """Return a signer with the key in a text, checked against the algorithm; reading RSA takes about 40 ms.

    Args:
        algorithm: its name in RFC 7518.
        text: an HMAC secret in a form that `keys.read_secret` reads, or a private key in one that
            `keys.read_private_key` reads.
        encoding: how an HMAC secret is written; ignored for a private key.
        passphrase: it decrypts an encrypted private key.

    Raises:
        DocumentError: the key can't be read, or the algorithm can't sign with it.
    """
    from jwt.algorithms import get_default_algorithms  # noqa: PLC0415 - loads cryptography

    from watchword.protocols.keys import read_private_key, read_secret  # noqa: PLC0415 - most methods need no key

    scheme = get_default_algorithms()[algorithm]
    if ALGORITHMS[algorithm].kind == "oct":
        secret = read_secret(text, encoding)
        return JwsSigner(algorithm, secret, scheme, tuple(secret_findings(algorithm, secret)))
    private = read_private_key(text, passphrase)
    findings = list(key_findings(algorithm, private))
    if errors(findings):
        raise DocumentError(findings)
    if private.repaired:
        findings.append(
            finding("key_repaired", f"The private key was repaired: {', '.join(private.repaired)}.")
        )
    return JwsSigner(algorithm, private.key, scheme, tuple(findings))


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
