"""Client certificates in each form that authorities hand out, in each client and each kind of request."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import gc
import os
import ssl
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

import watchword
from watchword.findings.finding import errors
from watchword.http.networks import ALLOWED_VARIABLE
from watchword.protocols.binary_text import as_text
from watchword.validation.decoys.keys import decoy_certificate

PASSPHRASE = "open-sesame-9 ü"
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
OPENSSH = serialization.PrivateFormat.OpenSSH
OPEN = serialization.NoEncryption()
LOCKED = serialization.BestAvailableEncryption(PASSPHRASE.encode())
QUICKLY = OPENSSH.encryption_builder().kdf_rounds(1).build(PASSPHRASE.encode())


@pytest.fixture
def asking(authority):
    """Give the TLS of a server that demands a client certificate of the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def issued(authority):
    """Give a certificate of the authority and its key, as objects."""
    made = authority.issue_cert("client@example.com")
    chain = made.cert_chain_pems[0].bytes()
    key = serialization.load_pem_private_key(made.private_key_pem.bytes(), None)
    return x509.load_pem_x509_certificate(chain), key


def written(key, form=PKCS8, locked=OPEN):
    return key.private_bytes(PEM, form, locked)


def bundle(certificate, key, locked=LOCKED):
    return pkcs12.serialize_key_and_certificates(b"client", key, certificate, None, locked)


# Each form as files: their names and contents, and the fields of the document.
FORMS = {
    "PEM and PEM": lambda c, k: ({"c": c.public_bytes(PEM), "k": written(k)}, "c", "k"),
    "one PEM": lambda c, k: ({"c": c.public_bytes(PEM) + written(k)}, "c", None),
    "the key first": lambda c, k: ({"c": written(k) + c.public_bytes(PEM)}, "c", None),
    "DER and PEM": lambda c, k: ({"c": c.public_bytes(DER), "k": written(k)}, "c", "k"),
    "DER and DER": lambda c, k: (
        {"c": c.public_bytes(DER), "k": k.private_bytes(DER, PKCS8, OPEN)}, "c", "k",
    ),
    "locked PKCS#8": lambda c, k: ({"c": c.public_bytes(PEM), "k": written(k, PKCS8, LOCKED)}, "c", "k"),
    "locked by OpenSSL": lambda c, k: (
        {"c": c.public_bytes(PEM), "k": written(k, TRADITIONAL, LOCKED)}, "c", "k",
    ),
    "locked OpenSSH": lambda c, k: ({"c": c.public_bytes(PEM), "k": written(k, OPENSSH, QUICKLY)}, "c", "k"),
    "locked in one PEM": lambda c, k: ({"c": c.public_bytes(PEM) + written(k, PKCS8, LOCKED)}, "c", None),
    "PKCS#12": lambda c, k: ({"c.p12": bundle(c, k)}, "c.p12", None),
    "PKCS#12 without a passphrase": lambda c, k: ({"c.pfx": bundle(c, k, OPEN)}, "c.pfx", None),
    "PKCS#12 as the key": lambda c, k: ({"k.p12": bundle(c, k)}, None, "k.p12"),
    "one PEM as the key": lambda c, k: ({"k": c.public_bytes(PEM) + written(k, PKCS8, LOCKED)}, None, "k"),
}  # fmt: skip


def fields_of(form, issued, folder, how=str):
    """Write the files of a form, and return the fields that name them; `how` names the key's file."""
    files, certificate, key = FORMS[form](*issued)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    fields = {"client_key_passphrase": PASSPHRASE}
    if certificate:
        fields["client_certificate"] = str(folder / certificate)
    if key:
        fields["client_private_key"] = how(folder / key)
    return fields


def by_requests(connection):
    with connection.session() as session:
        return session.get("/a").status_code


def by_httpx(connection):
    with connection.httpx_client() as client:
        return client.get("/a").status_code


def by_async_httpx(connection):
    async def call():
        async with connection.async_httpx_client() as client:
            return (await client.get("/a")).status_code

    return asyncio.run(call())


def by_aiohttp(connection):
    return asyncio.run(through_aiohttp(connection, ssl=True))


async def through_aiohttp(connection, **options):
    """Return the status of a call; TLS is ended at once, since the loop ends too."""
    middlewares, connector = (connection.aiohttp_middleware(),), aiohttp.TCPConnector(**options)
    async with aiohttp.ClientSession(connector=connector, middlewares=middlewares) as session:
        async with session.get(f"{connection.base_url}/a") as response:
            await response.read()
        await connector.close(abort_ssl=True)
    await asyncio.sleep(0.05)  # the loop's transports close in its next rounds
    return response.status


