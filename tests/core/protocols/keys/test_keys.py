"""Read private keys and HMAC secrets from texts that forms, shells and people have bent."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from datetime import datetime, timezone
from functools import cache, partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.support.nightly import usually
from watchword.errors import DocumentError
from watchword.protocols.keys import read_private_key, read_secret

PASSPHRASE = "pass phrase ü"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
OPENSSH = serialization.PrivateFormat.OpenSSH
OPEN = serialization.NoEncryption()
LOCKED = serialization.BestAvailableEncryption(PASSPHRASE.encode())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
JWKS = {"rsa": RSAAlgorithm, "ec": ECAlgorithm, "ed": OKPAlgorithm}


@cache
def key(kind):
    """Make one key of each kind for the whole run; the RSA key is short, since each reading validates it."""
    return {
        "rsa": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - signs for this test alone
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ed": ed25519.Ed25519PrivateKey.generate,
    }[kind]()


@cache
def written(kind, form=PKCS8, locked=OPEN):
    return key(kind).private_bytes(PEM, form, locked).decode()


def jwk(kind):
    return JWKS[kind].to_jwk(key(kind), as_dict=True)


def public_jwk(kind):
    return JWKS[kind].to_jwk(key(kind).public_key(), as_dict=True)


def block(label, dashes="-----"):
    return f"{dashes}BEGIN {label}{dashes[::-1]}\naGVsbG8=\n{dashes}END {label}{dashes[::-1]}"


def bent(kind, bend):
    """Return a PEM whose body is bent, while its BEGIN and END lines stay."""
    begin, *lines, end = written(kind).splitlines()
    return "\n".join([begin, bend("\n".join(lines)), end])


def verifies(private, kind):
    """Return whether the public half of the written key verifies a signature of the key that was read."""
    how = {"rsa": (padding.PKCS1v15(), hashes.SHA256()), "ec": (ec.ECDSA(hashes.SHA256()),), "ed": ()}[kind]
    key(kind).public_key().verify(private.sign(b"signed", *how), b"signed", *how)
    return True


FORMS = {
    "RSA PKCS#1": ("rsa", TRADITIONAL, OPEN),
    "RSA PKCS#8": ("rsa", PKCS8, OPEN),
    "RSA PKCS#1 encrypted": ("rsa", TRADITIONAL, LOCKED),
    "RSA PKCS#8 encrypted": ("rsa", PKCS8, LOCKED),
    "RSA OpenSSH": ("rsa", OPENSSH, OPEN),
    "EC SEC1": ("ec", TRADITIONAL, OPEN),
    "EC PKCS#8": ("ec", PKCS8, OPEN),
    "EC SEC1 encrypted": ("ec", TRADITIONAL, LOCKED),
    "Ed25519": ("ed", PKCS8, OPEN),
    "Ed25519 encrypted": ("ed", PKCS8, LOCKED),
}


def body(pem):
    return "".join(line for line in pem.splitlines() if "-" not in line)


def b64(text):
    return base64.b64encode(text.encode()).decode()


AS_IT_IS = {
    "as written": lambda pem: pem,
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "no final newline": str.strip,
    "text around it": lambda pem: f"Bag Attributes\n    friendlyName: key\n{pem}\nregards, the provider\n",
    "a certificate below it": lambda pem: pem + certificate(),
    "base64 of PEM": b64,
}
MENDED = {
    "escaped breaks": (lambda pem: pem.replace("\n", "\\n"), "escaped line breaks"),
    "escaped twice": (lambda pem: pem.replace("\n", "\\\\n"), "escaped line breaks"),
    "escaped CRLF": (lambda pem: pem.replace("\n", "\\r\\n"), "escaped line breaks"),
    "escaped CRLF twice": (lambda pem: pem.replace("\n", "\\\\r\\\\n"), "escaped line breaks"),
    "continued lines": (lambda pem: pem.replace("\n", "\\\n"), "escaped line breaks"),
    "escaped slashes": (lambda pem: pem.replace("/", "\\/") + "\\n", "escaped line breaks"),
    "blanks for breaks": (lambda pem: pem.replace("\n", " "), "line breaks and blanks"),
    "one line": (lambda pem: pem.replace("\n", ""), "line breaks and blanks"),
    "no blanks at all": (lambda pem: "".join(pem.split()), "line breaks and blanks"),
    "lone CR": (lambda pem: pem.replace("\n", "\r"), "line breaks and blanks"),
    "empty lines": (lambda pem: pem.replace("\n", "\n\n"), "line breaks and blanks"),
    "indented": (lambda pem: pem.replace("\n", "\n    "), "line breaks and blanks"),
    "tabs": (lambda pem: pem.replace("\n", "\t\n\t"), "line breaks and blanks"),
    "no-break spaces": (lambda pem: pem.replace("\n", "\u00a0\n"), "line breaks and blanks"),
    "four dashes": (lambda pem: pem.replace("-----", "----"), "line breaks and blanks"),
    "six dashes": (lambda pem: pem.replace("-----", "------"), "line breaks and blanks"),
    "long dashes": (lambda pem: pem.replace("-----", "\u2014\u2013\u2014"), "line breaks and blanks"),
    "byte order mark": (lambda pem: "\ufeff" + pem, "invisible characters"),
    "zero width": (lambda pem: pem.replace("\n", "\n\u200b"), "invisible characters"),
    "double quotes": (lambda pem: f'"{pem}"', "quotes"),
    "single quotes": (lambda pem: f"'{pem}'", "quotes"),
    "a JSON string": (json.dumps, "quotes"),
    "percent-encoded": (lambda pem: pem.replace("\n", "%0A").replace("+", "%2B"), "percent-encoding"),
    "no BEGIN line": (lambda pem: pem.split("\n", 1)[1], "a lost BEGIN or END line"),
    "no END line": (lambda pem: pem.rstrip().rsplit("\n", 1)[0], "a lost BEGIN or END line"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", AS_IT_IS)
def test_a_key_as_it_was_given_needs_no_repair(way, form):
    """A text that any reader of PEM accepts is read without a repair."""
    kind, *how = FORMS[form]
    found = read_private_key(AS_IT_IS[way](written(kind, *how)), PASSPHRASE)
    assert found.repaired == ()
    assert verifies(found.key, kind)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", MENDED)
def test_a_bent_key_is_mended_and_signs(way, form):
    """Each of 250 bent keys is read, the repair is named, and the public key verifies its signature."""
    kind, *how = FORMS[form]
    bend, word = MENDED[way]
    found = read_private_key(bend(written(kind, *how)), PASSPHRASE)
    assert word in found.repaired
    assert verifies(found.key, kind)


@pytest.mark.parametrize("form", [form for form in FORMS if "encrypted" not in form])
def test_a_key_whose_backslashes_a_shell_has_eaten_is_mended(form):
    """A letter n left of each line break is told from base64, since all keys begin alike."""
    kind, *how = FORMS[form]
    found = read_private_key(written(kind, *how).replace("\n", "n"))
    assert "escaped line breaks" in found.repaired
    assert verifies(found.key, kind)


def test_missing_padding_is_added():
    """A body without its equals signs is read."""
    text = next(pem for pem in (written(*how) for how in FORMS.values() if how[2] is OPEN) if "=" in pem)
    assert read_private_key(text.replace("=", "")).repaired == ("padding",)


@pytest.mark.parametrize("kind", JWKS)
@pytest.mark.parametrize(
    "encode", [base64.b64encode, base64.urlsafe_b64encode, lambda der: der.hex().encode()]
)
def test_der_is_read_in_base64_and_hexadecimal(kind, encode):
    """DER is read without BEGIN and END lines, in each encoding as text."""
    der = key(kind).private_bytes(DER, PKCS8, OPEN)
    assert verifies(read_private_key(encode(der).decode().rstrip("=")).key, kind)


@pytest.mark.parametrize("kind", JWKS)
@pytest.mark.parametrize(
    "wrap",
    [
        json.dumps,
        lambda jwk: json.dumps(jwk, indent=2).replace("\n", "\r\n"),
        lambda jwk: json.dumps(json.dumps(jwk)),
        lambda jwk: json.dumps(jwk).replace('"', '\\"'),
        lambda jwk: b64(json.dumps(jwk)),
        lambda jwk: json.dumps({"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}, jwk]}),
        lambda jwk: json.dumps({name: value for name, value in jwk.items() if name not in {"p", "q"}}),
        lambda jwk: json.dumps({name: value for name, value in jwk.items() if name not in {"x", "y"}}),
    ],
)
def test_jwks_are_read(kind, wrap):
    """A JWK is read alone, in a set, quoted, escaped or in base64, and without the members to compute."""
    assert verifies(read_private_key(wrap(jwk(kind))).key, kind)


def test_a_service_account_s_file_is_read():
    """The PEM in the JSON file of a service account is read."""
    text = json.dumps({"type": "service_account", "private_key_id": "1", "private_key": written("rsa")})
    assert verifies(read_private_key(text).key, "rsa")


def test_a_passphrase_that_is_not_needed_is_ignored():
    """A passphrase is ignored if the key isn't encrypted."""
    assert read_private_key(written("ec"), "useless").repaired == ()


