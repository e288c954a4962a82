"""The request of each grant, byte by byte, and how its token is looked up."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

import watchword
from watchword import redact
from watchword.findings.finding import errors
from watchword.http.transport_options import TransportOptions
from watchword.tokens.token_source import StoredSource
from watchword_playground.keys import ES256_KEY, RSA_KEY

SECRET = "s3cret-client-0123456789abcdef0123456789abcdef"
METHODS = [name for name in watchword.METHODS if name.startswith("oauth2_")]
MACHINES = [name for name in METHODS if name not in {"oauth2_authorization_code", "oauth2_device_code"}]

EXCHANGE = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
KIND = "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3A"

BODIES = [
    ("oauth2_client_credentials", {}, "grant_type=client_credentials"),
    ("oauth2_client_credentials", {"scope": "a  b"}, "grant_type=client_credentials&scope=a+b"),
    ("oauth2_client_credentials", {"scope": "a b", "scope_separator": ","},
     "grant_type=client_credentials&scope=a%2Cb"),
    ("oauth2_client_credentials",
     {"client_auth": "client_secret_post", "scope": "a", "grant_body": {"audience": "x"}},
     f"grant_type=client_credentials&scope=a&client_id=client-1&client_secret={SECRET}&audience=x"),
    ("oauth2_client_credentials", {"scope": "a", "grant_body": {"scope": None, "grant_type": "own", "n": 5}},
     "grant_type=own&n=5"),
    ("oauth2_password", {"scope": "a"}, "grant_type=password&username=ann&password=s3cret-password&scope=a"),
    ("oauth2_password", {"client_id": "c", "client_auth": "none"},
     "grant_type=password&username=ann&password=s3cret-password&client_id=c"),
    ("oauth2_token_exchange", {},
     f"grant_type={EXCHANGE}&subject_token=s3cret-subject-token&subject_token_type={KIND}access_token"),
    ("oauth2_token_exchange",
     {"subject_token_type": "jwt", "actor_token": "s3cret-actor", "actor_token_type": "urn:acme:kind",
      "requested_token_type": "saml2", "audience": "orders", "resource": "https://api.test/o",
      "scope": "read"},
     (f"grant_type={EXCHANGE}&subject_token=s3cret-subject-token&subject_token_type={KIND}jwt"
     f"&actor_token=s3cret-actor&actor_token_type=urn%3Aacme%3Akind&requested_token_type={KIND}saml2"
     "&audience=orders&resource=https%3A%2F%2Fapi.test%2Fo&scope=read")),
]  # fmt: skip


@pytest.mark.parametrize(("method", "fields", "body"), BODIES)
def test_the_body_is_this(endpoint, method, fields, body):
    """Fields are in the RFCs' order and none is empty; the document's fields are added or replace them."""
    endpoint.fetch(method, **fields)
    (seen,) = endpoint.seen
    assert seen.body.decode() == body
    assert seen.method == "POST"
    assert seen.headers["Accept"] == "application/json"
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("method", MACHINES)
@pytest.mark.parametrize("grant_format", ["json", "query"])
def test_every_grant_is_written_as_the_server_wants_it(endpoint, method, grant_format):
    """The request is sent as JSON or in the URL instead of a form, with the document's headers."""
    endpoint.fetch(method, grant_format=grant_format, grant_headers={"X-Tenant": "acme"})
    (seen,) = endpoint.seen
    assert seen.headers["X-Tenant"] == "acme"
    if grant_format == "json":
        assert "grant_type" in json.loads(seen.body)
    else:
        assert "grant_type=" in urlsplit(seen.path).query
        assert seen.body == b""


def verified(form, text, algorithm="RS256"):
    """Return header and claims of the assertion in a form, its signature checked by joserfc."""
    loaded = serialization.load_pem_private_key(text.encode(), None).public_key()
    form_of_key = serialization.PublicFormat.SubjectPublicKeyInfo
    key = RSAKey.import_key(loaded.public_bytes(serialization.Encoding.PEM, form_of_key))
    signed = jws.deserialize_compact(form["assertion"], key, algorithms=[algorithm])
    return signed.headers(), json.loads(signed.payload)


