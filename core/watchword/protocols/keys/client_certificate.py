"""Read a client certificate and its key in whatever form an authority hands them out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from watchword.errors import DocumentError
from watchword.findings.codes import finding
from watchword.findings.finding import Finding
from watchword.protocols.keys import pem, pkcs12
from watchword.protocols.keys.der import lengths
from watchword.protocols.keys.key_file import KeyFile
from watchword.protocols.keys.reading import read_private_key, unwrapped
from watchword.protocols.keys.repair import NotBase64, Repairs
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_CERTIFICATES = ("CERTIFICATE", "X509CERTIFICATE", "TRUSTEDCERTIFICATE")
_MOST_CERTIFICATES = 20
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""How the content of PKCS#7 begins (RFC 5652 section 5.1)."""

# What is given in place of a certificate, and advice.
_A_BUNDLE = (
    "is a bundle of certificates in PKCS#7",
    "Convert it: openssl pkcs7 -print_certs -in FILE, with -inform DER for a binary one; or give PKCS#12.",
)
_A_REQUEST = (
    "holds no certificate, but a request for one",
    "Give the certificate that the authority has made from the request.",
)
_A_KEY = (
    "holds no certificate, but a private key",
    "Give the key in client_private_key, and the certificate that was made for it here.",
)
_ALONE = ("holds a certificate without its private key", "Give its key in client_private_key.")
_EXPORT = "Export certificate and key again, as PEM or PKCS#12."


@dataclass(frozen=True)
class ClientCertificate(NeverPickled):
    """A certificate with its chain, and its private key without a passphrase; both in PEM."""

    certificates: str
    private_key: str = field(repr=False)


def read_client_certificate(
    certificate: str | None, private_key: str | None, passphrase: str | None
) -> ClientCertificate:
    """Return a client certificate that is ready for a TLS library.

    Args:
        certificate: PEM of the certificate, perhaps with its chain and key, or a PKCS#12 file; binary
            content as `as_text` writes it. None if all of it is in `private_key`.
        private_key: the key in a form that `read_private_key` reads, or PKCS#12 with both; None if it is in
            `certificate`.
        passphrase: it opens the key or the PKCS#12 file.

    Raises:
        DocumentError: with a finding that names the field.
    """
    whole = certificate or private_key or ""
    name = "client_certificate" if certificate else "client_private_key"
    with_certificate = _content(whole, name)
    if isinstance(with_certificate, bytes) and pkcs12.is_pkcs12(with_certificate):
        bundle = _of_field(name, lambda: pkcs12.read_pkcs12(with_certificate, passphrase))
        if bundle.certificate is None:
            raise _unreadable(name, "is a PKCS#12 file without a certificate", _EXPORT)
        return ClientCertificate(_written([bundle.certificate, *bundle.others]), _key_pem(bundle.key))
    try:
        chain = _certificates(with_certificate, name)
    except DocumentError:
        if private_key and certificate and _holds_key(with_certificate) and holds_certificate(private_key):
            raise _swapped() from None
        raise
    if not private_key and not _holds_key(with_certificate):
        raise _unreadable(name, *_ALONE)
    key = private_key or whole
    key_name = "client_private_key" if private_key else name
    read = _of_field(key_name, lambda: read_private_key(key, passphrase))
    return ClientCertificate(_written(_in_order(chain, read.key.public_key())), _key_pem(read.key))


def holds_certificate(text: str) -> bool:
    """Return whether a text holds a certificate, or is a PKCS#12 file; raises no error."""
    try:
        content = unwrapped(text)
    except DocumentError:
        return False
    if isinstance(content, list):
        return any(block.label in _CERTIFICATES for block in content)
    if isinstance(content, KeyFile):
        return bool(content.certificates)
    return isinstance(content, bytes) and pkcs12.is_pkcs12(content)