@cache
def request():
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
    return builder.sign(key("ec"), hashes.SHA256()).public_bytes(PEM).decode()


@cache
def certificate():
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    builder = x509.CertificateBuilder(NAME, NAME, key("ec").public_key(), 1, start, start.replace(year=2036))
    return builder.sign(key("ec"), hashes.SHA256()).public_bytes(PEM).decode()


def public(kind, encoding=PEM, form=serialization.PublicFormat.SubjectPublicKeyInfo):
    return key(kind).public_key().public_bytes(encoding, form).decode("latin-1")


def other(made):
    return made.private_bytes(PEM, PKCS8, OPEN).decode()


def in_pkcs12_alone():
    made = x509.load_pem_x509_certificate(certificate().encode())
    return base64.b64encode(pkcs12.serialize_key_and_certificates(b"k", None, made, None, OPEN)).decode()


REASONS = {
    "empty": (lambda: "", "it is empty"),
    "blank": (lambda: " \n\ufeff", "it is empty"),
    "a password": (lambda: "correct horse battery staple", "some other text"),
    "a path": (lambda: "/etc/keys/signing.pem", "path of a file"),
    "a Windows path": (lambda: r"C:\keys\new\signing.key", "path of a file"),
    "a relative path": (lambda: "signing.p8", "path of a file"),
    "public PEM": (lambda: public("rsa"), "a public key"),
    "public PKCS#1": (lambda: public("rsa", form=serialization.PublicFormat.PKCS1), "a public key"),
    "public DER": (lambda: body(public("ec")), "a public key"),
    "public JWK": (lambda: json.dumps(public_jwk("ec")), "a public JWK"),
    "public JWKs": (lambda: json.dumps({"keys": [public_jwk("ec")]}), "without a private one"),
    "two JWKs": (lambda: json.dumps({"keys": [jwk("ec"), jwk("rsa")]}), "a set of 2 private keys"),
    "public OpenSSH": (
        lambda: public("ed", serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH),
        "a public key of OpenSSH",
    ),
    "certificate": (certificate, "a certificate"),
    "certificate DER": (lambda: body(certificate()), "a certificate"),
    "certificate request": (request, "a certificate request"),
    "certificate request DER": (lambda: body(request()), "a certificate request"),
    "PKCS#12 without a key": (in_pkcs12_alone, r"a PKCS#12 file without a private key"),
    "PGP": (lambda: block("PGP PRIVATE KEY BLOCK"), "a PGP key"),
    "PuTTY": (lambda: "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n", "a PuTTY key"),
    "ssh.com": (
        lambda: block("SSH2 ENCRYPTED PRIVATE KEY", "---- "),
        "an SSH2 key",
    ),
    "parameters": (lambda: block("EC PARAMETERS"), "parameters"),
    "cut off": (lambda: written("rsa")[:400], r"cut off, at \d+ of \d+ bytes"),
    "cut off with its END line": (lambda: bent("rsa", lambda text: text[:300]), "cut off"),
    "cut off in base64": (lambda: body(written("ec"))[:60], "cut off"),
    "a character lost": (lambda: bent("rsa", lambda text: text[:100] + text[101:]), "cut off|damaged"),
    "characters of no base64": (lambda: bent("rsa", lambda text: text.replace("A", "*")), "none of base64"),
    "too short by three": (lambda: bent("ec", lambda text: text[:98]), "lost or added"),
    "damaged": (lambda: bent("rsa", lambda text: text[:200] + text[200:300][::-1] + text[300:]), "damaged"),
    "damaged JWK": (lambda: json.dumps(jwk("rsa") | {"q": "AQAB"}), "do not fit together"),
    "mixed JWK": (lambda: json.dumps(jwk("ed") | {"x": "A" * 43}), "do not fit together"),
    "JWK without a member": (lambda: json.dumps(jwk("rsa") | {"n": 5}), "without the member n"),
    "JWK with a damaged member": (lambda: json.dumps(jwk("ec") | {"d": "*"}), "its member d is damaged"),
    "JWK of a strange kind": (lambda: '{"kty": "AKP", "d": "AQ"}', "whose kty is not known"),
    "JWK of a strange curve": (lambda: json.dumps(jwk("ec") | {"crv": "P-192"}), "curve that is not known"),
    "X25519 JWK": (lambda: json.dumps(jwk("ed") | {"crv": "X25519"}), "signs nothing"),
    "symmetric JWK": (lambda: '{"kty": "oct", "k": "c2VjcmV0"}', "an HMAC secret"),
    "cut JSON": (lambda: json.dumps(jwk("ec"))[:-10], "begins like JSON"),
    "other JSON": (lambda: '{"a": 1}', "neither a JWK"),
    "behind its end": (lambda: body(written("ec")) + "AAAA", "3 bytes behind its end"),
    "no key at all": (lambda: block("PRIVATE KEY"), "does not begin like one"),
    "a strange block": (lambda: block("GREETING"), "names no private key"),
    "far too long": (lambda: "-----BEGIN PRIVATE KEY-----" + "MIIE" * 4000, "longer than any key"),
    "JWK far too long": (lambda: json.dumps(jwk("rsa") | {"n": "AQAB" * 1000}), "longer than in any key"),
    "a short initial vector": (
        lambda: re.sub("(DEK-Info: [A-Z0-9-]+,.{16}).*", r"\1", written("ec", TRADITIONAL, LOCKED)),
        "none of base64",
    ),
    "locked": (lambda: written("ec", PKCS8, LOCKED), "there is no passphrase"),
    "locked by OpenSSL": (lambda: written("ec", TRADITIONAL, LOCKED), "there is no passphrase"),
}