def test_a_google_service_account_is_expressible(endpoint):
    """A service account's file is accepted as key, with a scope claim and the token URL as audience."""
    file = json.dumps({"type": "service_account", "private_key": RSA_KEY, "private_key_id": "k1"})
    endpoint.fetch(
        "oauth2_jwt_bearer", private_key=file, jwt_headers={"kid": "k1"}, lifetime=3600,
        payload={"iss": "robot@acme.test", "scope": "https://auth.test/bigquery"},
    )  # fmt: skip
    (form,) = endpoint.forms
    assert list(form) == ["grant_type", "assertion"]
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    header, claims = verified(form, RSA_KEY)
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims["exp"] - claims["iat"] == 3600
    times = {"iat", "nbf", "exp"}
    assert {name: value for name, value in claims.items() if name not in times} == {
        "aud": endpoint.url, "iss": "robot@acme.test", "scope": "https://auth.test/bigquery",
    }  # fmt: skip


def test_salesforce_is_expressible(endpoint):
    """Another audience, omitted claims and a response without a lifetime are accepted."""
    endpoint.answer = endpoint.reply(body={"access_token": "s3cret", "scope": "api", "issued_at": "17"})
    token = endpoint.fetch(
        "oauth2_jwt_bearer", default_lifetime=900,
        payload={"iss": "consumer", "sub": "ann@acme.test", "aud": "https://login.test", "nbf": None,
                 "iat": None},
    )  # fmt: skip
    _, claims = verified(endpoint.forms[0], RSA_KEY)
    assert sorted(claims) == ["aud", "exp", "iss", "sub"]
    assert claims["aud"] == "https://login.test"
    assert token.lifetime == 900


def test_each_assertion_is_new(endpoint):
    """A jti of {{uuid}} differs in each request without a warning, since each JWT is sent once."""
    made = watchword.load(endpoint.document("oauth2_jwt_bearer", payload={"iss": "i", "jti": "{{uuid}}"}))
    assert made.lint() == []
    for _ in range(2):
        made.credential.source.fetch(TransportOptions())
    first, second = (verified(form, RSA_KEY)[1]["jti"] for form in endpoint.forms)
    assert first != second


def test_an_assertion_may_be_signed_by_a_secret(endpoint):
    """HS256 uses the text of private_key as the secret."""
    endpoint.fetch("oauth2_jwt_bearer", algorithm="HS256", private_key=SECRET)
    signed = jws.deserialize_compact(endpoint.forms[0]["assertion"], OctKey.import_key(SECRET))
    assert json.loads(signed.payload)["iss"] == "client-1"


@pytest.mark.parametrize(
    ("method", "fields", "code"),
    [
        ("oauth2_jwt_bearer", {"private_key": ES256_KEY}, "key_unsuitable"),
        ("oauth2_jwt_bearer", {"private_key": "s3cret"}, "key_unreadable"),
        ("oauth2_jwt_bearer", {"payload": {"iss": "{{secret:NONE}}"}}, "template_unresolved"),
        ("oauth2_jwt_bearer", {"payload": {"exp": 5}}, "token_expired_already"),
        ("oauth2_jwt_bearer", {"jwt_headers": {"alg": "none"}}, "given_twice"),
        ("oauth2_token_exchange", {"subject_token_type": "s3cret"}, "wrong_type"),
        ("oauth2_token_exchange", {"requested_token_type": "token"}, "wrong_type"),
        ("oauth2_password", {"password": ""}, "placeholder_secret"),
        ("oauth2_password", {"grant_body": {"pin": "{{secret:NONE}}"}}, "template_unresolved"),
        ("oauth2_password", {"grant_headers": {"a b": "1"}}, "header_illegal"),
        ("oauth2_password", {"token_url": "auth.test/token"}, "url_not_absolute"),
        ("oauth2_authorization_code", {"authorize_url": "auth.test"}, "url_not_absolute"),
        ("oauth2_authorization_code", {"authorize_url": None}, "missing_field"),
        ("oauth2_authorization_code", {"refresh_body": {"a": "{{secret:NONE}}"}}, "template_unresolved"),
        ("oauth2_authorization_code", {"refresh_headers": {"a": "b\nc"}}, "header_illegal"),
        ("oauth2_device_code", {"device_authorization_endpoint": None}, "missing_field"),
        ("oauth2_device_code", {"revocation_endpoint": "http://auth.test/revoke"}, "url_plain_http"),
    ],
)
def test_what_is_wrong_in_a_document_is_a_finding(endpoint, method, fields, code):
    """Each field is checked before anything is sent, and no finding shows a secret."""
    made = watchword.load(endpoint.document(method, **fields), name="acme")
    found = errors(made.lint())
    assert code in {one.code.name for one in found}
    assert "s3cret" not in str(found)
    assert endpoint.seen == []


