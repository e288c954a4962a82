"""Documents that have little more than a provider's key file: the rest is read from it."""

from __future__ import annotations

import json
from functools import cache
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

import watchword
from watchword.findings.finding import errors

PASSPHRASE = "open-sesame-9"
URL = "https://auth.test/x"
GOOGLE_SCOPE = "https://www.googleapis.com/auth/bigquery"


@cache
def key():
    return rsa.generate_private_key(65537, 2048)


@cache
def pem(*, locked=False):
    protection = (
        serialization.BestAvailableEncryption(PASSPHRASE.encode()) if locked else serialization.NoEncryption()
    )
    form = serialization.PrivateFormat.PKCS8
    return key().private_bytes(serialization.Encoding.PEM, form, protection).decode()


def google(url):
    return {
        "type": "service_account",
        "private_key_id": "kid-1",
        "private_key": pem(),
        "client_email": "robot@p.iam.gserviceaccount.com",
        "client_id": "123",
        "token_uri": url,
    }


def box(**more):
    app = {"publicKeyID": "kid-1", "privateKey": pem(locked=True), "passphrase": PASSPHRASE}
    return {
        "boxAppSettings": {"clientID": "boxc", "clientSecret": "s3cret-box", "appAuth": app},
        "enterpriseID": "801",
        **more,
    }


@pytest.fixture
def ask(serve, reply, tmp_path):
    """Give a function that calls an API with a key file, and returns the token request's form and JWT."""
    server = serve(
        lambda seen: reply(body={"access_token": "s3cret-access"} if seen.method == "POST" else {})
    )

    def call(file, **fields):
        path = tmp_path / "key.json"
        path.write_text(json.dumps(file(server.url) if callable(file) else file))
        document = {"base_url": server.url, "method": "oauth2_jwt_bearer", "private_key": f"file:{path}"}
        connection = watchword.load(document | fields)
        assert errors(connection.lint()) == []
        with connection.session() as session:
            session.get("/a")
        form = dict(parse_qsl(server.seen[-2].body.decode()))
        assertion = form["assertion"]
        claims = jwt.decode(
            assertion, key().public_key(), algorithms=["RS256", "RS512"], options={"verify_aud": False}
        )
        return form, claims, jwt.get_unverified_header(assertion).get("kid")

    call.url = server.url
    return call


def test_google_s_service_account_needs_only_its_file_and_a_scope(ask):
    """Token URL, issuer, audience and key id are those of the file; the scope becomes a claim."""
    form, claims, kid = ask(google, scope=GOOGLE_SCOPE)
    assert (claims["iss"], claims["aud"], claims["scope"]) == (
        "robot@p.iam.gserviceaccount.com",
        ask.url,
        GOOGLE_SCOPE,
    )
    assert kid == "kid-1"
    assert "sub" not in claims
    assert "client_id" not in form


def test_box_s_app_needs_only_its_file(ask):
    """Issuer, enterprise, key id, client, passphrase, lifetime and jti come from Box's config JSON."""
    form, claims, kid = ask(box(), token_url=f"{ask.url}/oauth2/token")
    assert (claims["iss"], claims["sub"], claims["box_sub_type"]) == ("boxc", "801", "enterprise")
    assert claims["exp"] - claims["iat"] <= 60
    assert len(claims["jti"]) >= 16
    assert (form["client_id"], form["client_secret"], kid) == ("boxc", "s3cret-box", "kid-1")


def test_box_s_token_url_is_known():
    """Without a token URL, that of Box is used."""
    document = {
        "base_url": "https://api.box.com",
        "method": "oauth2_jwt_bearer",
        "private_key": json.dumps(box()),
    }
    connection = watchword.load(document)
    assert connection.lint() == []
    assert connection.credential.resolved.method.token_url == "https://api.box.com/oauth2/token"


def test_box_s_file_for_a_user_acts_for_the_user(ask):
    """A file that names a user acts for that user."""
    _, claims, _ = ask(box(userID="77"), token_url=f"{ask.url}/oauth2/token")
    assert (claims["sub"], claims["box_sub_type"]) == ("77", "user")


