"""PKCS#12 in BER, in which lengths are left out, as some Java libraries, Windows and Firefox write it."""

from __future__ import annotations

import warnings
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.protocols.keys.test_other_files import PASSPHRASE, in_pkcs12
from tests.support.nightly import usually
from watchword.errors import DocumentError
from watchword.protocols.binary_text import as_text
from watchword.protocols.keys import read_private_key
from watchword.protocols.keys.client_certificate import read_client_certificate
from watchword.protocols.keys.der import NotDer, children, definite, header

CONSTRUCTED, OCTETS = 0x20, 0x04


def encoded(tag, content):
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def in_ber(data, piece=0):
    """Return DER without lengths; `piece` cuts long OCTET STRINGs into pieces of so many bytes."""
    value = header(data, 0)
    content = value.content(data)
    if value.tag & CONSTRUCTED:
        parts = [data[child_start : child.end] for child_start, child in with_starts(data, value)]
        return bytes([value.tag, 0x80]) + b"".join(in_ber(part, piece) for part in parts) + b"\0\0"
    if piece and value.tag == OCTETS and len(content) > piece:
        pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
        return b"\x24\x80" + b"".join(encoded(OCTETS, each) for each in pieces) + b"\0\0"
    return data


def with_starts(data, value):
    at = value.start
    for child in children(data, value):
        yield at, child
        at = child.end


@cache
def original(*, old=False):
    return in_pkcs12(old=old)


def without_signature_in_ber():
    """Return a file whose inner values have no lengths either; no signature covers them."""
    data = original()
    version, content, _ = children(data, header(data, 0))
    kind, wrapped = children(data, content)
    octets = next(children(data, wrapped))
    inner = encoded(0xA0, encoded(OCTETS, in_ber(octets.content(data))))
    oid = encoded(0x06, kind.content(data))
    return in_ber(encoded(0x30, encoded(0x02, version.content(data)) + encoded(0x30, oid + inner)), 1000)


@cache
def files():
    return {
        "PBES2, without lengths": in_ber(original()),
        "PBES2, strings in pieces of 1000 bytes": in_ber(original(), 1000),
        "PBES2, strings in pieces of 7 bytes": in_ber(original(), 7),
        "3DES, without lengths": in_ber(original(old=True)),
        "3DES, strings in pieces": in_ber(original(old=True), 512),
        "BER inside too": without_signature_in_ber(),
    }


NAMES = (
    "PBES2, without lengths",
    "PBES2, strings in pieces of 1000 bytes",
    "PBES2, strings in pieces of 7 bytes",
    "3DES, without lengths",
    "3DES, strings in pieces",
    "BER inside too",
)


@pytest.mark.parametrize("name", NAMES)
def test_ber_is_read_like_der(name):
    """Key and certificate of each form are those of the file in DER, and no library warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = read_client_certificate(as_text(files()[name]), None, PASSPHRASE)
    assert read == read_client_certificate(as_text(original(old="3DES" in name)), None, PASSPHRASE)
    assert read_private_key(as_text(files()[name]), PASSPHRASE).key is not None


def test_ber_becomes_the_der_that_it_was():
    """What is written without lengths and in pieces is the former DER again, byte by byte."""
    for data in (in_pkcs12(), in_pkcs12(old=True)):
        assert definite(in_ber(data, 100)) == data
        assert definite(data) == data


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_passphrase_of_ber_is_told(name):
    """BER is opened by its passphrase alone, like DER."""
    with pytest.raises(DocumentError, match="passphrase"):
        read_private_key(as_text(files()[name]), "wr0ng")


def test_a_cut_file_says_what_to_do():
    """BER that is cut off is told so, with the exact command that writes a new file."""
    data = files()["PBES2, without lengths"]
    with pytest.raises(DocumentError, match=r"in BER that is cut off or damaged.*openssl pkcs12 -export"):
        read_private_key(as_text(data[:-40]), PASSPHRASE)


def test_much_work_is_found_in_ber_too():
    """A file that demands too many rounds is refused before its passphrase is tried, in BER too."""
    data = original()
    (at, version), (_, content), (_, mac) = with_starts(data, header(data, 0))
    hashed, salt, *_ = (data[start : child.end] for start, child in with_starts(data, mac))
    rounds = encoded(0x30, hashed + salt + encoded(0x02, b"\x7f\xff\xff\xff"))
    many = encoded(0x30, data[at : content.end] + rounds)
    assert version.end < content.end
    with pytest.raises(DocumentError, match="demands more work"):
        read_private_key(as_text(in_ber(many)), PASSPHRASE)


@pytest.mark.timeout(usually(120, 1_200))
@settings(max_examples=usually(500, 10_000), deadline=None)
@given(
    st.binary(max_size=300)
    | st.lists(
        st.sampled_from([b"\x30\x80", b"\x24\x80", b"\x04\x02ab", b"\0\0", b"\x30\x03"]), max_size=60
    ).map(b"".join)
)
def test_any_bytes_are_ber_or_not(data):
    """Any bytes are one value in BER, which has a definite length then, or no BER."""
    for inside in (False, True):
        try:
            found = definite(data, inside=inside)
        except NotDer:
            continue
        assert header(found, 0).end == len(found)
