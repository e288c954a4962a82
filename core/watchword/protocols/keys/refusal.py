"""Say why a text isn't a private key: what it is, or what is missing; nothing of the text is shown."""

from __future__ import annotations

import re

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.protocols.keys.pem import Block

COPY_AGAIN = "Copy it again, best directly from the file that the provider gave."
_PUBLIC = "Give the private half of the key pair; the API uses the public one to check signatures."

# Other blocks, by the end of their label without blanks: what each is, and what to do.
_OTHER_BLOCKS = (
    ("PUBLICKEY", "a public key", _PUBLIC),
    ("CERTIFICATE", "a certificate", "Give the private key that the certificate was made for."),
    (
        "CERTIFICATEREQUEST",
        "a certificate request",
        "Give the private key that was made together with the request.",
    ),
    (
        "PGPPRIVATEKEYBLOCK",
        "a PGP key",
        "Ask the provider which kind of key it wants: requests aren't signed with PGP.",
    ),
    (
        "PGPPUBLICKEYBLOCK",
        "a PGP key",
        "Ask the provider which kind of key it wants: requests aren't signed with PGP.",
    ),
    ("SSH2ENCRYPTEDPRIVATEKEY", "an SSH2 key of ssh.com", "Convert it: ssh-keygen -i -f KEYFILE."),
    ("PARAMETERS", "only the parameters of a key", "Give the block below them: the private key."),
    ("PKCS7", "a bundle of certificates", "Give the private key that the certificate was made for."),
    ("CMS", "a bundle of certificates", "Give the private key that the certificate was made for."),
)
_PUTTY = re.compile(r"\s*PuTTY-User-Key-File-\d")
_SSH_PUBLIC = re.compile(r"\s*(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9@.-]+) AAAA")
_PATH = re.compile(
    r"(?i)(?:file:|~?/|\.{1,2}[/\\]|[a-z]:\\|\\\\).*|[^\s{}]*\.(?:pem|key|p8|pk8|der|json|ppk|p12|pfx|jks)"
)
_LONGEST_PATH = 400
_LONG = 0x80
_LENGTH_BYTES = 4
_LONGEST_VERSION = b"\x04"


def refused(reason: str, advice: str = "") -> DocumentError:
    """Return the error for a private key that can't be read; `reason` follows a colon in its message."""
    return DocumentError(
        [finding("key_unreadable", f"The private key can't be read: {reason}.", advice=advice)]
    )


def empty() -> DocumentError:
    """Return the error for an empty text."""
    return refused("it is empty")


def of_text(text: str) -> DocumentError:
    """Return the error for a text without PEM, JSON or base64: it says what the text seems to be."""
    if _PUTTY.match(text):
        return refused(
            "it is a PuTTY key",
            "Convert it in PuTTYgen: Conversions, Export OpenSSH key; or puttygen -O private-openssh.",
        )
    if _SSH_PUBLIC.match(text):
        return refused("it is a public key of OpenSSH", _PUBLIC)
    path = text.strip().strip("\"'")
    if len(path) < _LONGEST_PATH and _PATH.fullmatch(path):
        return refused(
            "it is the path of a file", "Give the file's content, or a reference to it: file:PATH."
        )
    return refused("it is some other text, such as an HMAC secret or a password")


def of_blocks(blocks: list[Block]) -> DocumentError:
    """Return the error for a text whose blocks aren't private keys: it says what they are."""
    for block in blocks:
        for label, what, advice in _OTHER_BLOCKS:
            if block.label.endswith(label):
                return refused(f"it is {what}", advice)
    return refused("its BEGIN line names no private key", COPY_AGAIN)


def of_der(data: bytes) -> DocumentError:
    """Return the error for DER (X.690) that can't be read as a private key."""
    what = _other_der(data)
    if what:
        return refused(f"it is {what[0]}", what[1])
    if b"OPENSSH" in data[:30]:
        return refused("it is a damaged OpenSSH key", COPY_AGAIN)
    announced = sum(_header(data))
    if data[:1] != b"0" or not announced:
        return refused("the encoded bytes aren't a key: it does not begin like one", COPY_AGAIN)
    if announced > len(data):
        return refused(f"it is cut off, at {len(data)} of {announced} bytes", COPY_AGAIN)
    if announced < len(data):
        return refused(f"it goes on for {len(data) - announced} bytes behind its end", COPY_AGAIN)
    return refused("it is damaged, or of a kind that is not known", COPY_AGAIN)


def of_kind(key: object) -> DocumentError:
    """Return the error for a key that was read, but is of a kind that no method signs with."""
    kind = type(key).__name__.removesuffix("PrivateKey")
    message = f"The private key is of the kind {kind}, which no method here signs with."
    return DocumentError([finding("key_unsuitable", message, advice="Give an RSA, EC or Ed25519 key.")])


def needs_passphrase() -> DocumentError:
    """Return the error for an encrypted key without a passphrase."""
    return refused(
        "it is encrypted, and there is no passphrase", "Give the passphrase, or the key without one."
    )


def wrong_passphrase() -> DocumentError:
    """Return the error for a passphrase that does not decrypt the key."""
    return refused(
        "the passphrase does not open it", "Correct the passphrase; if it is right, copy the key again."
    )


def unsupported(data: bytes) -> DocumentError:
    """Return the error for a cipher or curve that isn't supported."""
    if b"OPENSSH" in data[:30]:
        return refused(
            "it is an OpenSSH key in a form that is not supported",
            "Write it as PEM: ssh-keygen -p -m PEM -f KEYFILE.",
        )
    return refused(
        "its cipher or curve is not supported",
        "Encrypt it with AES: openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEYFILE.",
    )


def _other_der(data: bytes) -> tuple[str, str] | None:
    """Return what DER is instead of a private key, and advice, by its structure; None if it isn't recognised.

    The errors of the libraries differ too much to tell.
    """
    content = data[_header(data)[0] :]
    inside = content[_header(content)[0] :]
    if content.startswith(b"\x02\x01\x03\x30"):  # version 3 (RFC 7292), where private keys have 0 or 1
        return "a PKCS#12 file", "Take the key out: openssl pkcs12 -nocerts -nodes -in FILE."
    if content[:1] == b"\x02" and content[1:2] > _LONGEST_VERSION:  # the modulus (RFC 8017, A.1.1)
        return _named("PUBLICKEY")
    if content[:1] != b"0":
        return None
    if inside.startswith(b"\xa0"):  # the version (RFC 5280 section 4.1)
        return _named("CERTIFICATE")
    if inside.startswith(b"\x02\x01\x00"):  # the version (RFC 2986 section 4.1)
        return _named("CERTIFICATEREQUEST")
    behind = content[sum(_header(content)) :]
    return _named("PUBLICKEY") if behind.startswith(b"\x03") else None  # a BIT STRING (RFC 5280, 4.1)


def _named(label: str) -> tuple[str, str]:
    return next((what, advice) for ending, what, advice in _OTHER_BLOCKS if ending == label)


def _header(data: bytes) -> tuple[int, int]:
    """Return the lengths of a DER value's header and content, in bytes; zeros if there is no valid header."""
    if len(data) < 2:  # noqa: PLR2004 - tag and length
        return 0, 0
    count = data[1] - _LONG
    if count < 0:
        return 2, data[1]
    if not 0 < count <= _LENGTH_BYTES:
        return 0, 0
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")
