"""Read a private key from text: PEM, DER, PKCS#12, JWK or a provider's file; repair it where that is safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from watchword.errors import DocumentError
from watchword.protocols.binary_text import from_text
from watchword.protocols.keys import derivation, pem, pkcs12, refusal
from watchword.protocols.keys.jwk import Jwk, private_key_of, read_json, read_list
from watchword.protocols.keys.key_file import KeyFile
from watchword.protocols.keys.repair import NotBase64, Repairs, from_base64, from_hex, guesses, tidied
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    Key: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey

Kind: TypeAlias = Literal["RSA", "EC", "OKP"]
_Load: TypeAlias = Callable[[bytes, "bytes | None"], Any]

_DER = b"0"
"""Every key in DER is a SEQUENCE (X.690)."""

_OPENSSH = b"openssh-key-v1\0"

_ED25519 = 32
"""The length of a private and of a public key of Ed25519, in bytes (RFC 8032 section 5.1.5)."""

_LAYERS = 4
"""How many texts may be nested in each other: quoted text, base64 of base64."""

_UTF_16 = "utf-16"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""How the text files of Windows begin that are saved as Unicode."""

_LONGEST = 6_000
"""The longest key that is read, in bytes: an RSA key of 8,192 bits has 4,700 and takes 5 s to validate."""


@dataclass(frozen=True)
class PrivateKey(NeverPickled):
    """A private key that has been parsed and validated; `repaired` names the repairs that its text needed."""

    key: Key = field(repr=False)
    kind: Kind
    repaired: tuple[str, ...] = ()


def read_private_key(text: str, passphrase: str | None = None) -> PrivateKey:
    """Return the private key in a text; validating an RSA key takes about 40 ms.

    Args:
        text: PEM (PKCS#1, PKCS#8, SEC1, OpenSSH; encrypted or not), DER or PKCS#12 as base64 or hexadecimal
            digits, a JWK or a set with one private key, the JSON file of a provider such as Google or Box,
            base64 of these.
        passphrase: it decrypts the key; ignored if the key isn't encrypted.

    Raises:
        DocumentError: `key_unreadable` or `key_unsuitable`, with the reason.
    """
    repairs = Repairs()
    content = unwrapped(text, repairs)
    if isinstance(content, KeyFile):
        passphrase = passphrase or content.passphrase or None
        content = unwrapped(content.key, repairs)
    if isinstance(content, KeyFile):
        raise refusal.refused("it is JSON in which there is other JSON", "Give the inner JSON alone.")
    if isinstance(content, Mapping):
        return _described(private_key_of(content), repairs)
    if isinstance(content, list):
        return _described(_from_block(content, passphrase, repairs), repairs)
    return _described(_from_bytes(content, passphrase), repairs)


def read_key_file(text: str) -> KeyFile | None:
    """Return what a provider's JSON file says, if the text is one; reads no key."""
    try:
        content = unwrapped(text)
    except DocumentError:  # the reader of the key says why
        return None
    return content if isinstance(content, KeyFile) else None


def unwrapped(text: str, repairs: Repairs | None = None) -> KeyFile | Jwk | list[pem.Block] | bytes:
    """Return what is inside of quotes, escapes and base64: JSON, blocks of PEM, or the bytes of a key.

    Raises:
        DocumentError: the text is none of these.
    """
    repairs, content = Repairs() if repairs is None else repairs, text
    for _ in range(_LAYERS):
        content = tidied(content, repairs)
        if not content:
            raise refusal.empty()
        if content.startswith("{"):
            return read_json(content)
        if content.startswith("[") and (jwk := read_list(content)):
            return jwk
        if blocks := list(pem.blocks(content)):
            return blocks
        data = _bare(content, text, repairs)
        if data.startswith((_DER, _OPENSSH)) or _may_be_ed25519(data):
            return data
        if other := refusal.of_bytes(data):
            raise other
        try:
            content = data.decode(_UTF_16 if data.startswith(_UTF_16_MARKS) else "utf-8")
        except UnicodeDecodeError:
            break
    raise refusal.of_text(text)