@pytest.mark.parametrize("case", REASONS)
def test_what_is_no_private_key_is_named(case):
    """Each thing that is pasted instead of a private key, and each damage, has its own message and advice."""
    text, reason = REASONS[case][0](), REASONS[case][1]
    with pytest.raises(DocumentError, match=reason) as error:
        read_private_key(text)
    assert error.value.code == "key_unreadable"
    assert error.value.__cause__ is None
    assert error.value.findings[0].advice
    assert not any(line in str(error.value) for line in text.split() if len(line) > 8 and "PuTTY" not in line)


@pytest.mark.parametrize("form", [PKCS8, TRADITIONAL])
def test_a_wrong_passphrase_is_named(form):
    """A passphrase that does not open the key is told from a damaged key, and not shown."""
    with pytest.raises(DocumentError, match="the passphrase does not open it") as error:
        read_private_key(written("rsa", form, LOCKED), "s3cret-guess")
    assert "s3cret" not in str(error.value)


GREEDY = (
    "MIH0ME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBARzYWx0AgYBAAAAAAACAQgCAQEwHQYJYIZIAWUDBAEqBB"
    "BpaWlpaWlpaWlpaWlpaWlpBIGgeHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eH"
    "h4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eA=="
)
"""DER of PKCS#8, encrypted by a key that scrypt would need 2**50 bytes to derive, and then 160 times an x."""


