"""Read keys from the files that providers, ssh-keygen and OpenSSL write."""

from __future__ import annotations

import base64
import json
import subprocess
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.errors import DocumentError
from watchword.protocols.binary_text import as_text
from watchword.protocols.keys import read_key_file, read_private_key, read_secret
from watchword.validation.decoys.keys import decoy_certificate

PASSPHRASE = "open-sesame-9"
PKCS8 = serialization.PrivateFormat.PKCS8
LOCKED = serialization.BestAvailableEncryption(PASSPHRASE.encode())


@cache
def rsa_key():
    return rsa.generate_private_key(65537, 1024)  # noqa: S505 - signs for this test alone


@cache
def pem(*, locked=False):
    protection = LOCKED if locked else serialization.NoEncryption()
    return rsa_key().private_bytes(serialization.Encoding.PEM, PKCS8, protection).decode()


@cache
def in_pkcs12(passphrase=PASSPHRASE, old=False):  # noqa: FBT002 - a parameter of a test's helper
    certificate, key = decoy_certificate()
    form = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2)
    if old:
        form = form.key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC).hmac_hash(hashes.SHA1())  # noqa: S303
    return pkcs12.serialize_key_and_certificates(
        b"\xc3\xbc",
        serialization.load_pem_private_key(key.encode(), None),
        x509.load_pem_x509_certificate(certificate.encode()),
        None,
        form.build(passphrase.encode()) if passphrase else serialization.NoEncryption(),
    )


GOOGLE = {
    "type": "service_account",
    "project_id": "p",
    "private_key_id": "kid-1",
    "client_email": "robot@p.iam.gserviceaccount.com",
    "client_id": "1234",
    "token_uri": "https://oauth2.googleapis.com/token",
}


def box(**more):
    app = {"publicKeyID": "kid-1", "privateKey": pem(locked=True), "passphrase": PASSPHRASE}
    settings = {"clientID": "boxc", "clientSecret": "sec", "appAuth": app}
    return {"boxAppSettings": settings, "enterpriseID": "801", **more}


# The JSON files of providers: the file, and what it says beside the key.
FILES = {
    "Google": (lambda: GOOGLE | {"private_key": pem()}, ("Google", "kid-1", GOOGLE["client_email"], "")),
    "Google, without a universe": (
        lambda: {"client_email": "a@b", "private_key": pem()},
        ("Google", "", "a@b", ""),
    ),
    "Firebase": (
        lambda: GOOGLE | {"private_key": pem(), "universe_domain": "googleapis.com"},
        ("Google", "kid-1", GOOGLE["client_email"], ""),
    ),
    "Box": (box, ("Box", "kid-1", "boxc", "801")),
    "Box, for a user": (lambda: box(userID="77"), ("Box", "kid-1", "boxc", "77")),
    "Box, the inner part": (lambda: box()["boxAppSettings"], ("Box", "kid-1", "boxc", "")),
    "Box, a number": (lambda: box(enterpriseID=801), ("Box", "kid-1", "boxc", "801")),
    "Yandex Cloud": (
        lambda: {
            "id": "aje",
            "service_account_id": "ajeg",
            "private_key": f"PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <aje>\n{pem()}",
        },
        ("Yandex Cloud", "aje", "ajeg", ""),
    ),
    "ZITADEL, a service user": (
        lambda: {"type": "serviceaccount", "keyId": "kid-1", "key": pem(), "userId": "u1"},
        ("ZITADEL", "kid-1", "u1", "u1"),
    ),
    "ZITADEL, an application": (
        lambda: {"type": "application", "keyId": "kid-1", "key": pem(), "appId": "a", "clientId": "c"},
        ("ZITADEL", "kid-1", "", ""),
    ),
    "STACKIT": (
        lambda: {
            "id": "1",
            "publicKey": "-----BEGIN PUBLIC KEY-----",
            "credentials": {
                "kid": "kid-1",
                "iss": "sa@sa.stackit.cloud",
                "sub": "uuid",
                "privateKey": pem(),
            },
        },
        ("STACKIT", "kid-1", "sa@sa.stackit.cloud", "uuid"),
    ),
    "SAP BTP, a service key": (
        lambda: {
            "clientid": "sb",
            "certificate": "-----BEGIN CERTIFICATE-----",
            "key": pem(),
            "certurl": "https://x",
        },
        ("", "", "", ""),
    ),
    "Vault's answer": (
        lambda: {"data": {"data": {"pem": pem()}, "metadata": {"version": 1}}},
        ("", "", "", ""),
    ),
    "any other": (lambda: {"private_key": pem()}, ("", "", "", "")),
}