def may_hold_key(text: str) -> bool:
    """Return whether a text holds a private key, is a PKCS#12 file, or can't be read; raises no error."""
    try:
        content = unwrapped(text)
    except DocumentError:
        return True
    if isinstance(content, list):
        return pem.private_block(content) is not None
    return not isinstance(content, bytes) or pkcs12.is_pkcs12(content) or _holds_key(content)


def read_authorities(text: str) -> str:
    """Return the certificates of authorities as PEM.

    Args:
        text: PEM that has lost its line breaks, or has them as escapes; or PEM in base64.

    Raises:
        DocumentError: it holds no certificate that can be read.
    """
    return _written(_certificates(_content(text, "ca_bundle"), "ca_bundle"))


def begins_with_authority(text: str) -> bool:
    """Return whether the first certificate of a PEM chain has issued another one of it; raises no error.

    TLS libraries take the first one for the client's own.
    """
    blocks = list(pem.blocks(text))
    if sum(block.label in _CERTIFICATES for block in blocks) <= 1:
        return False
    try:
        first, *others = _certificates(blocks, "client_certificate")
    except DocumentError:  # a finding of lint
        return False
    return any(other.issuer == first.subject for other in others)


def _in_order(chain: list[Certificate], public_key: object) -> list[Certificate]:
    """Return a chain from the certificate of this key upwards, and then what doesn't belong to it."""
    own = next((each for each in chain if _public_key(each) == public_key), None)
    if own is None:
        return chain  # a finding of lint
    ordered, others = [own], [each for each in chain if each is not own]
    while above := next((each for each in others if each.subject == ordered[-1].issuer), None):
        ordered.append(above)
        others = [each for each in others if each is not above]
    return [*ordered, *others]


def _holds_key(content: list[pem.Block] | bytes) -> bool:
    if isinstance(content, list):
        return pem.private_block(content) is not None
    return _other_form(content) == _A_KEY


def _swapped() -> DocumentError:
    message = "The fields client_certificate and client_private_key are swapped: each holds the other."
    advice = "Give the certificate in client_certificate, and its key in client_private_key."
    return DocumentError([finding("key_unreadable", message, advice=advice)])


def findings(certificates: str, private_key: str | None, now: float) -> Iterator[Finding]:
    """Yield why a certificate can't be used with its key, or at this time.

    Args:
        certificates: PEM of the certificate, perhaps with its chain.
        private_key: PEM of the key without a passphrase; None if it isn't to be compared.
        now: seconds since 1970.
    """
    try:
        chain = _certificates(list(pem.blocks(certificates)), "client_certificate")
    except DocumentError as error:
        yield from error.findings
        return
    certificate = chain[0]
    moment = dt.datetime.fromtimestamp(now, dt.timezone.utc)
    if certificate.not_valid_after_utc < moment:
        ended = certificate.not_valid_after_utc.date()
        yield finding("client_certificate_expired", f"The client certificate has ended, on {ended}.")
    elif certificate.not_valid_before_utc > moment:
        begins = certificate.not_valid_before_utc.date()
        message = f"The client certificate isn't valid yet: it begins on {begins}."
        yield finding("client_certificate_expired", message, advice="Wait until then, or check the clock.")
    if private_key is None:
        return
    if private_key == certificates and not _holds_key(list(pem.blocks(certificates))):
        yield from _unreadable("client_certificate", *_ALONE).findings
        return
    try:
        belongs = _belong_together(certificate, private_key)
    except DocumentError as error:
        yield from (each for each in error.findings if each.code.name != "key_unsuitable")  # TLS may take it
        return
    if not belongs:
        message = "The private key isn't the key of the client certificate."
        yield finding("key_unsuitable", message, advice="Give the key that the certificate was made for.")


def _belong_together(certificate: Certificate, private_key: str) -> bool:
    return bool(_public_key(certificate) == read_private_key(private_key).key.public_key())