def test_a_key_that_asks_for_too_much_is_refused():
    """A key derivation that no machine can compute is refused before it begins."""
    with pytest.raises(DocumentError, match="demands more work"):
        read_private_key(GREEDY, PASSPHRASE)


@pytest.mark.parametrize(
    "make", [x25519.X25519PrivateKey.generate, partial(dsa.generate_private_key, 2048)], ids=["X25519", "DSA"]
)
def test_a_key_of_a_kind_that_signs_nothing_here_is_unsuitable(make):
    """A valid key of a kind that signs nothing here is reported as unsuitable, with its kind."""
    with pytest.raises(DocumentError, match=r"kind (X25519|DSA)") as error:
        read_private_key(other(make()))
    assert error.value.code == "key_unsuitable"


def test_ed448_is_read():
    """A key on Ed448 is read: RFC 8037 has two curves that sign."""
    made = ed448.Ed448PrivateKey.generate()
    found = read_private_key(other(made))
    assert (found.kind, found.key.public_key()) == ("OKP", made.public_key())


def test_a_private_key_shows_nothing():
    """The repr of a private key shows only its kind and its repairs."""
    found = read_private_key(written("ec").replace("\n", "\\n"))
    assert repr(found) == "PrivateKey(kind='EC', repaired=('escaped line breaks',))"