ACCOUNTS = [
    ("oauth2_client_credentials", "client-1", ""),
    ("oauth2_jwt_bearer", "", "client-1 ann"),
    ("oauth2_password", "", "ann"),
    ("oauth2_token_exchange", "", "s3cret-subject-token"),
]


@pytest.mark.parametrize(("method", "client_id", "subject"), ACCOUNTS)
def test_an_account_says_whose_token_it_is(endpoint, method, client_id, subject):
    """A token is looked up in a store by method, server, client and subject."""
    source = endpoint.source(method)
    assert isinstance(source, StoredSource)
    account = source.account
    assert (account.method, account.token_url) == (method, endpoint.url)
    assert (account.client_id, account.subject) == (client_id, subject)
    assert not account.signs_in
    assert account.imported is None


CHANGES = [
    {"client_id": "other", "client_auth": "none"}, {"client_secret": "s3cret-other", "client_id": "client-1"},
    {"scope": "other"}, {"grant_body": {"a": 1}}, {"grant_headers": {"A": "1"}}, {"grant_format": "json"},
    {"response_access_path": "t"}, {"default_lifetime": 5}, {"token_url": "https://other.test/token"},
]  # fmt: skip


@pytest.mark.parametrize("method", MACHINES)
@pytest.mark.parametrize("changed", CHANGES)
def test_what_shapes_a_token_is_its_identity(endpoint, method, changed):
    """Another value in any such field means another token; the same document always means the same token."""
    identity = endpoint.source(method).identity
    assert endpoint.source(method).identity == identity
    assert endpoint.source(method, **changed).identity != identity


@pytest.mark.parametrize("method", METHODS)
def test_where_a_token_goes_is_none_of_its_identity(endpoint, method):
    """One token serves two connections that send it in their own ways."""
    identity = endpoint.source(method).identity
    assert endpoint.source(method, prefix="Token", header_name="X-Auth").identity == identity


def test_the_order_of_a_json_field_is_no_matter(endpoint):
    """The order of entries in a JSON field doesn't matter, since hosts store it in their own order."""
    one = endpoint.source("oauth2_password", grant_body={"a": 1, "b": {"c": 2, "d": 3}})
    other = endpoint.source("oauth2_password", grant_body={"b": {"d": 3, "c": 2}, "a": 1})
    assert one.identity == other.identity


def test_secrets_of_templates_are_part_of_the_identity(endpoint):
    """The same template with another secret means another token."""
    fields = {"grant_body": {"pin": "{{secret:PIN}}"}}
    made = [
        endpoint.source("oauth2_password", secret_parameters={"template:PIN": pin}, **fields).identity
        for pin in ("s3cret-1", "s3cret-2")
    ]
    assert made[0] != made[1]


@pytest.mark.parametrize("method", METHODS)
def test_a_source_shows_no_secret(endpoint, method):
    """The repr of a source or a method shows no secret."""
    fields = {"client_id": "client-1", "client_secret": SECRET}
    made = watchword.load(endpoint.document(method, refresh_token="s3cret-refresh", **fields)
                          if method in {"oauth2_authorization_code", "oauth2_device_code"}
                          else endpoint.document(method, **fields), name="acme")  # fmt: skip
    source = made.credential.source
    shown = f"{source!r} {source.account!r} {made.credential.resolved.method!r} {made!r}"
    assert "s3cret" not in shown
    assert "PRIVATE" not in shown


def test_what_shows_the_client_is_masked_while_it_is_sent(endpoint, monkeypatch):
    """An assertion is masked only until its request is sent; a Basic header stays masked."""
    monkeypatch.setattr("watchword.redact.registry.MOST_LATE", 0)
    told = []
    redact.subscribe(told.append)
    endpoint.fetch("oauth2_client_credentials", client_auth="private_key_jwt", private_key=RSA_KEY)
    (form,) = endpoint.forms
    assert form["client_assertion"] in told
    assert form["client_assertion"] not in redact.known()
    source = endpoint.source("oauth2_client_credentials")
    token = source.fetch(TransportOptions())
    basic = endpoint.seen[1].headers["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == f"client-1:{SECRET}"
    assert basic in redact.known()
    assert token.access_token in redact.known()