# What happens to a file on its way into a field.
WAYS = {
    "as it is": lambda text: text,
    "a byte order mark": lambda text: "\ufeff" + text,
    "encoded twice": json.dumps,
    "with escaped quotes": lambda text: text.replace('"', '\\"'),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64 with a byte order mark": lambda text: base64.b64encode(text.encode("utf-8-sig")).decode(),
    "in single quotes": lambda text: f"'{text}'",
    "breaks as text": lambda text: text.replace("\\n", "\\\\n"),
    "real breaks": lambda text: text.replace("\\n", "\n"),
    "CRLF": lambda text: text.replace("\\n", "\\r\\n"),
    "Unicode of Windows": lambda text: as_text(text.encode("utf-16")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FILES)
def test_the_key_in_a_provider_s_file_is_read(name, way):
    """The key, and what stands beside it, is read from each provider's file, however it was copied."""
    text = WAYS[way](json.dumps(FILES[name][0]()))
    assert read_private_key(text).key.public_key() == rsa_key().public_key()
    file = read_key_file(text)
    assert (file.provider, file.key_id, file.issuer, file.subject) == FILES[name][1]


def ssh_key(tmp_path, kind, *more):
    path = tmp_path / "key"
    bits = ["-b", "2048"] if kind == "rsa" else []
    command = ["ssh-keygen", "-q", "-t", kind, *bits, "-N", PASSPHRASE, "-f", str(path), *more]
    subprocess.run(command, check=True, capture_output=True)
    return path.read_text()


@pytest.mark.parametrize(("kind", "read"), [("rsa", "RSA"), ("ecdsa", "EC"), ("ed25519", "OKP")])
def test_a_locked_key_of_ssh_keygen_is_read(tmp_path, kind, read):
    """ssh-keygen's default form is read with its passphrase, and refused by name without or with another."""
    text = ssh_key(tmp_path, kind)
    assert read_private_key(text, PASSPHRASE).kind == read
    with pytest.raises(DocumentError, match="there is no passphrase"):
        read_private_key(text)
    with pytest.raises(DocumentError, match="the passphrase does not open it") as error:
        read_private_key(text, "s3cret-guess")
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("passphrase", [PASSPHRASE, "ü passphrase", ""])
@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    "wrap",
    [lambda data: base64.b64encode(data).decode(), lambda data: data.hex(), as_text],
    ids=["b64", "hex", "file"],
)
def test_pkcs12_is_read(passphrase, old, wrap):
    """A PKCS#12 file, with today's ciphers or 3DES, is read as base64, hexadecimal or a binary file."""
    assert read_private_key(wrap(in_pkcs12(passphrase, old)), passphrase).kind == "EC"


def test_google_s_own_pkcs12_is_read():
    """Google's P12 keys have the passphrase that its manual names, and are read with it."""
    assert read_private_key(as_text(in_pkcs12("notasecret", old=True)), "notasecret").kind == "EC"


JKS = b"\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00\x01" + b"s3cret" * 9
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.s3cret"