@pytest.mark.parametrize(
    ("text", "encoding", "secret"),
    [
        ("s3cret ü ", "utf8", "s3cret ü ".encode()),
        ("c3+/ZXQ=", "base64", b"s\x7f\xbfet"),
        ("c3-_ZXQ", "base64", b"s\x7f\xbfet"),
        ("c3-_ZXQ", "base64url", b"s\x7f\xbfet"),
        (" c3+/\nZXQ= ", "base64url", b"s\x7f\xbfet"),
        ("nMxxnMxx", "base64", base64.b64decode("nMxxnMxx")),
        ("00:ff 10", "hex", b"\x00\xff\x10"),
        ("00:ff:\n10:AA\n", "hex", b"\x00\xff\x10\xaa"),
        ('{"kty": "oct", "k": "c2VjcmV0"}', "utf8", b"secret"),
        ('{"kty": "oct", "k": "c2VjcmV0"}', "hex", b"secret"),
        ('{"not": "a key"}', "utf8", b'{"not": "a key"}'),
        ("a\udcffb", "utf8", b"a\xffb"),
    ],
)
def test_hmac_secrets_become_bytes(text, encoding, secret):
    """A secret is read as plain text, decoded, or read from a JWK."""
    assert read_secret(text, encoding) == secret


@pytest.mark.parametrize(
    ("text", "encoding", "code"),
    [
        ("", "utf8", "key_unreadable"),
        ("  ", "base64", "key_unreadable"),
        ("s3cret!", "base64", "key_unreadable"),
        ("abcde", "base64", "key_unreadable"),
        ("s3cret", "hex", "key_unreadable"),
        ("abc", "hex", "key_unreadable"),
        ("64f0c1aa:00ff10", "hex", "key_unreadable"),
        ("64f0c1aa: 00ff10", "hex", "key_unreadable"),
        ("00ff:10aa", "hex", "key_unreadable"),
        ("\ud800", "utf8", "key_unreadable"),
        ('{"kty": "oct"}', "utf8", "key_unreadable"),
        ('{"kty": "oct", "k":', "utf8", "key_unreadable"),
        ('{"kty": "EC", "d": "AQ"}', "utf8", "key_unsuitable"),
        ('{"private_key": "-----BEGIN"}', "utf8", "key_unsuitable"),
        ("-----BEGIN PUBLIC KEY-----\\nMIIB", "utf8", "key_unsuitable"),
    ],
)
def test_what_is_no_hmac_secret_is_a_finding(text, encoding, code):
    """A secret in another encoding, or a key of another kind, is refused without showing any of it."""
    with pytest.raises(DocumentError) as error:
        read_secret(text, encoding)
    assert error.value.code == code
    assert "s3cret" not in str(error.value)


