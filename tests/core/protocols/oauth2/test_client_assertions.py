"""The JWT of a client: extra headers and claims, thumbprints of its certificate, and their findings."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import time

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.nightly import usually
from watchword.findings.finding import errors
from watchword.protocols.jwt.thumbprints import thumbprints
from watchword_playground.keys import RSA_KEY

CLIENT = "oauth2_client_credentials"
CERTIFICATE = trustme.CA().issue_cert("etl.test")
PEM = CERTIFICATE.cert_chain_pems[0].bytes().decode()
DER = ssl.PEM_cert_to_DER_cert(PEM)


def unpadded(digest):
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


X5T = unpadded(hashlib.sha1(DER, usedforsecurity=False).digest())
X5T_S256 = unpadded(hashlib.sha256(DER).digest())


def part(text):
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def sent(endpoint, **fields):
    """Return header and claims of the assertion that a document sends."""
    endpoint.fetch(CLIENT, client_auth="private_key_jwt", private_key=RSA_KEY, **fields)
    head, claims, _ = endpoint.forms[-1]["client_assertion"].split(".")
    return part(head), part(claims)


SHAPES = [
    ("Entra", {"client_certificate": PEM, "assertion_headers": {"x5t": "{{x5t}}"}}, {"x5t": X5T}, {}),
    ("Entra by SHA-256, PS256", {
        "client_certificate": PEM, "assertion_algorithm": "PS256",
        "assertion_headers": {"x5t#S256": "{{x5t_s256}}"}}, {"x5t#S256": X5T_S256, "alg": "PS256"}, {}),
    ("Entra, as the portal shows the thumbprint", {"assertion_headers": {"x5t": X5T}}, {"x5t": X5T}, {}),
    ("AD FS", {"client_certificate": PEM, "assertion_headers": {"x5t": "{{x5t}}", "kid": "{{x5t}}"}},
     {"x5t": X5T, "kid": X5T}, {}),
    ("Okta with scope in the assertion", {
        "assertion_key_id": "k-1", "assertion_claims": {"scope": "okta.users.read"}},
     {"kid": "k-1"}, {"scope": "okta.users.read"}),
    ("PingFederate with two audiences", {"assertion_claims": {"aud": ["https://auth.test", "https://b.test"]}},
     {}, {"aud": ["https://auth.test", "https://b.test"]}),
    ("SMART Backend Services", {"assertion_algorithm": "RS384", "assertion_headers": {
        "kid": "k-2", "jku": "https://client.test/jwks.json"}},
     {"kid": "k-2", "jku": "https://client.test/jwks.json", "alg": "RS384"}, {}),
    ("NHS: issuer and subject of another name", {"assertion_claims": {"iss": "api-key", "sub": "api-key"}},
     {}, {"iss": "api-key", "sub": "api-key"}),
    ("Maskinporten: a chain", {"assertion_headers": {"x5c": ["MIIB"]}}, {"x5c": ["MIIB"]}, {}),
    ("FAPI: not before", {"assertion_claims": {"nbf": "{{now-5}}", "exp": "{{now+60}}"}}, {}, {}),
    ("a server that refuses typ", {"assertion_headers": {"typ": None}}, {}, {}),
    ("a claim with a secret", {"assertion_claims": {"pin": "{{secret:PIN}}"},
                               "secret_parameters": {"template:PIN": "s3cret-pin"}},
     {}, {"pin": "s3cret-pin"}),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "fields", "header", "claims"), SHAPES, ids=[row[0] for row in SHAPES])
def test_an_assertion_has_what_the_provider_wants(endpoint, provider, fields, header, claims):
    """The added members stand in the assertion beside its own, or replace them."""
    found_header, found_claims = sent(endpoint, **fields)
    assert {name: found_header.get(name) for name in header} == header, provider
    assert {name: found_claims.get(name) for name in claims} == claims, provider
    named = set(fields.get("assertion_headers", {})) | set(header)
    assert set(found_header) - named <= {"alg", "typ", "kid"}


def test_times_and_omissions_are_filled_in(endpoint):
    """`{{now-5}}` becomes a number, and null leaves a member out."""
    header, claims = sent(
        endpoint, assertion_headers={"typ": None}, assertion_claims={"nbf": "{{now-5}}", "iat": None}
    )
    assert set(header) == {"alg"}
    assert set(claims) == {"iss", "sub", "aud", "jti", "exp", "nbf"}
    assert type(claims["nbf"]) is int
    assert claims["nbf"] <= time.time()


def test_an_assertion_without_additions_is_as_before(endpoint):
    """A document that adds nothing sends the members that it always sent."""
    header, claims = sent(endpoint)
    assert header == {"alg": "RS256", "typ": "JWT"}
    assert list(claims) == ["iss", "sub", "aud", "jti", "iat", "exp"]


def test_a_certificate_alone_adds_no_thumbprint(endpoint, tmp_path):
    """A client certificate changes the assertion only if a template asks for it; a path is read as well."""
    path = tmp_path / "c.pem"
    path.write_text(CERTIFICATE.private_key_and_cert_chain_pem.bytes().decode())
    header, _ = sent(endpoint, client_certificate=str(path))
    assert header == {"alg": "RS256", "typ": "JWT"}
    header, _ = sent(endpoint, client_certificate=str(path), assertion_headers={"x5t": "{{x5t}}"})
    assert header == {"alg": "RS256", "typ": "JWT", "x5t": X5T}


@pytest.mark.parametrize("field", ["jwt_headers"])
def test_the_jwts_of_other_methods_name_the_certificate_too(endpoint, field):
    """`{{x5t}}` works in the header of each JWT that is signed here."""
    endpoint.fetch("oauth2_jwt_bearer", client_certificate=PEM, **{field: {"x5t": "{{x5t}}"}})
    assert part(endpoint.forms[0]["assertion"].partition(".")[0])["x5t"] == X5T


def test_an_assertion_can_stand_in_for_the_clients_secret(endpoint):
    """Apple wants the signed JWT as client_secret, in token requests and refreshes alike."""
    places = {
        "client_secret": "{{client_assertion}}",
        "client_assertion": None,
        "client_assertion_type": None,
    }
    fields = {
        "client_auth": "private_key_jwt", "private_key": RSA_KEY, "client_secret": None,
        "assertion_audience": "https://appleid.apple.com", "assertion_claims": {"iss": "TEAM"},
    }  # fmt: skip
    endpoint.fetch(CLIENT, grant_body=places, **fields)
    endpoint.fetch("oauth2_authorization_code", "s3cret-refresh-1", refresh_body=places, **fields)
    for sent_form in endpoint.forms:
        claims = part(sent_form["client_secret"].split(".")[1])
        assert (claims["iss"], claims["sub"], claims["aud"]) == (
            "TEAM",
            "client-1",
            "https://appleid.apple.com",
        )
        assert set(sent_form) <= {"grant_type", "client_id", "client_secret", "refresh_token"}


MISUSES = [
    ({"assertion_headers": {"x5t": "{{x5t}}"}}, "template_unresolved", "client_certificate"),
    ({"assertion_headers": {"x5t": "{{thumbprint}}"}}, "template_unresolved", "thumbprint"),
    ({"assertion_headers": {"alg": "RS512"}}, "given_twice", "assertion_algorithm"),
    ({"assertion_headers": {"kid": "a"}, "assertion_key_id": "b"}, "given_twice", "assertion_key_id"),
    ({"assertion_headers": {"kid": 1}}, "jwt_illegal", "assertion_headers"),
    ({"assertion_headers": {"crit": []}}, "jwt_illegal", "assertion_headers"),
    ({"assertion_claims": {"exp": "tomorrow"}}, "jwt_illegal", "exp"),
    ({"assertion_claims": {"exp": 1}}, "token_expired_already", "assertion_claims"),
    ({"assertion_claims": {"pin": "{{secret:GONE}}"}}, "template_unresolved", "GONE"),
    ({"assertion_headers": {"x5t": "{{x5t}}"}, "client_certificate": "-----BEGIN RUBBISH-----"},
     "key_unreadable", "client_certificate"),
    ({"assertion_headers": {"x5t": "{{x5t}}"}, "client_certificate": "/nowhere/c.pem"},
     "file_missing", "client_certificate"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "named"), MISUSES)
def test_a_misused_assertion_is_named_before_anything_is_sent(endpoint, fields, code, named):
    """Lint names the field of the assertion that can't be used, and nothing is sent."""
    document = endpoint.document(CLIENT, client_auth="private_key_jwt", private_key=RSA_KEY, **fields)
    found = errors(watchword.load(document).lint())
    assert [each.code.name for each in found] == [code]
    assert named in found[0].message
    assert endpoint.seen == []