def _bare(content: str, text: str, repairs: Repairs) -> bytes:
    """Return the bytes that a text without BEGIN and END lines encodes."""
    if binary := from_text(content):
        return binary
    if refusal.is_fingerprint(content):
        raise refusal.of_text(text)
    try:
        return from_hex(content) or from_base64(content, repairs)
    except NotBase64:
        raise refusal.of_text(text) from None


def _from_block(blocks: list[pem.Block], passphrase: str | None, repairs: Repairs) -> object:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - loads cryptography

    block = pem.private_block(blocks)
    if block is None:
        raise refusal.of_blocks(blocks)
    if pem.has_other_keys(blocks, block):
        repairs.note("several private keys, of which the first is used")
    try:
        data = block.data(repairs)
    except NotBase64 as error:
        raise refusal.refused(f"it is damaged: {error}", refusal.COPY_AGAIN) from None
    if not block.standard:
        repairs.note("line breaks and blanks" if block.whole else "a lost BEGIN or END line")
    if block.cipher:
        return _loaded(serialization.load_pem_private_key, block.rewritten(data), passphrase)
    return _from_bytes(data, passphrase)


def _from_bytes(data: bytes, passphrase: str | None) -> object:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - loads cryptography

    if _may_be_ed25519(data) and (key := _ed25519(data)):
        return key
    if data.startswith(_OPENSSH):
        if derivation.demands_too_many_rounds(data):
            raise refusal.too_costly_rounds()
        rewritten = pem.armoured("OPENSSH PRIVATE KEY", data)
        return _loaded(serialization.load_ssh_private_key, rewritten, passphrase)
    if pkcs12.is_pkcs12(data):
        return pkcs12.read_pkcs12(data, passphrase).key
    if len(data) <= _LONGEST and derivation.demands_too_much(data):
        raise refusal.too_costly()
    return _loaded(serialization.load_der_private_key, data, passphrase)


def _may_be_ed25519(data: bytes) -> bool:
    """Return whether bytes are as long as both keys of Ed25519 (32 each); ASCII is a text in base64 again."""
    return len(data) == 2 * _ED25519 and not data.isascii()


def _ed25519(data: bytes) -> Ed25519PrivateKey | None:
    """Return a private key that its public key follows, as libsodium writes them and Coinbase gives them."""
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - loads cryptography

    key = ed25519.Ed25519PrivateKey.from_private_bytes(data[:_ED25519])
    return key if key.public_key().public_bytes_raw() == data[_ED25519:] else None


def _loaded(load: _Load, data: bytes, passphrase: str | None) -> object:
    """Return the key that `load` reads; the passphrase is tried only if the key is encrypted."""
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - loads cryptography

    if len(data) > _LONGEST:
        raise refusal.refused("it is longer than any key", "Give a key of at most 8,192 bits.")
    try:
        return load(data, None)
    except (UnsupportedAlgorithm, NotImplementedError):
        raise refusal.unsupported(data) from None
    except (ValueError, InternalError):
        raise refusal.of_der(data) from None
    except TypeError:  # the library's way to say that the key is encrypted
        pass
    if not passphrase:
        raise refusal.needs_passphrase()
    unsupported = (UnsupportedAlgorithm, NotImplementedError, InternalError, MemoryError)  # scrypt: too much
    for guess in guesses(passphrase):
        try:
            return load(data, guess)
        except ValueError:  # noqa: PERF203 - one or two, and it may be the other one
            continue
        except unsupported:
            raise refusal.unsupported(data) from None
    raise refusal.wrong_passphrase()


def _described(key: object, repairs: Repairs) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa  # noqa: PLC0415 - loads cryptography

    repaired = tuple(repairs)
    if isinstance(key, rsa.RSAPrivateKey):
        return PrivateKey(key, "RSA", repaired)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return PrivateKey(key, "EC", repaired)
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        return PrivateKey(key, "OKP", repaired)
    raise refusal.of_kind(key)
