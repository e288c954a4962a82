"""Read an HMAC secret from text: plain, encoded, or as a symmetric JWK."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.protocols.binary_text import from_text
from watchword.protocols.keys import pem
from watchword.protocols.keys.jwk import read_json, secret_of
from watchword.protocols.keys.key_file import KeyFile
from watchword.protocols.keys.repair import Repairs, from_base64, tidied

if TYPE_CHECKING:
    from watchword.protocols.secret_encoding import SecretEncoding

_PAIRS = re.compile(r":?[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*:?")
"""How fingerprints are written; a colon in another place separates a secret from what isn't one."""

_ID_AND_HEX = re.compile(r"[^\s:]{1,200}:[0-9A-Fa-f]{2,}")
_ENCODED = "Set key_encoding to how the secret is written; utf8 uses the text as it is."
_AFTER_COLON = (
    "If this is an ID and its secret, as in Ghost's Admin API keys, give only what is after the colon; "
    "the ID is usually the kid in jwt_headers."
)
_KEY_MEMBER = re.compile(r'"(?:kty|private_key|privateKey)\\*"')


def read_secret(text: str, encoding: SecretEncoding) -> bytes:
    """Return the bytes of an HMAC secret.

    Args:
        text: the secret; the content of a binary file counts as it is, and a JWK of kty oct (RFC 7518
            section 6.4) is recognised, both whatever the encoding.
        encoding: how the secret is written.

    Raises:
        DocumentError: `key_unreadable` if the text isn't in this encoding or is empty; `key_unsuitable`
            if it is the key of a signature (RFC 8725 section 2.1).
    """
    secret = from_text(text) or _from_jwk_or_none(text)
    if secret is None:
        try:
            secret = _decoded(text, encoding)
        except ValueError:
            message = f"The HMAC secret can't be read as {encoding}."
            advice = _AFTER_COLON if encoding == "hex" and _ID_AND_HEX.fullmatch(text.strip()) else _ENCODED
            raise DocumentError([finding("key_unreadable", message, advice=advice)]) from None
    if not secret:
        raise DocumentError(
            [finding("key_unreadable", "The HMAC secret is empty.", advice="Enter the secret.")]
        )
    return secret


def _from_jwk_or_none(text: str) -> bytes | None:
    content = tidied(text, Repairs())
    if any(pem.blocks(content)):
        raise _unsuitable("a PEM block: a key or certificate")
    if not content.startswith("{") or not _KEY_MEMBER.search(content):
        return None
    jwk = read_json(content)
    if isinstance(jwk, KeyFile):
        raise _unsuitable("a provider's file with a private key")
    secret = secret_of(jwk)
    if secret is None:
        raise _unsuitable("a JWK of another kty than oct")
    return secret


def _unsuitable(what: str) -> DocumentError:
    return DocumentError(
        [
            finding(
                "key_unsuitable",
                f"HMAC (as in HS256) signs with a shared secret, and this is {what}.",
                advice="Choose the algorithm that the key was made for, such as RS256, or give the secret.",
            )
        ]
    )


def _decoded(text: str, encoding: SecretEncoding) -> bytes:
    """Return the bytes of a secret; raises ValueError if the text isn't in this encoding."""
    if encoding == "utf8":
        return text.encode("utf-8", "surrogateescape")  # for environment variables that aren't UTF-8
    if encoding == "hex":
        words = text.split()
        if not all(":" not in word or _PAIRS.fullmatch(word) for word in words):
            raise ValueError
        return bytes.fromhex("".join(words).replace(":", ""))
    return from_base64(text, Repairs())
