"""Say why a text isn't a private key: what it is, or what is missing; nothing of the text is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.protocols.keys import other_files
from watchword.protocols.keys.der import lengths as _header
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
_SSH_PUBLIC = re.compile(
    r"\s*(?:ssh-(?:rsa|dss|ed25519)[a-z0-9@.-]*|ecdsa-sha2-[a-z0-9@.-]+|sk-[a-z0-9@.-]+) AAAA"
)

# As ssh-keygen, OpenSSL and the pages of providers show them: MD5, SHA-1, SHA-256 and SHA-512.
_FINGERPRINT = re.compile(
    r"(?i)(?:\d{3,5} )?(?:SHA256:[A-Z0-9+/_-]{43}=?|SHA512:[A-Z0-9+/_-]{86}={0,2}"
    r"|(?:(?:MD5|SHA-?(?:1|256|512))(?: Fingerprint)?[:=]\s*)?"
    r"[0-9A-F]{2}(?:(?::[0-9A-F]{2}){15}|(?::[0-9A-F]{2}){19}|(?::[0-9A-F]{2}){31}|(?::[0-9A-F]{2}){63}))"
    r"(?: [^\n]{0,200})?"
)

# Text that is told by its beginning: what it is, and what to do.
_OTHER_TEXTS = (
    (
        re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_.-]*"),
        "a token that is signed already (a JWT)",
        "Give the key that signs it, or choose the method bearer and give the token there.",
    ),
    (
        re.compile(r"<RSAKeyValue>"),
        "a key in the XML of .NET",
        "Write it as PEM: rsa.ExportPkcs8PrivateKeyPem() in C#.",
    ),
    (
        re.compile(r"AGE-SECRET-KEY-1"),
        "a key of age, which encrypts and doesn't sign",
        "Give the key that the API's provider has registered.",
    ),
)

# Binary files that are told by their first bytes.
_OTHER_BYTES = (
    (
        (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"),
        "a Java keystore (JKS)",
        "Convert it: keytool -importkeystore -srckeystore FILE -destkeystore FILE.p12 -deststoretype pkcs12.",
    ),
    (
        (b"\x1e\xf1\xb5\xb0", b"\x07\x02\x00\x00"),
        "a key in a binary form of Microsoft",
        "Convert it: openssl rsa -inform PVK -in FILE -out key.pem.",
    ),
)

_OAUTH_CLIENT = (
    "the client_secret.json of an OAuth client at Google",
    "Choose oauth2_authorization_code with its client_id and client_secret, or give a service account's key.",
)

# JSON that Google's tools write, by its type: what it is, and what to do.
_OTHER_TYPES: Mapping[str, tuple[str, str]] = {
    "authorized_user": (
        "the credentials of a user of gcloud (authorized_user), which have no private key",
        "Give a service account's key file, or choose oauth2_authorization_code with the values of this one.",
    ),
    "external_account": (
        "the configuration of a workload identity (external_account), which has no private key",
        "Give a service account's key file, or choose oauth2_token_exchange with the values of this one.",
    ),
    "external_account_authorized_user": (
        "the credentials of a workforce pool's user (external_account_authorized_user), without a key",
        "Create a key for a service account, and give its JSON file.",
    ),
    "impersonated_service_account": (
        "the configuration of an impersonation (impersonated_service_account), which has no private key",
        "Create a key for the service account itself, and give its JSON file.",
    ),
    "service_account": (
        "the file of a service account from which the private key is missing",
        "Create a new key for the account, and give the file as it was downloaded: it is shown only once.",
    ),
}
_PATH = re.compile(
    r"(?i)(?:file:|~?/|\.{1,2}[/\\]|[a-z]:\\|\\\\).*|[^\s{}]*\.(?:pem|key|p8|pk8|der|json|ppk|p12|pfx|jks)"
)
_LONGEST_PATH = 400
_LONGEST_VERSION = b"\x04"


def refused(reason: str, advice: str = "") -> DocumentError:
    """Return the error for a private key that can't be read; `reason` follows a colon in its message."""
    return DocumentError(
        [finding("key_unreadable", f"The private key can't be read: {reason}.", advice=advice)]
    )


def empty() -> DocumentError:
    """Return the error for an empty text."""
    return refused("it is empty")


def of_json(content: Mapping[str, Any]) -> DocumentError:
    """Return the error for JSON that holds no private key: it says what the JSON seems to be."""
    kind = content.get("type")
    if isinstance(kind, str) and kind in _OTHER_TYPES:
        what, advice = _OTHER_TYPES[kind]
        return refused(f"it is {what}", advice)
    if any(isinstance(content.get(name), dict) for name in ("installed", "web")):
        what, advice = _OAUTH_CLIENT
        return refused(f"it is {what}", advice)
    if "boxAppSettings" in content:
        return refused(
            "it is Box's config JSON without a private key (boxAppSettings.appAuth.privateKey)",
            "Generate a key pair in Box's developer console, and give the file that it downloads.",
        )
    if other := other_files.named(content):
        return refused(f"it is {other[0]}", other[1])
    return refused(
        "it is JSON, but neither a JWK (it has no kty) nor a file with one private key, as Google's or Box's"
    )


def of_broken_json(text: str, *, cut: bool) -> DocumentError:
    """Return the error for a text that begins like JSON; `cut` says that it ends in the middle."""
    if text[1:].lstrip().startswith("'"):
        return refused(
            "it begins like JSON, but is the text of a Python dict", "Write it with json.dumps, not with str."
        )
    if cut:
        return refused("it begins like JSON, but is cut off", "Copy the whole JSON again, to its last brace.")
    return refused("it begins like JSON, but isn't valid JSON", "Copy the whole JSON again.")


def of_bytes(data: bytes) -> DocumentError | None:
    """Return the error for the content of a binary file that is known; None for others."""
    for beginnings, what, advice in _OTHER_BYTES:
        if data.startswith(beginnings):
            return refused(f"it is {what}", advice)
    return None


def is_fingerprint(text: str) -> bool:
    """Return whether a text is the fingerprint of a key rather than a key in hexadecimal digits."""
    return _FINGERPRINT.fullmatch(text.strip()) is not None


def of_text(text: str) -> DocumentError:
    """Return the error for a text without PEM, JSON or base64: it says what the text seems to be."""
    if is_fingerprint(text):
        return refused(
            "it is the fingerprint of a key",
            "Give the private key itself: the fingerprint only names it, as a kid may do.",
        )
    for pattern, what, advice in _OTHER_TEXTS:
        if pattern.match(text.lstrip()):
            return refused(f"it is {what}", advice)
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


def too_costly() -> DocumentError:
    """Return the error for a key whose passphrase takes too long to try."""
    return refused(
        "its encryption demands more work than is done here, or doesn't say how much",
        "Write it anew: openssl pkcs8 -topk8 -in KEYFILE, or openssl pkcs12 -in FILE for PKCS#12.",
    )


def too_costly_rounds() -> DocumentError:
    """Return the error for an OpenSSH key whose passphrase takes too long to try."""
    return refused(
        "its encryption demands more rounds than are done here",
        "Write it anew: ssh-keygen -p -f KEYFILE.",
    )


def unsupported(data: bytes) -> DocumentError:
    """Return the error for a cipher or curve that isn't supported."""
    if b"OPENSSH" in data[:30]:
        return refused(
            "it is an OpenSSH key in a form that is not supported",
            "Write it in the usual form: ssh-keygen -p -Z aes256-ctr -f KEYFILE.",
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
        return "a damaged PKCS#12 file", COPY_AGAIN
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