@pytest.mark.parametrize("stored", [True, False])
def test_a_stored_document_reads_only_allowed_certificates(endpoint, tmp_path, stored):
    """A template opens no file that the connection couldn't use anyway."""
    path = tmp_path / "c.pem"
    path.write_text(PEM)
    document = endpoint.document(
        CLIENT, client_auth="private_key_jwt", private_key=RSA_KEY, client_certificate=str(path),
        assertion_headers={"x5t": "{{x5t}}"},
    )  # fmt: skip
    found = errors(watchword.load(document, stored=stored).lint())
    assert [each.code.name for each in found] == (["reference_not_allowed"] if stored else [])


def test_a_decoy_names_no_certificate_of_the_client(endpoint):
    """A validation's wrong client has another thumbprint, also if the document states it itself."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret-access-1", "expires_in": 3600})
    document = endpoint.document(
        CLIENT, client_auth="private_key_jwt", private_key=RSA_KEY, client_certificate=None,
        assertion_headers={"x5t": X5T},
    )  # fmt: skip
    watchword.load(document, store="memory://").validate()
    thumbs = [part(form["client_assertion"].partition(".")[0])["x5t"] for form in endpoint.forms]
    assert len(thumbs) == 2
    assert [each == X5T for each in thumbs] == [True, False]


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: base64.b64encode(data).decode()))
def test_any_text_has_thumbprints_or_none(body):
    """Whatever stands between the lines of a certificate, the answer is two thumbprints or None."""
    found = thumbprints(f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----")
    assert found is None or {name: len(value) for name, value in found.items()} == {"x5t": 27, "x5t_s256": 43}