TEXTS = (
    st.text(max_size=300)
    | st.binary(max_size=300).map(lambda data: data.decode("latin-1"))
    | st.binary(max_size=200).map(lambda data: base64.b64encode(b"0" + data).decode())
    | st.text(alphabet='-—BEGINDPRIVATKY \\n"{}:=+/AM0', max_size=200)
    | st.dictionaries(
        st.sampled_from(["kty", "crv", "k", "d", "n", "e", "p", "q", "x", "y", "keys", "private_key", "oth"]),
        st.sampled_from(["RSA", "EC", "OKP", "oct", "P-256", "Ed25519", "AQAB", "AA", "", 1, None, [], [{}]])
        | st.text(),
    ).map(json.dumps)
)


@settings(max_examples=usually(500, 10_000))
@given(TEXTS, st.none() | st.text(max_size=20))
def test_any_text_as_a_key_ends_in_a_finding_or_a_key(text, passphrase):
    """Any text is read as a key or refused with a typed error."""
    try:
        assert read_private_key(text, passphrase).kind in {"RSA", "EC", "OKP"}
    except DocumentError as error:
        assert error.code in {"key_unreadable", "key_unsuitable"}


@settings(max_examples=usually(500, 10_000))
@given(
    st.sampled_from(["EC SEC1", "EC PKCS#8", "Ed25519", "RSA PKCS#8", "RSA OpenSSH", "EC SEC1 encrypted"]),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3), st.text(max_size=3)), max_size=3),
)
def test_a_damaged_key_is_read_or_explained_without_showing_any_of_it(form, damages):
    """With characters replaced, lost or added, a key is read or refused without showing any part of it."""
    kind, *how = FORMS[form]
    text = whole = written(kind, *how)
    for position, length, put in damages:
        at = position % len(text)
        text = text[:at] + put + text[at + length :]
    try:
        read_private_key(text, PASSPHRASE)
    except DocumentError as error:
        secret, told = body(whole), str(error)
        assert not any(secret[start : start + 8] in told for start in range(len(secret) - 8))


@pytest.mark.timeout(120)
def test_no_text_hangs():
    """Texts that are hard for regular expressions are refused in time."""
    slow = ["-" * 100_000, "-----BEGIN " * 10_000, "-----END " * 10_000, "\\" * 100_000, " " * 100_000 + "x"]
    slow += ["-----BEGIN PRIVATE KEY-----" + "Proc-Type: 4,ENCRYPTED " * 5_000, "n" * 100_000, "nM" * 50_000]
    for text in slow:
        with pytest.raises(DocumentError):
            read_private_key(text)


def test_the_module_is_light_until_a_key_is_read():
    """Importing the reader loads no cryptography."""
    code = "import sys, watchword.protocols.keys; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_of_several_private_keys_is_used_and_said():
    """A file may have a key of each kind; the same key twice, or a key beside its certificate, is one."""
    both = read_private_key(f"{written('ec')}\n{written('rsa')}")
    assert (both.kind, both.repaired) == ("EC", ("several private keys, of which the first is used",))
    assert read_private_key(f"{written('ec')}\n{written('ec')}").repaired == ()