CLIENTS = {"requests": by_requests, "httpx": by_httpx, "async httpx": by_async_httpx, "aiohttp": by_aiohttp}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_certificate_is_shown_by_each_client(
    serve, reply, asking, ca_bundle, issued, tmp_path, form, client
):
    """Certificate and key are used in each form in which they are files, by each client."""
    server = serve(reply(), asking)
    document = {"base_url": server.url, "method": "none", "ca_bundle": ca_bundle}
    connection = watchword.load(document | fields_of(form, issued, tmp_path))
    assert errors(connection.lint()) == []
    assert CLIENTS[client](connection) == 200
    assert [seen.certificate for seen in server.seen] == [True]


@pytest.mark.parametrize("how", [lambda path: f"file:{path}", lambda path: path.read_text()])
@pytest.mark.parametrize("form", ["locked PKCS#8", "locked OpenSSH", "one PEM as the key"])
def test_a_locked_key_is_used_by_reference_and_as_text(
    serve, reply, asking, ca_bundle, issued, tmp_path, form, how
):
    """A locked key is used as the text of its field too, or as a reference to its file."""
    server = serve(reply(), asking)
    document = {"base_url": server.url, "method": "none", "ca_bundle": ca_bundle}
    assert by_requests(watchword.load(document | fields_of(form, issued, tmp_path, how))) == 200


def test_a_referenced_pkcs12_file_is_used(serve, reply, asking, ca_bundle, issued, tmp_path):
    """A binary file is used as the content of client_private_key, by reference and from a stored document."""
    server = serve(reply(), asking)
    document = {"base_url": server.url, "method": "none", "ca_bundle": ca_bundle}
    fields = fields_of("PKCS#12 as the key", issued, tmp_path, lambda path: f"file:{path}")
    assert by_requests(watchword.load(document | fields)) == 200


