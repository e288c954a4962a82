"""Client certificates with parts that the library under them reads late, or doesn't know."""

from __future__ import annotations

import base64
import datetime as dt
import time
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.nightly import usually
from watchword.errors import DocumentError
from watchword.protocols.binary_text import as_text
from watchword.protocols.jwt.thumbprints import thumbprints
from watchword.protocols.keys import client_certificate as reader

DER = serialization.Encoding.DER
PASSPHRASE = "open-sesame-9"

EC_KEY = bytes.fromhex("06072a8648ce3d0201")
P_256 = bytes.fromhex("06082a8648ce3d030107")


def own_key():
    return ec.derive_private_key(7, ec.SECP256R1())


@cache
def made(name):
    key = own_key() if name == "client" else ec.derive_private_key(9, ec.SECP256R1())
    subject, issuer = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, "authority")
    )
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(start).not_valid_after(start.replace(year=2040))
    return builder.sign(key, hashes.SHA256())


@cache
def bundle():
    form = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2)
    built = form.build(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"n", own_key(), made("client"), [made("authority")], built)


def der(name):
    return made(name).public_bytes(DER)


def pem(data, label="CERTIFICATE"):
    body = base64.encodebytes(data).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n"


@cache
def key_pem():
    form = serialization.PrivateFormat.PKCS8
    return pem(own_key().private_bytes(DER, form, serialization.NoEncryption()), "PRIVATE KEY")


DAMAGES = {
    "a version that doesn't exist": (bytes.fromhex("a003020102"), bytes.fromhex("a00302017f")),
    "a key of an unknown kind": (EC_KEY, bytes.fromhex("06072a8648ce3d0255")),
    "a key on an unknown curve": (P_256, bytes.fromhex("06082a8648ce3d030155")),
    "a key that isn't a point": (bytes.fromhex("03420004"), bytes.fromhex("0342000b")),
    "a name that isn't UTF-8": (b"\x0c\x09authority", b"\x0c\x09\xffuthority"),
    "a name of an unknown type": (b"\x0c\x09authority", b"\x1f\x09authority"),
    "a month that doesn't exist": (b"\x17\x0d260101", b"\x17\x0d261301"),
    "an end that isn't a date": (b"\x17\x0d400101", b"\x17\x0d4001xx"),
}


def is_read(text, key=None, passphrase=None):
    """Read a text in every way in which a certificate is read; return whether it can be used."""
    reader.holds_certificate(text)
    reader.begins_with_authority(text)
    thumbprints(text)
    list(reader.findings(text, key, time.time()))
    try:
        read = reader.read_client_certificate(text, key, passphrase)
    except DocumentError as error:
        assert {each.code.name for each in error.findings} <= {"key_unreadable", "key_unsuitable"}
        return False
    list(reader.findings(read.certificates, read.private_key, time.time()))
    return True


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["client", "authority"])
def test_a_certificate_with_a_part_that_can_not_be_read_is_used_or_a_finding(name, damage):
    """A damaged part is a finding, or left to TLS; the library's own error never comes out."""
    before, after = DAMAGES[damage]
    assert before in der(name)
    damaged = der(name).replace(before, after)
    is_read(pem(damaged), key_pem())
    chain = [damaged, der("authority")] if name == "client" else [der("client"), damaged]
    is_read("".join(map(pem, chain)), key_pem())
    is_read(as_text(damaged), key_pem())


@pytest.mark.parametrize("damage", ["a key of an unknown kind", "a key on an unknown curve"])
def test_an_authority_with_a_key_of_a_new_kind_does_not_stop_its_client(damage):
    """A chain may hold authorities whose keys aren't known here: only the client's own key has to be read."""
    authority = der("authority").replace(*DAMAGES[damage])
    chain = pem(authority) + pem(der("client"))
    assert is_read(chain, key_pem())
    read = reader.read_client_certificate(chain, key_pem(), None)
    assert read.certificates.startswith(made("client").public_bytes(serialization.Encoding.PEM).decode())


@settings(max_examples=usually(500, 10_000))
@given(
    st.sampled_from(["client", "authority", "bundle"]),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 3), st.binary(max_size=3)), max_size=3),
    st.sampled_from([None, PASSPHRASE]),
)
def test_any_damage_to_a_certificate_ends_in_a_finding_or_in_its_use(what, damages, passphrase):
    """Whatever bytes of a certificate, a chain or a PKCS#12 file are changed, only typed errors come out."""
    data = bundle() if what == "bundle" else der(what)
    for position, removed, put in damages:
        at = position % len(data)
        data = data[:at] + put + data[at + removed :]
    if what == "bundle":
        is_read(as_text(data), None, passphrase)
    else:
        is_read(pem(data) + pem(der("authority")), key_pem(), passphrase)
        is_read(as_text(data), key_pem(), passphrase)