def _public_key(certificate: Certificate) -> object:
    """Return a certificate's key; None for one that can't be read, such as an authority's of a new kind."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few connections have a certificate

    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _content(text: str, name: str) -> list[pem.Block] | bytes:
    content = _of_field(name, lambda: unwrapped(text))
    if isinstance(content, (bytes, list)):
        return content
    if isinstance(content, KeyFile) and content.certificates:
        return list(pem.blocks(f"{content.certificates}\n{content.key}"))
    raise _unreadable(name, "is JSON, and holds no certificate", "Give PEM, or a PKCS#12 file.")


def _certificates(content: list[pem.Block] | bytes, name: str) -> list[Certificate]:
    """Return the certificates in a text, the client's own first."""
    from cryptography import x509  # noqa: PLC0415 - few connections have a certificate

    try:
        if isinstance(content, bytes):
            if other := _other_form(content):
                raise _unreadable(name, *other)
            return [_certificate(content)]
        blocks = [block for block in content if block.label in _CERTIFICATES][:_MOST_CERTIFICATES]
        found = [_certificate(_alone(block.data(Repairs()))) for block in blocks]
    except (ValueError, NotBase64, x509.InvalidVersion):
        raise _unreadable(name, "holds a damaged certificate", _EXPORT) from None
    if not found:
        raise _unreadable(name, *_other_blocks(content))
    return found


def _certificate(data: bytes) -> Certificate:
    """Return a certificate whose names and dates can be read; raises ValueError or InvalidVersion."""
    from cryptography import x509  # noqa: PLC0415 - few connections have a certificate

    certificate = x509.load_der_x509_certificate(data)
    # The library reads these only when somebody asks for them.
    _ = (certificate.subject, certificate.issuer)
    _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return certificate


def _other_blocks(blocks: list[pem.Block]) -> tuple[str, str]:
    """Return what PEM without a certificate holds, and advice."""
    if any(block.label in {"PKCS7", "CMS"} for block in blocks):
        return _A_BUNDLE
    if any(block.label.endswith("CERTIFICATEREQUEST") for block in blocks):
        return _A_REQUEST
    return _A_KEY if pem.private_block(blocks) else ("holds no certificate", _EXPORT)


def _other_form(data: bytes) -> tuple[str, str] | tuple[()]:
    """Return what DER is instead of a certificate, and advice; empty if it may be one."""
    content = data[lengths(data)[0] :]
    if content.startswith(_SIGNED_DATA):
        return _A_BUNDLE
    if content.startswith((b"\x02\x01\x00", b"\x02\x01\x01")):  # the version of each form of a key
        return _A_KEY
    is_request = content[lengths(content)[0] :].startswith(b"\x02\x01\x00")  # RFC 2986 section 4.1
    return _A_REQUEST if content.startswith(b"0") and is_request else ()


def _alone(data: bytes) -> bytes:
    """Return a certificate without the trust that OpenSSL may write behind it."""
    return data[: sum(lengths(data))]


def _of_field(name: str, read: Any) -> Any:  # noqa: ANN401 - objects of cryptography
    """Return what `read` returns; its errors name the field in place of "the private key"."""
    try:
        return read()
    except DocumentError as error:
        found = [
            finding(
                each.code.name,
                each.message.replace("The private key can't be read", f"The field {name} can't be read"),
                advice=each.advice.replace(
                    "Give the passphrase", "Set client_key_passphrase to the passphrase"
                ).replace(", or the key without one", ", or give the key without one"),
            )
            for each in error.findings
        ]
    raise DocumentError(found)  # outside of `except`: the error may hold the content


def _unreadable(name: str, what: str, advice: str) -> DocumentError:
    return DocumentError([finding("key_unreadable", f"The field {name} {what}.", advice=advice)])


def _written(certificates: list[Certificate]) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - few have a certificate

    return "".join(each.public_bytes(Encoding.PEM).decode("ascii") for each in certificates)


def _key_pem(key: Any) -> str:  # noqa: ANN401 - the library's keys have no common class
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - few have a certificate

    pem_text: bytes = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return pem_text.decode("ascii")
