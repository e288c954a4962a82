"""Read PKCS#12 (RFC 7292): a private key with its certificates, as authorities hand them out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from watchword.protocols.keys import derivation, refusal
from watchword.protocols.keys.der import INTEGER, SEQUENCE, NotDer, children, definite, header
from watchword.protocols.keys.repair import guesses
from watchword.redact import NeverPickled

_LONGEST = 1 << 16
"""The longest file that is read, in bytes; one with a chain of four certificates has about 8,000."""

_VERSION = b"\x03"
_WITHOUT_LENGTH = b"\x30\x80"
_ANEW = (
    "Write it anew: openssl pkcs12 -legacy -nodes -in FILE -out both.pem, and then "
    "openssl pkcs12 -export -in both.pem -out NEWFILE."
)


@dataclass(frozen=True)
class Pkcs12(NeverPickled):
    """The content of a file, as objects of cryptography: the key, its certificate if any, and the others."""

    key: Any = field(repr=False)
    certificate: Any = None
    others: tuple[Any, ...] = ()


def is_pkcs12(data: bytes) -> bool:
    """Return whether DER is a PKCS#12 file: it begins with version 3, where private keys have 0 or 1."""
    try:
        version, content, *_ = children(data, header(data, 0))
    except (NotDer, ValueError):
        return data.startswith(b"\x30\x80\x02\x01\x03\x30")  # without lengths, as Firefox writes it
    return (version.tag, version.content(data), content.tag) == (INTEGER, _VERSION, SEQUENCE)


def read_pkcs12(data: bytes, passphrase: str | None) -> Pkcs12:
    """Return the content of a PKCS#12 file.

    Raises:
        DocumentError: `key_unreadable`, with the reason.
    """
    if len(data) > _LONGEST:
        raise refusal.refused("it is a PKCS#12 file that is too long", "Give one with one key alone.")
    is_ber = data.startswith(_WITHOUT_LENGTH)
    data, shown = _with_lengths(data) if is_ber else (data, data)
    if derivation.demands_too_much(shown):
        raise refusal.too_costly()
    if passphrase and "\0" in passphrase:  # the library would panic
        raise refusal.wrong_passphrase()
    with _ber_is_read() if is_ber else nullcontext():
        key, certificate, others = _loaded(data, passphrase)
    if key is None:
        raise refusal.refused(
            "it is a PKCS#12 file without a private key", "Export it again, with the private key."
        )
    return Pkcs12(key, certificate, tuple(others))


def _with_lengths(data: bytes) -> tuple[bytes, bytes]:
    """Return BER, as Java, Windows and Firefox may write it, in DER; and once more for `derivation` alone.

    The signature of the file covers what is in its OCTET STRING, so that stays as it is.
    """
    try:
        return definite(data), definite(data, inside=True)
    except NotDer:
        reason = "it is a PKCS#12 file in BER that is cut off or damaged"
        raise refusal.refused(reason, f"{refusal.COPY_AGAIN} {_ANEW}") from None


@contextmanager
def _ber_is_read() -> Iterator[None]:
    """Keep the library from warning that it may stop reading BER, which may remain inside of a file."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*falling back to parsing as BER", UserWarning)
        yield


def _loaded(data: bytes, passphrase: str | None) -> Any:  # noqa: ANN401 - objects of cryptography
    # Both mean that there is no passphrase, and tools write either of them.
    for guess in (*guesses(passphrase or ""), None, b""):
        with suppress(ValueError, TypeError):  # it is the other one, or wrong
            return _opened(data, guess)
    raise (
        refusal.wrong_passphrase()
        if passphrase
        else refusal.refused(
            "it is a PKCS#12 file, and its passphrase is missing, or it is damaged",
            "Give the passphrase that came with the file.",
        )
    )


def _opened(data: bytes, passphrase: bytes | None) -> Any:  # noqa: ANN401 - objects of cryptography
    from cryptography.exceptions import InternalError, UnsupportedAlgorithm  # noqa: PLC0415 - loads cryptography
    from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: PLC0415 - loads cryptography

    try:
        return pkcs12.load_key_and_certificates(data, passphrase)
    except (UnsupportedAlgorithm, NotImplementedError, InternalError, MemoryError):
        raise refusal.refused(
            "it is a PKCS#12 file in a form that is not supported",
            _ANEW,
        ) from None
