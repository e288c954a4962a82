"""Each client authentication method, verified by Authlib's server side and joserfc."""

from __future__ import annotations

import json
import ssl

import pytest
from authlib.oauth2.rfc6749 import ClientAuthentication, InvalidClientError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc import jws
from joserfc.jwk import OctKey, import_key

import watchword
from watchword.findings.finding import errors
from watchword.http.transport_options import TransportOptions
from watchword.protocols import keys
from watchword.protocols.jwt.signing import jws_signer
from watchword.protocols.oauth2.client import Assertion, Client
from watchword.protocols.templates import FreshValues
from watchword_playground.keys import ES256_KEY, RSA_KEY

SECRET = "s3cret-client-0123456789abcdef0123456789abcdef"
ASSERTED = "client_assertion_jwt"
EVERY_WAY = ["client_secret_basic", "client_secret_post", ASSERTED, "none"]


def public(text):
    key = serialization.load_pem_private_key(text.encode(), None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    kind = "RSA" if isinstance(key, RSAPublicKey) else "EC"
    return import_key(key.public_bytes(serialization.Encoding.PEM, form).decode(), kind)


class Registered:
    """The client as it is registered at a server."""

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, _endpoint):
        return method in EVERY_WAY


class Assertions(JWTBearerClientAssertion):
    """The checks that Authlib requires of a server that accepts assertions."""

    def __init__(self, key, audience):
        super().__init__()
        self.key, self.audience, self.used = key, audience, set()

    def get_audiences(self):
        return [self.audience]

    def resolve_client_public_key(self, _client):
        return self.key

    def validate_jti(self, _claims, jti):
        is_new = jti not in self.used
        self.used.add(jti)
        return is_new


class Form(OAuth2Request):
    """A request whose form Authlib can read."""

    def __init__(self, url, form, headers):
        super().__init__("POST", url.replace("http:", "https:"), headers=headers)
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self):
        return self.payload.data


def auth_methods(endpoint, key=None, audience=None, allowed=EVERY_WAY):
    """Return the method by which Authlib's server side authenticates the client of each request."""
    server = ClientAuthentication({"client-1": Registered()}.get)
    server.register(ASSERTED, Assertions(key, audience or endpoint.url))
    found = []
    for seen, form in zip(endpoint.seen, endpoint.forms, strict=True):
        request = Form(endpoint.url, form, seen.headers)
        try:
            assert server(request, allowed) is not None
            found.append(request.auth_method)
        except InvalidClientError:
            found.append(None)
    return found