def test_a_stored_document_s_pkcs12_file_is_used(
    serve, reply, asking, ca_bundle, issued, tmp_path, monkeypatch
):
    """A stored document may name a PKCS#12 file that the deployment allows."""
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", f"file:{tmp_path.resolve().as_posix()}/*")
    server = serve(reply(), asking)
    document = {"base_url": server.url, "method": "none", "ca_bundle": ca_bundle}
    connection = watchword.load(document | fields_of("PKCS#12", issued, tmp_path), stored=True)
    assert by_requests(connection) == 200


TOKENS = {
    "oauth2_client_credentials": {"client_id": "c", "client_auth": "tls_client_auth"},
    "session_login": {"username": "ada", "password": "p", "response_access_path": "access_token"},
}


@pytest.mark.parametrize("method", TOKENS)
@pytest.mark.parametrize("form", ["PKCS#12", "locked PKCS#8"])
def test_token_requests_and_logins_show_the_certificate(
    serve, reply, asking, ca_bundle, issued, tmp_path, form, method
):
    """The request for a token, and a login, show the same certificate as the API's requests."""
    server = serve(reply(body={"access_token": "s3cret-access"}), asking)
    url = {"login_url" if method == "session_login" else "token_url": f"{server.url}/token"}
    document = {"base_url": server.url, "method": method, "ca_bundle": ca_bundle, **url, **TOKENS[method]}
    assert by_requests(watchword.load(document | fields_of(form, issued, tmp_path))) == 200
    assert [(seen.path, seen.certificate) for seen in server.seen] == [("/token", True), ("/a", True)]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_foreign_origin_gets_no_certificate(serve, reply, authority, ca_bundle, issued, tmp_path, client):
    """A certificate out of PKCS#12 is not shown to a foreign origin that the API redirects to."""
    optional = [ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2)]
    for context in optional:
        authority.issue_cert("localhost").configure_cert(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        authority.configure_trust(context)
    foreign = serve(reply(), optional[0])
    server = serve(reply(302, headers={"Location": f"{foreign.url}/b"}), optional[1])
    document = {"base_url": server.url, "method": "none", "ca_bundle": ca_bundle}
    connection = watchword.load(document | fields_of("PKCS#12", issued, tmp_path))
    follow(connection, client, ca_bundle)
    assert [seen.certificate for seen in server.seen] == [True]
    assert [seen.certificate for seen in foreign.seen] == [False]


def follow(connection, client, ca_bundle):
    """Call and follow redirects, also in the clients that don't do so by themselves."""
    trusting = ssl.create_default_context(cafile=ca_bundle)

    async def by_async():
        if client == "async httpx":
            async with connection.async_httpx_client() as api:
                await api.get("/a", follow_redirects=True)
            return
        await through_aiohttp(connection, ssl=trusting)

    if client == "requests":
        by_requests(connection)
    elif client == "httpx":
        with connection.httpx_client() as api:
            api.get("/a", follow_redirects=True)
    else:
        asyncio.run(by_async())


def files_of(folder):
    return [path.read_text() for path in folder.iterdir()]


@pytest.mark.parametrize("form", ["PKCS#12", "locked PKCS#8", "locked OpenSSH"])
def test_an_opened_key_is_never_on_disk_in_clear(issued, tmp_path, monkeypatch, form):
    """The TLS library gets a file of mode 0600 that is encrypted anew, and deleted with the connection."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    document = {"base_url": "https://api.test", "method": "none"}
    connection = watchword.load(document | fields_of(form, issued, tmp_path))
    session = connection.session()
    assert [stat.S_IMODE(path.stat().st_mode) for path in temporary.iterdir()] == [0o600] * 2
    keys = [text for text in files_of(temporary) if "PRIVATE KEY" in text]
    assert len(keys) == 1
    assert "-----BEGIN ENCRYPTED PRIVATE KEY-----" in keys[0]
    with pytest.raises(ValueError, match=r"."):
        serialization.load_pem_private_key(keys[0].encode(), PASSPHRASE.encode())
    session.close()
    del session, connection
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_a_key_that_is_given_as_text_is_not_on_disk_in_clear_either(tmp_path, monkeypatch):
    """A key without a passphrase, given as text, is encrypted in its file too."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    certificate, key = decoy_certificate()
    document = {"base_url": "https://api.test", "method": "none"}
    connection = watchword.load(document | {"client_certificate": certificate, "client_private_key": key})
    with connection.session():
        assert not any("BEGIN PRIVATE KEY" in text for text in files_of(tmp_path))
        assert any("BEGIN ENCRYPTED PRIVATE KEY" in text for text in files_of(tmp_path))


def certificate_of(first, last):
    """Return the fields of a certificate that is valid between two days from now."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.timezone.utc)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    days = [now + dt.timedelta(days=day) for day in (first, last)]
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, *days).sign(key, hashes.SHA256())
    return {
        "client_certificate": made.public_bytes(PEM).decode(),
        "client_private_key": written(key).decode(),
    }


REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(x509.Name([]))
    .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
)


DECOY = x509.load_pem_x509_certificate(decoy_certificate()[0].encode())


def in_pkcs7(form):
    return pkcs7.serialize_certificates([DECOY], form)


OTHER_KEY = {"client_private_key": decoy_certificate()[1]}
FAULTS = {
    "no passphrase": ("locked PKCS#8", {"client_key_passphrase": None}, "there is no passphrase"),
    "another passphrase": ("locked PKCS#8", {"client_key_passphrase": "s3cret"}, "does not open it"),
    "PKCS#12 alone": ("PKCS#12", {"client_key_passphrase": None}, "its passphrase is missing"),
    "PKCS#12 with another": ("PKCS#12", {"client_key_passphrase": "s3cret"}, "does not open it"),
    "OpenSSH with another": ("locked OpenSSH", {"client_key_passphrase": "s3cret"}, "does not open it"),
    "another key": ("PEM and PEM", OTHER_KEY, "isn't the key of the client certificate"),
    "another key, opened": ("locked PKCS#8", OTHER_KEY, "isn't the key of the client certificate"),
    "ended": ("PEM and PEM", certificate_of(-9, -1), "has ended"),
    "not begun": ("PEM and PEM", certificate_of(8, 9), "isn't valid yet"),
    "a key in place of the certificate": (
        "PEM and PEM", {"client_certificate": OTHER_KEY["client_private_key"]}, "holds no certificate"
    ),
    "garbage": (
        "PEM and PEM",
        {"client_private_key": "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----"},
        "client_private_key can't be read",
    ),
    "a certificate alone": ("PEM and PEM", {"client_private_key": None}, "without its private key"),
    "swapped": (
        "PEM and PEM",
        dict(zip(("client_private_key", "client_certificate"), decoy_certificate(), strict=True)),
        "are swapped",
    ),
    "a request": (
        "PEM and PEM", {"client_certificate": REQUEST.public_bytes(PEM).decode()}, "a request for one"
    ),
    "a request in DER": (
        "PEM and PEM", {"client_certificate": as_text(REQUEST.public_bytes(DER))}, "a request for one"
    ),
    "PKCS#7": ("PEM and PEM", {"client_certificate": in_pkcs7(PEM).decode()}, "in PKCS#7"),
    "PKCS#7 in DER": ("PEM and PEM", {"client_certificate": as_text(in_pkcs7(DER))}, "in PKCS#7"),
    "a folder": ("PEM and PEM", {"client_certificate": "/"}, "client_certificate names a folder"),
    "a folder for the key": ("PEM and PEM", {"client_private_key": "/"}, "client_private_key names a folder"),
    "an empty file": (
        "PEM and PEM", {"client_certificate": os.devnull}, "client_certificate names a file that is empty"
    ),
    "a missing file": ("PEM and PEM", {"client_private_key": "/nowhere.pem"}, "does not exist"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_certificate_that_can_t_be_used_is_found_before_anything_is_sent(
    serve, reply, asking, ca_bundle, issued, tmp_path, fault
):
    """Lint names each fault of certificate, key and passphrase; no client begins a call with it."""
    form, changed, words = FAULTS[fault]
    server = serve(reply(), asking)
    fields = fields_of(form, issued, tmp_path) | changed
    connection = watchword.load({"base_url": server.url, "method": "none", "ca_bundle": ca_bundle, **fields})
    found = errors(connection.lint())
    assert len(found) == 1
    assert words in found[0].message
    assert "s3cret" not in str(found[0])
    for client in CLIENTS.values():
        with pytest.raises(watchword.DocumentError):
            client(connection)
    assert server.connections == 0


def chain_of(*names):
    """Return a chain of these certificates, each issued by the one before it in `AUTHORITIES`, and a key."""
    moment = dt.datetime.now(dt.timezone.utc)
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in AUTHORITIES}
    made = {}
    for issuer, name in zip(("root", *AUTHORITIES), AUTHORITIES, strict=False):
        made[name] = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(keys[name].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(moment - dt.timedelta(days=1))
            .not_valid_after(moment + dt.timedelta(days=1))
            .sign(keys[issuer], hashes.SHA256())
        )
    return b"".join(made[name].public_bytes(PEM) for name in names).decode(), written(keys["leaf"]).decode()


AUTHORITIES = ("root", "inter", "leaf")


@pytest.mark.parametrize("as_files", [True, False])
@pytest.mark.parametrize(
    "names",
    [
        ("leaf",), ("leaf", "inter"), ("leaf", "inter", "root"), ("inter", "leaf"), ("root", "inter", "leaf"),
        ("root", "leaf", "inter"), ("inter", "root", "leaf"), ("inter", "leaf", "root"),
    ],
)  # fmt: skip
def test_a_chain_in_any_order_begins_with_the_key_s_certificate(tmp_path, names, as_files):
    """The certificate of the key comes first, and each is followed by its issuer, as TLS demands."""
    chain, key = chain_of(*names)
    if as_files:
        for name, content in (("c.pem", chain), ("k.pem", key)):
            (tmp_path / name).write_text(content)
        chain, key = str(tmp_path / "c.pem"), str(tmp_path / "k.pem")
    fields = {"client_certificate": chain, "client_private_key": key}
    connection = watchword.load({"base_url": "https://a.test", "method": "none", **fields})
    assert connection.lint() == []
    used = connection.credential.resolved.transport.client_certificate
    content = used.encode() if "BEGIN" in used else Path(used).read_bytes()
    found = [each.subject.rfc4514_string() for each in x509.load_pem_x509_certificates(content)]
    assert found == [f"CN={name}" for name in ("leaf", "inter", "root") if name in names]


BUNDLES = {
    "DER": (DECOY.public_bytes(DER), "is in binary form"),
    "PKCS#7 in DER": (in_pkcs7(DER), "is in binary form"),
    "PKCS#7": (in_pkcs7(PEM), "is a bundle in PKCS#7"),
    "a key": (decoy_certificate()[1].encode(), "holds a private key"),
    "a text": (b"s3cret words", "holds no certificate"),
    "an empty file": (b"", "holds no certificate"),
    "a page": (b"<html>s3cret</html>", "holds no certificate"),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_of_authorities_that_can_t_be_used_is_named(tmp_path, name):
    """A file that holds no authorities in PEM is a finding, and nothing of its content is shown."""
    content, words = BUNDLES[name]
    (tmp_path / "ca").write_bytes(content)
    document = {"base_url": "https://a.test", "method": "none", "ca_bundle": str(tmp_path / "ca")}
    connection = watchword.load(document)
    (found,) = connection.lint()
    assert (found.code.name, words in found.message) == ("key_unreadable", True)
    assert "s3cret" not in str(found)
    with pytest.raises(watchword.DocumentError):
        connection.session()


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("stored", [True, False])
def test_a_bundle_of_authorities_may_be_given_as_text(
    serve, reply, asking, ca_bundle, issued, monkeypatch, client, stored
):
    """The PEM text of the authorities works like its file in each client, and in a stored document."""
    monkeypatch.setenv(ALLOWED_VARIABLE, "127.0.0.0/8")
    server, (certificate, key) = serve(reply(), asking), issued
    document = {
        "base_url": server.url,
        "method": "none",
        "ca_bundle": Path(ca_bundle).read_text(),
        "client_certificate": certificate.public_bytes(PEM).decode(),
        "client_private_key": written(key).decode(),
    }
    connection = watchword.load(document, stored=stored)
    assert connection.lint() == []
    assert CLIENTS[client](connection) == 200


def test_a_key_in_the_text_of_a_bundle_is_refused_and_not_shown():
    """A private key in place of the authorities is refused, without its text."""
    document = {"base_url": "https://a.test", "method": "none", "ca_bundle": decoy_certificate()[1]}
    (found,) = watchword.load(document).lint()
    assert "holds a private key" in found.message
    assert "-----" not in str(found)


DAMAGES = {
    "escaped line breaks": lambda text: text.replace("\n", "\\n"),
    "one line": lambda text: text.replace("\n", " "),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in quotes": lambda text: f'"{text}"',
    "line breaks of Windows": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_authorities_are_read_whatever_a_shell_did_to_their_text(authority, damage, ca_bundle):
    """Forms, shells and Kubernetes change the line breaks of PEM, and it verifies as before."""
    text = DAMAGES[damage](Path(ca_bundle).read_text())
    connection = watchword.load({"base_url": "https://api.test", "method": "none", "ca_bundle": text})
    assert connection.lint() == []
    context = ssl.create_default_context(cafile=connection.credential.resolved.transport.authorities)
    (found,) = (each for each in context.get_ca_certs(binary_form=True) if each in _der_of(authority))
    assert found


def _der_of(authority):
    return [x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(DER)]


@pytest.mark.parametrize(
    "text", ["-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----", "QUJD" * 100]
)
def test_authorities_that_can_t_be_read_are_a_finding(text):
    """What holds no certificate after all repairs is named before a connection is tried."""
    (found,) = watchword.load({"base_url": "https://api.test", "method": "none", "ca_bundle": text}).lint()
    assert found.code.name == "key_unreadable"
    assert "ca_bundle" in found.message


def test_a_certificate_in_base64_is_no_secret(issued):
    """The chain of a secret of Kubernetes holds no key, so nothing is said of a secret in clear."""
    certificate, key = issued
    chain = certificate.public_bytes(PEM)
    document = {
        "base_url": "https://api.test",
        "method": "none",
        "client_certificate": base64.b64encode(chain).decode(),
        "client_private_key": base64.b64encode(written(key)).decode(),
    }
    assert watchword.load(document).lint() == []


@pytest.mark.parametrize("form", ["one PEM", "PKCS#12"])
def test_a_key_in_the_field_that_is_shown_is_a_warning(issued, tmp_path, form):
    """A key in the text of client_certificate works, and is named as a secret in clear."""
    document = {"base_url": "https://api.test", "method": "none"}
    fields = fields_of(form, issued, tmp_path)
    assert watchword.load(document | fields).lint() == []
    content = Path(fields["client_certificate"]).read_bytes()
    text = content.decode() if form == "one PEM" else base64.b64encode(content).decode()
    found = watchword.load(document | fields | {"client_certificate": text}).lint()
    assert [each.code.name for each in found] == ["secret_in_clear"]


@pytest.mark.parametrize("how", ["file", "base64"])
@pytest.mark.parametrize("method", ["oauth2_jwt_bearer", "jwt_bearer"])
def test_the_key_in_a_pkcs12_file_signs(issued, tmp_path, method, how):
    """A PKCS#12 file is a private key for signatures too, as a referenced file and as base64."""
    path = tmp_path / "k.p12"
    path.write_bytes(bundle(*issued))
    text = f"file:{path}" if how == "file" else base64.b64encode(path.read_bytes()).decode()
    document = {"base_url": "https://api.test", "method": method, "private_key_passphrase": PASSPHRASE}
    field = "jwt_secret" if method == "jwt_bearer" else "private_key"
    url = {} if method == "jwt_bearer" else {"token_url": "https://auth.test/token"}
    signing = {"algorithm": "ES256", "payload": {"iss": "x"}, field: text, **url}
    assert watchword.load(document | signing).lint() == []
    wrong = watchword.load(document | signing | {"private_key_passphrase": "s3cret-guess"}).lint()
    assert [found.code.name for found in wrong] == ["key_unreadable"]
    assert "s3cret" not in str(wrong[0])


def test_an_ended_certificate_has_a_code_of_its_own():
    """A host can tell an ended certificate from another key."""
    connection = watchword.load({"base_url": "https://api.test", "method": "none", **certificate_of(-9, -1)})
    assert [found.code.name for found in connection.lint()] == ["client_certificate_expired"]


def test_a_key_without_a_certificate_is_told():
    """A client's key alone is not used, and that is a warning, as the calls go on without it."""
    connection = watchword.load({"base_url": "https://api.test", "method": "none", **OTHER_KEY})
    assert [found.code.name for found in connection.lint()] == ["fields_ignored"]


def test_a_certificate_that_a_server_refuses_is_named(serve, reply, asking, ca_bundle):
    """A server that doesn't know the certificate's authority is told from one whose TLS is broken."""
    server = serve(reply(), asking)
    certificate, key = decoy_certificate()
    fields = {"client_certificate": certificate, "client_private_key": key, "ca_bundle": ca_bundle}
    connection = watchword.load({"base_url": server.url, "method": "none", **fields})
    report = connection.validate(f"{server.url}/a")
    assert report.deciding.code.name == "tls_client_certificate_refused"


def test_a_certificate_is_proven_by_the_refusal_of_another(serve, reply, asking, ca_bundle, issued, tmp_path):
    """A server that refuses a wrong certificate in TLS proves the right one."""
    server = serve(reply(body={"name": "etl"}), asking)
    fields = fields_of("PKCS#12", issued, tmp_path)
    connection = watchword.load({"base_url": server.url, "method": "none", "ca_bundle": ca_bundle, **fields})
    assert connection.validate(f"{server.url}/a").verdict.value == "valid"


ASKS = """
import os
os.open(os.ttyname(0), os.O_RDWR)  # the first terminal that a session's leader opens is its own
import asyncio, ssl, requests, aiohttp, watchword
for certificate in (CERTIFICATES):
    document = {"base_url": URL, "method": "none", "timeout": 5, "client_certificate": certificate}
    for make in ("session", "httpx_client", "aiohttp_middleware"):
        try:
            made = getattr(watchword.load(document), make)()
            made.get("/a") if make != "aiohttp_middleware" else None
        except (watchword.WatchwordError, requests.RequestException, OSError) as error:
            print(type(error).__name__, flush=True)
    with watchword.load({"base_url": URL, "method": "none"}).session() as session:
        try:
            session.get("/a", cert=certificate)
        except (requests.RequestException, OSError) as error:
            print(type(error).__name__, flush=True)
print("the end", flush=True)
"""


def test_nothing_asks_for_a_passphrase_at_the_terminal(serve, reply, tls, issued, tmp_path):
    """A locked key without its passphrase is an error in each client: OpenSSL never asks at the terminal."""
    server = serve(reply(), tls)
    names = []
    for form in ("locked in one PEM", "PKCS#12"):
        fields = fields_of(form, issued, tmp_path)
        names.append(fields["client_certificate"])
    program = ASKS.replace("CERTIFICATES", repr(names)).replace("URL", repr(server.url))
    shown = in_terminal(program)
    assert shown.split()[-2:] == ["the", "end"]
    assert "pass phrase" not in shown
    assert shown.count("DocumentError") == 6


def in_terminal(program):
    """Run a program with a terminal of its own, and return what it shows there."""
    end, inner = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
    )  # fmt: skip
    os.close(inner)
    shown = b""
    try:
        while more := os.read(end, 4096):
            shown += more
    except OSError:  # Linux: the other end is closed
        pass
    os.close(end)
    process.wait(60)
    return shown.decode()