def test_what_the_document_says_has_priority(ask):
    """Each value that the document gives stays as it is."""
    form, claims, kid = ask(
        google,
        token_url=f"{ask.url}/own",
        payload={"iss": "own", "scope": "claim", "sub": "ann@example.com"},
        jwt_headers={"kid": "own-kid"},
        lifetime=60,
        scope="field",
    )
    assert (claims["iss"], claims["sub"], claims["scope"], kid) == (
        "own",
        "ann@example.com",
        "claim",
        "own-kid",
    )
    assert claims["aud"] == f"{ask.url}/own"
    assert form["scope"] == "field"


def test_another_client_of_the_document_does_not_get_the_file_s_secret(ask):
    """The client secret of a file belongs to its client alone."""
    form, _, _ = ask(box(), token_url=ask.url, client_id="own", client_auth="none")
    assert form["client_id"] == "own"
    assert "client_secret" not in form


def test_a_jwt_for_the_api_itself_takes_issuer_and_key_id_from_the_file(serve, reply):
    """`jwt_bearer` signs by the algorithm of the file, as its account, with its key id."""
    server = serve(reply())
    document = {
        "base_url": server.url,
        "method": "jwt_bearer",
        "jwt_secret": json.dumps(google("https://oauth2.googleapis.com/token")),
        "payload": {"aud": "https://pubsub.googleapis.com/"},
    }
    with watchword.load(document).session() as session:
        session.get("/a")
    token = server.seen[0].headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(
        token, key().public_key(), algorithms=["RS256"], audience="https://pubsub.googleapis.com/"
    )
    assert claims["iss"] == claims["sub"] == "robot@p.iam.gserviceaccount.com"
    assert jwt.get_unverified_header(token)["kid"] == "kid-1"


@pytest.mark.parametrize("payload", [{"iss": "own"}, {"iss": "own", "sub": "ann@example.com"}])
def test_a_payload_with_an_issuer_gets_no_subject_out_of_the_file(payload):
    """A document that names the issuer of its JWT has a subject only if it says one."""
    document = {
        "base_url": "https://api.example.com",
        "method": "jwt_bearer",
        "jwt_secret": json.dumps(google("https://auth.example.com/t")),
        "payload": payload,
    }
    claims = watchword.load(document).credential.resolved.method.payload
    assert {name: claims[name] for name in ("iss", "sub") if name in claims} == payload


def test_a_client_s_key_file_names_its_key(serve, reply):
    """The JSON of an application at ZITADEL gives the key and its id for private_key_jwt."""
    server = serve(reply(body={"access_token": "s3cret-access"}))
    document = {
        "base_url": server.url,
        "method": "oauth2_client_credentials",
        "token_url": f"{server.url}/token",
        "client_id": "c1",
        "private_key": json.dumps({"type": "application", "keyId": "kid-1", "key": pem(), "clientId": "c1"}),
    }
    with watchword.load(document).session() as session:
        session.get("/a")
    form = dict(parse_qsl(server.seen[0].body.decode()))
    assert jwt.get_unverified_header(form["client_assertion"])["kid"] == "kid-1"


def found(**fields):
    document = {"base_url": "https://api.example.com", "method": "oauth2_jwt_bearer", "private_key": pem()}
    return [(each.code.name, each.message) for each in errors(watchword.load(document | fields).lint())]


def test_a_missing_token_url_is_found():
    """A key without a file's values needs a token URL, and no session begins without one."""
    assert found() == [("missing_field", "The field token_url is missing.")]
    with pytest.raises(watchword.DocumentError):
        watchword.load(
            {"base_url": "https://api.example.com", "method": "oauth2_jwt_bearer", "private_key": pem()}
        ).session()


def test_a_missing_scope_at_google_is_found():
    """Google refuses a JWT without a scope, which is said before it is sent."""
    [(code, message)] = found(private_key=json.dumps(google("https://oauth2.googleapis.com/token")))
    assert code == "missing_field"
    assert "scope" in message