SIGNED = [
    ("private_key_jwt", {"private_key": RSA_KEY}, public(RSA_KEY)),
    ("private_key_jwt", {"private_key": ES256_KEY, "assertion_algorithm": "ES256"}, public(ES256_KEY)),
    ("client_secret_jwt", {}, OctKey.import_key(SECRET)),
    ("client_secret_jwt", {"assertion_algorithm": "HS256"}, OctKey.import_key(SECRET)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("client_auth", "known_as"),
    [
        ("client_secret_basic", "client_secret_basic"),
        ("client_secret_post", "client_secret_post"),
        ("none", "none"),
        ("tls_client_auth", "none"),
        ("self_signed_tls_client_auth", "none"),
    ],
)
def test_id_and_secret_are_where_a_server_looks(endpoint, client_auth, known_as):
    """A client authenticates by header, by body, or by its id alone, and never by two of them."""
    endpoint.fetch("oauth2_client_credentials", client_auth=client_auth)
    assert auth_methods(endpoint) == [known_as]
    (form,) = endpoint.forms
    assert ("Authorization" in endpoint.seen[0].headers) is (client_auth == "client_secret_basic")
    assert ("client_secret" in form) is (client_auth == "client_secret_post")


@pytest.mark.parametrize(("client_auth", "fields", "key"), SIGNED)
def test_an_assertion_convinces_a_server_once(endpoint, client_auth, fields, key):
    """Each request has a new assertion with valid signature, issuer, subject, audience, times and jti."""
    source = endpoint.source(
        "oauth2_client_credentials", client_auth=client_auth, assertion_key_id="key-7", **fields
    )
    source.fetch(TransportOptions())
    source.fetch(TransportOptions())
    assert auth_methods(endpoint, key) == [ASSERTED, ASSERTED]
    for seen, form in zip(endpoint.seen, endpoint.forms, strict=True):
        assert form["client_id"] == "client-1"
        assert jws.extract_compact(form["client_assertion"].encode()).headers()["kid"] == "key-7"
        assert "client_secret" not in form
        assert "Authorization" not in seen.headers


def test_a_server_does_not_take_another_key_or_audience(endpoint):
    """The check of the test above refuses a wrong assertion."""
    endpoint.fetch("oauth2_client_credentials", client_auth="private_key_jwt", private_key=RSA_KEY)
    assert auth_methods(endpoint, public(RSA_KEY)) == [ASSERTED]
    assert auth_methods(endpoint, public(ES256_KEY)) == [None]
    assert auth_methods(endpoint, public(RSA_KEY), "https://other.test") == [None]


def test_the_audience_is_the_server_s_choice(endpoint):
    """`assertion_audience` replaces the token URL."""
    audience = "https://auth.test/realms/acme"
    endpoint.fetch(
        "oauth2_client_credentials", client_auth="private_key_jwt", private_key=RSA_KEY,
        assertion_audience=audience,
    )  # fmt: skip
    assert auth_methods(endpoint, public(RSA_KEY), audience) == [ASSERTED]


def test_the_claims_are_those_of_rfc_7523():
    """An assertion follows RFC 7523 section 3; it is backdated a little, and has a kid only if one is set."""
    assertion = Assertion(jws_signer("HS256", SECRET, "utf8"), "https://auth.test/token")
    made = Client("client-1", SECRET, "client_secret_jwt", assertion=assertion).authentication(
        FreshValues(1_800_000_000.7, lambda: "0123")
    )
    signed = jws.deserialize_compact(str(made.fields["client_assertion"]), OctKey.import_key(SECRET))
    assert signed.headers() == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(signed.payload) == {
        "iss": "client-1", "sub": "client-1", "aud": "https://auth.test/token", "jti": "0123",
        "iat": 1_799_999_970, "exp": 1_800_000_300,
    }  # fmt: skip
    assert made.headers == {}
    assert made.fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def test_a_key_is_read_once(endpoint, monkeypatch):
    """The key is read once for the check and all requests: reading costs as much as a hundred signatures."""
    read = []

    def counting(text, passphrase=None):
        read.append(text)
        return keys.reading.read_private_key(text, passphrase)

    monkeypatch.setattr(keys, "read_private_key", counting)
    source = endpoint.source("oauth2_client_credentials", client_auth="private_key_jwt", private_key=RSA_KEY)
    assert len({source.request(None).body for _ in range(20)}) == 20
    assert read == [RSA_KEY]


def test_mtls_shows_the_certificate_and_the_name(serve, reply, tls, authority, ca_bundle, tmp_path):
    """The client certificate is sent to the token endpoint, and the body names the client (RFC 8705)."""
    issued, path = authority.issue_cert("client-1"), tmp_path / "client.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(asking)
    authority.configure_trust(asking)
    asking.verify_mode = ssl.CERT_REQUIRED
    server = serve(reply(body={"access_token": "s3cret-access"}), asking)
    connection = watchword.load({
        "base_url": "https://api.test", "method": "oauth2_client_credentials",
        "token_url": f"{server.url}/token", "client_id": "client-1", "client_auth": "tls_client_auth",
        "client_certificate": str(path), "ca_bundle": ca_bundle,
    })  # fmt: skip
    connection.credential.source.fetch(connection.credential.resolved.transport)
    (seen,) = server.seen
    assert seen.certificate
    assert seen.body == b"grant_type=client_credentials&client_id=client-1"


WRONG = [
    ({"client_secret": None}, "missing_field", "set client_auth to none"),
    ({"client_secret": None, "client_auth": "client_secret_post"}, "missing_field", "client_secret"),
    ({"client_secret": None, "client_auth": "client_secret_jwt"}, "missing_field", "client_secret"),
    ({"client_id": "", "client_auth": "none"}, "missing_field", "client_id"),
    ({"client_auth": "private_key_jwt"}, "missing_field", "private_key"),
    ({"client_auth": "private_key_jwt", "private_key": "s3cret-no-key"}, "key_unreadable", "private key"),
    ({"client_auth": "private_key_jwt", "private_key": ES256_KEY}, "key_unsuitable", "Choose ES256"),
    (
        {"client_auth": "private_key_jwt", "private_key": RSA_KEY, "assertion_algorithm": "HS256"},
        "key_unsuitable",
        "such as RS256",
    ),
    ({"client_auth": "client_secret_jwt", "assertion_algorithm": "ES256"}, "key_unsuitable", "HS384"),
]


@pytest.mark.parametrize(("fields", "code", "words"), WRONG)
def test_what_a_client_lacks_is_a_finding(endpoint, fields, code, words):
    """Each method needs its fields and a suitable key; nothing is sent without them."""
    made = watchword.load(endpoint.document("oauth2_client_credentials", **fields))
    found = [one for one in errors(made.lint()) if one.code.name == code]
    assert [words in f"{one.message} {one.advice}" for one in found] == [True]
    assert "s3cret" not in str(found)


@pytest.mark.parametrize("method", ["oauth2_jwt_bearer", "oauth2_password", "oauth2_token_exchange"])
def test_some_grants_want_no_client(endpoint, method):
    """Without client_id and client_secret no client is sent; with the id alone, client_auth must be set."""
    endpoint.fetch(method)
    assert "Authorization" not in endpoint.seen[0].headers
    assert not {"client_id", "client_secret"} & set(endpoint.forms[0])
    named = watchword.load(endpoint.document(method, client_id="client-1"))
    assert [found.code.name for found in errors(named.lint())] == ["missing_field"]
    endpoint.fetch(method, client_id="client-1", client_auth="none")
    assert endpoint.forms[1]["client_id"] == "client-1"


def test_a_short_secret_is_remarked(endpoint):
    """A short secret is a warning (RFC 7518 section 3.2), as for any JWT that is signed by a secret."""
    fields = {"client_auth": "client_secret_jwt", "client_secret": "s3cret"}
    made = watchword.load(endpoint.document("oauth2_client_credentials", **fields))
    assert [found.code.name for found in made.lint()] == ["key_too_short"]


@pytest.mark.parametrize(
    ("client_auth", "words"),
    [
        ("header", "basic_encoding"),
        ("private_key_jwt", "public half"),
        ("client_secret_jwt", "clock"),
        ("tls_client_auth", "client_certificate"),
        ("none", "requires a client secret"),
    ],
)
def test_a_refused_client_is_told_what_to_check(endpoint, client_auth, words):
    """The advice about a refused client is for the chosen method."""
    endpoint.answer = endpoint.reply(401, {"error": "invalid_client"})
    with pytest.raises(watchword.TokenError) as error:
        endpoint.fetch("oauth2_client_credentials", client_auth=client_auth, private_key=RSA_KEY)
    assert error.value.code == "invalid_client"
    assert words in str(error.value)


def test_mtls_without_a_certificate_is_found_before_anything_is_sent(endpoint):
    """A missing client certificate is reported before anything is sent."""
    fields = endpoint.document("oauth2_client_credentials", client_auth="tls_client_auth")
    del fields["client_certificate"]
    (found,) = watchword.load(fields).lint()
    assert found.code.name == "missing_field"
    assert "client_certificate" in found.message