OTHERS = {
    "SHA-256 of ssh-keygen": ("SHA256:2bqD0xYzZ8Yk5cVvJ7cQh2fE0Q0m1o3yV9sGQw0rV1k=", "the fingerprint"),
    "a line of ssh-keygen": (f"2048 SHA256:{'2bqD0xYzZ8Yk5cVvJ7c' * 2}abcde a@b (RSA)", "the fingerprint"),
    "MD5": ("MD5:" + ":".join(["aa"] * 16), "the fingerprint"),
    "AWS's MD5": (":".join(["1f"] * 16), "the fingerprint"),
    "SHA-1 of a certificate": (":".join(["30"] * 20), "the fingerprint"),
    "OpenSSL's line": ("SHA256 Fingerprint=" + ":".join(["AB"] * 32), "the fingerprint"),
    "gcloud's user": (
        json.dumps({"type": "authorized_user", "client_secret": "s3cret", "refresh_token": "1//s3cret"}),
        "authorized_user",
    ),
    "workload identity": (json.dumps({"type": "external_account", "audience": "s3cret"}), "external_account"),
    "workforce": (
        json.dumps({"type": "external_account_authorized_user", "refresh_token": "s3cret"}),
        "external_account_authorized_user",
    ),
    "impersonation": (json.dumps({"type": "impersonated_service_account"}), "impersonated_service_account"),
    "a desktop's client": (json.dumps({"installed": {"client_secret": "s3cret"}}), "client_secret.json"),
    "a web client": (json.dumps({"web": {"client_secret": "s3cret"}}), "client_secret.json"),
    "a service account without its key": (json.dumps(GOOGLE), "private key is missing"),
    "Box without its key": (
        json.dumps({"boxAppSettings": {"clientID": "c", "clientSecret": "s3cret", "appAuth": {}}}),
        "Box's config JSON without a private key",
    ),
    "two keys": (json.dumps({"a": "PRIVATE KEY s3cret", "b": "PRIVATE KEY"}), "a file with one private key"),
    "cut JSON": (json.dumps(GOOGLE | {"private_key": "s3cret"})[:-9], "cut off"),
    "a Python dict": (str({"private_key": "s3cret"}), "a Python dict"),
    "an HMAC secret": ("8f7ae0f3c2b19d4e5a6b7c8d9e0f1a2b3c4d5e6f", "an HMAC secret or a password"),
    "a JWT": (JWT, "a token that is signed already"),
    "a certificate of OpenSSH": ("ssh-rsa-cert-v01@openssh.com AAAAs3cret a@b", "a public key of OpenSSH"),
    ".NET's XML": ("<RSAKeyValue><D>s3cret</D></RSAKeyValue>", "the XML of .NET"),
    "age": ("AGE-SECRET-KEY-1S3CRET", "a key of age"),
    "a Java keystore": (base64.b64encode(JKS).decode(), "a Java keystore"),
    "a Java keystore's file": (as_text(JKS), "a Java keystore"),
    "Microsoft's PVK": (as_text(b"\x1e\xf1\xb5\xb0" + b"s3cret" * 9), "a binary form of Microsoft"),
    "PKCS#12 in BER, damaged": (as_text(b"\x30\x80\x02\x01\x03\x30\x80s3cret"), "in BER that is cut off"),
    "a public key": (
        rsa_key().public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
        "a public key",
    ),
    "a path": ("/run/secrets/key.p12", "the path of a file"),
    "a PuTTY key": ("PuTTY-User-Key-File-2: ssh-rsa\nEncryption: aes256-cbc\n", "a PuTTY key"),
    "a certificate": (decoy_certificate()[0], "a certificate"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_what_people_give_in_place_of_a_key_is_named(name):
    """Each thing that people give in place of a private key is named, and nothing of it is shown."""
    text, words = OTHERS[name]
    with pytest.raises(DocumentError, match=words) as error:
        read_private_key(text)
    assert error.value.code == "key_unreadable"
    assert error.value.findings[0].advice
    assert "s3cret" not in str(error.value).lower()
    assert read_key_file(text) is None


ED25519 = {"kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
ED25519_PUBLIC = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    "content",
    [[ED25519 | ED25519_PUBLIC], [ED25519_PUBLIC, ED25519 | ED25519_PUBLIC], ["a", ED25519 | ED25519_PUBLIC]],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_jwk_in_an_array_is_read(content, indent):
    """An array with one private JWK is read like a set of them."""
    assert read_private_key(json.dumps(content, indent=indent)).kind == "OKP"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps([ED25519_PUBLIC]), "without a private one"),
        (json.dumps([ED25519 | ED25519_PUBLIC] * 2), "2 private keys"),
        ("[1, 2]", "some other text"),
        ("[]", "some other text"),
        ('[{"a": "s3cret"}]', "some other text"),
        ("[{", "some other text"),
    ],
)
def test_an_array_without_one_private_jwk_is_refused(text, words):
    """An array of other things, or of several keys, is named."""
    with pytest.raises(DocumentError, match=words):
        read_private_key(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_line_break_behind_a_passphrase_is_left_out(end):
    """A passphrase from a file opens PEM and PKCS#12 with the line break that the file ends with."""
    assert read_private_key(pem(locked=True), PASSPHRASE + end).kind == "RSA"
    assert read_private_key(as_text(in_pkcs12()), PASSPHRASE + end).kind
    for wrong in (f"{PASSPHRASE} ", f"\n{PASSPHRASE}", f"{PASSPHRASE}\nx", end):
        with pytest.raises(DocumentError, match="does not open it"):
            read_private_key(pem(locked=True), wrong)


def test_a_passphrase_that_ends_with_a_line_break_is_tried_as_it_is():
    """A line break that belongs to the passphrase opens the key."""
    assert read_private_key(as_text(in_pkcs12("open\n")), "open\n").kind


def test_a_locked_pkcs12_names_its_passphrase():
    """A PKCS#12 file says whether its passphrase is missing or wrong."""
    text = as_text(in_pkcs12())
    with pytest.raises(DocumentError, match="its passphrase is missing"):
        read_private_key(text)
    with pytest.raises(DocumentError, match="the passphrase does not open it"):
        read_private_key(text, "s3cret-guess")


def der(tag, *parts):
    content = b"".join(parts)
    size = bytes([len(content)]) if len(content) < 128 else b"\x81" + bytes([len(content)])
    return bytes([tag]) + size + content


def demanding(iterations):
    """Return DER of PKCS#8 that is encrypted by a key which takes so many rounds to derive (RFC 8018)."""
    number = der(2, iterations.to_bytes(iterations.bit_length() // 8 + 1, "big"))
    pbkdf2 = der(0x30, bytes.fromhex("06092a864886f70d01050c"), der(0x30, der(4, b"saltsalt"), number))
    aes = der(0x30, bytes.fromhex("060960864801650304012a"), der(4, b"i" * 16))
    pbes2 = der(0x30, bytes.fromhex("06092a864886f70d01050d"), der(0x30, pbkdf2, aes))
    return base64.b64encode(der(0x30, pbes2, der(4, b"x" * 64))).decode()


@pytest.mark.timeout(120)
def test_a_key_that_demands_years_is_refused_at_once():
    """A key whose passphrase would take hours to try is refused before it is tried."""
    with pytest.raises(DocumentError, match="does not open it"):
        read_private_key(demanding(2047), "s3cret-guess")
    with pytest.raises(DocumentError, match="demands more work"):
        read_private_key(demanding(2**31 - 1), PASSPHRASE)


@pytest.mark.timeout(120)
def test_an_openssh_key_that_demands_hours_is_refused_at_once(tmp_path):
    """An OpenSSH key with too many rounds is refused before its passphrase is tried."""
    text = ssh_key(tmp_path, "ed25519")
    data = bytearray(base64.b64decode("".join(text.splitlines()[1:-1])))
    at = data.index(b"bcrypt", data.index(b"bcrypt") - 1) + 6 + 4 + 4 + 16
    data[at : at + 4] = (2**31).to_bytes(4, "big")
    with pytest.raises(DocumentError, match="demands more rounds"):
        read_private_key(base64.b64encode(bytes(data)).decode(), PASSPHRASE)


def test_a_binary_file_is_an_hmac_secret_as_it_is():
    """The content of a binary file is the secret itself, whatever the encoding says."""
    assert read_secret(as_text(b"\x00\xff"), "hex") == b"\x00\xff"


CONTENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text(20)
    | st.sampled_from([pem(), "-----BEGIN PRIVATE KEY-----", "s3cret", "authorized_user", "service_account"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["type", "private_key", "client_email", "boxAppSettings", "appAuth", "privateKey", "passphrase",
             "key", "keyId", "userId", "clientId", "credentials", "keys", "kty", "installed", "web"]
        ), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
BYTES = st.binary(max_size=300) | st.tuples(
    st.sampled_from([in_pkcs12(), in_pkcs12("", old=True), JKS, b"\x30\x80\x02\x01\x03\x30"]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=3),
).map(lambda drawn: damaged(*drawn))


def damaged(data, damages):
    for position, put in damages:
        at = position % len(data)
        data = data[:at] + put + data[at + len(put) + 1 :]
    return data


@pytest.mark.timeout(usually(120, 1_200))
@settings(max_examples=usually(500, 10_000), deadline=None)
@given(CONTENTS.map(json.dumps) | BYTES.map(as_text) | any_text(80), st.none() | st.text(max_size=9))
def test_any_file_ends_in_a_key_or_a_finding(text, passphrase):
    """Any JSON and any bytes are read as a key or refused by a typed error, which shows nothing of them."""
    read_key_file(text)
    try:
        read_private_key(text, passphrase)
    except DocumentError as error:
        assert error.code in {"key_unreadable", "key_unsuitable"}
        assert "s3cret" not in str(error)