def test_the_secrets_of_a_file_are_masked():
    """Passphrase and client secret out of a file are masked like those of the document."""
    document = {
        "base_url": "https://api.box.com",
        "method": "oauth2_jwt_bearer",
        "private_key": json.dumps(box()),
    }
    connection = watchword.load(document)
    kept = connection.credential.resolved
    assert PASSPHRASE not in watchword.redact.text(f"a {PASSPHRASE} b")
    assert "s3cret-box" not in watchword.redact.text("a s3cret-box b")
    assert kept.method.client_secret == "s3cret-box"


def test_a_document_without_a_file_is_the_same_as_before():
    """Plain PEM fills nothing in: what decides the token's identity is what the document says."""
    document = {
        "base_url": "https://api.example.com",
        "method": "oauth2_jwt_bearer",
        "private_key": pem(),
        "token_url": "https://auth.example.com/t",
        "payload": {"iss": "x"},
    }
    method = watchword.load(document).credential.resolved.method
    assert (method.private_key, method.payload, method.jwt_headers) == (pem(), {"iss": "x"}, {})
    assert method.client_id is None


# What version 0.1.0 hashed for a document whose private_key is a service account's JSON file.
HASHED_CLIENT = (
    ("assertion_algorithm", "RS256"),
    ("assertion_audience", ""),
    ("assertion_key_id", ""),
    ("basic_encoding", "form"),
)
HASHED_SIGN_IN = (
    *HASHED_CLIENT,
    ("client_auth", "private_key_jwt"),
    ("client_id", "c"),
    ("client_secret", None),
    ("default_lifetime", None),
    ("grant_format", "form"),
    ("private_key", json.dumps(google("https://auth.test/t"))),
    ("private_key_passphrase", None),
    ("refresh_body", "{}"),
    ("refresh_headers", "{}"),
    ("refresh_token", None),
    ("refresh_url", None),
    ("response_access_path", "access_token"),
    ("response_expires_path", "expires_in"),
    ("response_refresh_expires_path", ""),
    ("response_refresh_path", "refresh_token"),
    ("token_url", "https://auth.test/t"),
)
HASHED_ACCOUNT = (
    ("algorithm", "RS256"),
    *HASHED_CLIENT,
    ("client_auth", "header"),
    ("client_id", None),
    ("client_secret", None),
    ("default_lifetime", None),
    ("grant_body", "{}"),
    ("grant_format", "form"),
    ("grant_headers", "{}"),
    ("jwt_headers", "{}"),
    ("lifetime", 180),
    ("payload", '{"iss": "r", "sub": "u"}'),
    ("private_key", json.dumps(google("https://auth.test/t"))),
    ("private_key_passphrase", None),
    ("response_access_path", "access_token"),
    ("response_expires_path", "expires_in"),
    ("scope", "a"),
    ("scope_separator", " "),
    ("token_url", "https://auth.test/t"),
)
SIGN_IN = {"client_id": "c", "client_auth": "private_key_jwt"}


@pytest.mark.parametrize(
    ("fields", "hashed"),
    [
        ({**SIGN_IN, "method": "oauth2_authorization_code", "authorize_url": URL}, HASHED_SIGN_IN),
        ({**SIGN_IN, "method": "oauth2_device_code", "device_authorization_endpoint": URL}, HASHED_SIGN_IN),
        (
            {"method": "oauth2_jwt_bearer", "scope": "a", "payload": {"iss": "r", "sub": "u"}},
            HASHED_ACCOUNT,
        ),
    ],
    ids=lambda value: value["method"] if isinstance(value, dict) else "",
)
def test_stored_tokens_of_a_document_with_a_file_are_found_again(fields, hashed):
    """The identity of a token is, byte for byte, that of earlier versions, which took only the key."""
    file = json.dumps(google("https://auth.test/t"))
    document = {
        "base_url": "https://api.test", "token_url": "https://auth.test/t", "private_key": file, **fields
    }  # fmt: skip
    source = watchword.load(document).credential.source
    assert source.identity == hashed
