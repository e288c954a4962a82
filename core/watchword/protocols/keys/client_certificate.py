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
from watchword.protocols.keys.reading import read_private_key, unwrapped
from watchword.protocols.keys.repair import NotBase64, Repairs
from watchword.redact import NeverPickled

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_CERTIFICATES = ("CERTIFICATE", "X509CERTIFICATE", "TRUSTEDCERTIFICATE")
_MOST_CERTIFICATES = 20
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
    chain = _certificates(with_certificate, name)
    key = private_key or whole
    key_name = "client_private_key" if private_key else name
    read = _of_field(key_name, lambda: read_private_key(key, passphrase))
    return ClientCertificate(_written(chain), _key_pem(read.key))


def holds_certificate(text: str) -> bool:
    """Return whether a text holds a certificate, or is a PKCS#12 file; raises no error."""
    try:
        content = unwrapped(text)
    except DocumentError:
        return False
    if isinstance(content, list):
        return any(block.label in _CERTIFICATES for block in content)
    return isinstance(content, bytes) and pkcs12.is_pkcs12(content)


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
    try:
        belongs = _belong_together(certificate, private_key)
    except DocumentError as error:
        yield from (each for each in error.findings if each.code.name != "key_unsuitable")  # TLS may take it
        return
    if not belongs:
        message = "The private key isn't the key of the client certificate."
        advice = (
            "Give the key that the certificate was made for; if there is a chain, its own certificate first."
        )
        yield finding("key_unsuitable", message, advice=advice)


def _belong_together(certificate: Certificate, private_key: str) -> bool:
    return bool(certificate.public_key() == read_private_key(private_key).key.public_key())


def _content(text: str, name: str) -> list[pem.Block] | bytes:
    content = _of_field(name, lambda: unwrapped(text))
    if isinstance(content, (bytes, list)):
        return content
    raise _unreadable(name, "is JSON, and holds no certificate", "Give PEM, or a PKCS#12 file.")


def _certificates(content: list[pem.Block] | bytes, name: str) -> list[Certificate]:
    """Return the certificates in a text, the client's own first."""
    from cryptography import x509  # noqa: PLC0415 - few connections have a certificate

    try:
        if isinstance(content, bytes):
            return [x509.load_der_x509_certificate(content)]
        blocks = [block for block in content if block.label in _CERTIFICATES][:_MOST_CERTIFICATES]
        found = [x509.load_der_x509_certificate(_alone(block.data(Repairs()))) for block in blocks]
    except (ValueError, NotBase64):
        raise _unreadable(name, "holds a damaged certificate", _EXPORT) from None
    if not found:
        what = "holds no certificate"
        if any(block.label in {"PKCS7", "CMS"} for block in content):
            what = "is a bundle of certificates in PKCS#7"
        raise _unreadable(
            name, what, "Convert it: openssl pkcs7 -print_certs -in FILE; or give PEM or PKCS#12."
        )
    return found


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
                ),
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
