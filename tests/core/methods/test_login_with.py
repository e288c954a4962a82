"""Requests for a token that another method authenticates, as real providers want them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.serialization import NoEncryption, load_pem_private_key, pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_AUTH_HEADER, Client

import watchword
from tests.support.nightly import usually
from watchword import redact
from watchword.connections.masked import masked
from watchword.errors import DocumentError, TokenError, WatchwordError
from watchword.findings.finding import errors
from watchword.stores.memory import MemoryStore
from watchword_playground.keys import ES256_KEY, RSA_KEY

ACCESS = "s3cret-issued-token-1"
KEYS = {
    "template:KEY": RSA_KEY,
    "template:EC": ES256_KEY,
    "template:SECRET": "s3cret-shared-0123456789",
    "template:AK": "AKIDEXAMPLE000000004",
    "template:SK": "s3cret-aws-0123456789",
}
SECRETS = [KEYS["template:SECRET"], KEYS["template:SK"], ACCESS, RSA_KEY.splitlines()[3]]


def authorization(seen, scheme):
    found, _, value = seen.headers.get("Authorization", "").partition(" ")
    return value if found == scheme else ""


def form(seen):
    return dict(parse_qsl(seen.body.decode(), keep_blank_values=True))


def signed_jwt(text, key, **claims):
    """Return whether a text is a JWT that the key has signed, with these claims."""
    public = load_pem_private_key(key.encode(), None).public_key()
    try:
        found = jwt.decode(text, public, algorithms=["RS256", "ES256"], options={"verify_aud": False})
    except jwt.PyJWTError:
        return False
    return {name: found.get(name) for name in claims} == claims


def signed_by_oauth1(seen, port):
    """Return whether oauthlib computes the same signature with the request's own nonce and time."""
    sent = dict(re.findall(r'(\w+)="([^"]*)"', authorization(seen, "OAuth")))
    if not sent:
        return False
    client = Client(
        "ak", client_secret=KEYS["template:SECRET"], signature_method=SIGNATURE_HMAC_SHA256,
        signature_type=SIGNATURE_TYPE_AUTH_HEADER, nonce=sent["oauth_nonce"],
        timestamp=sent["oauth_timestamp"],
    )  # fmt: skip
    body = seen.body.decode() if seen.headers.get("Content-Type", "").endswith("urlencoded") else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    url = f"http://127.0.0.1:{port}{seen.path}"
    _, expected, _ = client.sign(url, seen.method, body, headers)
    again = dict(re.findall(r'(\w+)="([^"]*)"', expected["Authorization"]))
    return again["oauth_signature"] == sent["oauth_signature"]


def signed_by_aws(seen, port):
    """Return whether botocore computes the same signature for the request's own time."""
    found = re.match(
        r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)",
        authorization(seen, "AWS4-HMAC-SHA256"),
    )
    if not found:
        return False
    access_key, region, service, names, signature = found.groups()
    headers = {name: value for name, value in seen.headers.items() if name.lower() in names.split(";")}
    request = AWSRequest(seen.method, f"http://127.0.0.1:{port}{seen.path}", headers, seen.body)
    request.context["timestamp"] = seen.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(access_key, KEYS["template:SK"]), service, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request) == signature


def digest_is_right(seen):
    """Return whether the response to the challenge is the one of RFC 7616 with MD5."""
    sent = dict(re.findall(r'(\w+)="?([^",]+)"?', authorization(seen, "Digest")))
    if not sent:
        return False

    def md5(text):
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    ha1, ha2 = md5(f"ann:r:{KEYS['template:SECRET']}"), md5(f"{seen.method}:{sent['uri']}")
    return sent["response"] == md5(f"{ha1}:n1:{sent['nc']}:{sent['cnonce']}:auth:{ha2}")


CLIENT = {"method": "oauth2_client_credentials", "client_id": "app-1", "client_auth": "none"}
SESSION = {"method": "session_login", "response_access_path": "token"}
JWT_LOGIN = {
    "method": "jwt_bearer",
    "algorithm": "RS256",
    "jwt_secret": "{{secret:KEY}}",
    "payload": {"iss": "app-1"},
}
OAUTH1 = {
    "method": "oauth1",
    "signature_method": "HMAC-SHA256",
    "consumer_key": "ak",
    "consumer_secret": "{{secret:SECRET}}",
}
AWS = {
    "method": "aws_sigv4",
    "region": "eu-west-1",
    "service": "airflow",
    "access_key": "{{secret:AK}}",
    "secret_key": "{{secret:SK}}",
}
BASIC = "Basic " + base64.b64encode(f"ann:{KEYS['template:SECRET']}".encode()).decode()

SHAPES = [
    ("GitHub App, by the store", {
        **CLIENT, "response_access_path": "token", "response_expires_path": "expires_at",
        "grant_body": {"grant_type": None, "client_id": None}, "login_with": {**JWT_LOGIN, "lifetime": 540}},
     lambda seen, _: signed_jwt(authorization(seen, "Bearer"), RSA_KEY, iss="app-1") and seen.body == b""),
    ("GitHub App, as a session", {**SESSION, "response_expires_path": "expires_at", "login_with": {
        "method": "jwt_bearer", "algorithm": "RS256", "private_key": "{{secret:KEY}}",
        "payload": {"iss": "app-1"}}},
     lambda seen, _: signed_jwt(authorization(seen, "Bearer"), RSA_KEY, iss="app-1") and seen.body == b""),
    ("GitHub App for some repositories", {
        **SESSION, "login_body": {"repositories": ["a"]}, "login_with": JWT_LOGIN},
     lambda seen, _: signed_jwt(authorization(seen, "Bearer"), RSA_KEY)
     and json.loads(seen.body) == {"repositories": ["a"]}),
    ("HERE, by login_with", {**CLIENT, "response_access_path": "token", "grant_body": {"client_id": None},
                             "login_with": OAUTH1},
     lambda seen, port: signed_by_oauth1(seen, port) and form(seen) == {"grant_type": "client_credentials"}),
    ("HERE, by client_auth", {**CLIENT, "response_access_path": "token", "client_auth": "oauth1",
                              "client_id": "ak", "client_secret": KEYS["template:SECRET"]},
     lambda seen, port: signed_by_oauth1(seen, port) and form(seen) == {"grant_type": "client_credentials"}),
    ("HERE with JSON", {**CLIENT, "response_access_path": "token", "client_auth": "oauth1", "client_id": "ak",
                        "client_secret": KEYS["template:SECRET"], "grant_format": "json"},
     lambda seen, port: signed_by_oauth1(seen, port)
     and json.loads(seen.body) == {"grant_type": "client_credentials"}),
    ("API Gateway before a login", {**SESSION, "login_body": {"user": "ann"}, "login_with": AWS},
     lambda seen, port: signed_by_aws(seen, port) and json.loads(seen.body) == {"user": "ann"}),
    ("Vertica-like login by Digest", {**SESSION, "login_with": {
        "method": "digest", "username": "ann", "password": "{{secret:SECRET}}"}},
     lambda seen, _: digest_is_right(seen)),
    ("Tableau-like gateway with Basic", {**SESSION, "login_body": {"site": "acme"}, "login_with": {
        "method": "basic", "username": "ann", "password": "{{secret:SECRET}}"}},
     lambda seen, _: seen.headers.get("Authorization") == BASIC),
    ("Apigee in front of a token endpoint", {
        **CLIENT, "response_access_path": "token", "login_with": {
            "method": "api_key", "key_name": "x-apikey", "api_key": "{{secret:SECRET}}"}},
     lambda seen, _: seen.headers.get("x-apikey") == KEYS["template:SECRET"]
     and form(seen) == {"grant_type": "client_credentials", "client_id": "app-1"}),
    ("Azure's function key in the query", {**SESSION, "login_with": {
        "method": "api_key", "key_name": "code", "add_to": "query", "api_key": "{{secret:SECRET}}"}},
     lambda seen, _: dict(parse_qsl(urlsplit(seen.path).query)) == {"code": KEYS["template:SECRET"]}),
    ("Snowflake-like exchange with a key pair", {
        **SESSION, "login_body": {"scope": "session:role:R"}, "login_format": "form", "login_with": {
            **JWT_LOGIN, "add_to": "body", "body_name": "assertion"}},
     lambda seen, _: signed_jwt(form(seen).get("assertion", ""), RSA_KEY)
     and form(seen)["scope"] == "session:role:R"),
    ("Apple's client secret", {
        **CLIENT, "response_access_path": "token", "login_with": {
            "method": "jwt_bearer", "algorithm": "ES256", "private_key": "{{secret:EC}}", "add_to": "body",
            "body_name": "client_secret", "jwt_headers": {"kid": "k"},
            "payload": {"iss": "TEAM", "sub": "app-1", "aud": "https://appleid.apple.com"}}},
     lambda seen, _: signed_jwt(form(seen).get("client_secret", ""), ES256_KEY, iss="TEAM", sub="app-1")),
    ("a JSON login that carries the key", {**SESSION, "login_with": {
        "method": "api_key", "key_name": "apiKey", "add_to": "body", "api_key": "{{secret:SECRET}}"}},
     lambda seen, _: json.loads(seen.body or "{}") == {"apiKey": KEYS["template:SECRET"]}),
    ("an old bearer for a new one", {**SESSION, "login_with": {
        "method": "bearer", "bearer_token": "{{secret:SECRET}}"}},
     lambda seen, _: authorization(seen, "Bearer") == KEYS["template:SECRET"]),
    ("one JWT for each request", {**SESSION, "login_with": {**JWT_LOGIN, "lifetime": 0}},
     lambda seen, _: signed_jwt(authorization(seen, "Bearer"), RSA_KEY)),
]  # fmt: skip


class Provider:
    """An API whose token endpoint wants its requests authenticated."""

    def __init__(self, serve, reply, is_right):
        self.reply, self.is_right = reply, is_right
        self.refusal = reply(401, body={"message": "no"}, headers={"WWW-Authenticate": (
            'Digest realm="r", nonce="n1", qop="auth", algorithm=MD5')})  # fmt: skip
        self.delay, self.others = 0.0, {}
        self.server = serve(self.answer)
        self.url = self.server.url

    def answer(self, seen):
        path = urlsplit(seen.path).path
        if path in self.others:
            return self.others[path](seen)
        if path != "/token":
            return self.reply(200 if ACCESS in seen.text else 401, body={})
        if not self.is_right(seen, self.server.port):
            return self.refusal
        return self.reply(201, body={"token": ACCESS, "expires_at": "2099-01-01T00:00:00Z"}, delay=self.delay)

    def document(self, fields):
        url = "login_url" if fields["method"] == "session_login" else "token_url"
        return {"base_url": self.url, url: f"{self.url}/token", "secret_parameters": KEYS, **fields}

    def connection(self, fields, name="acme"):
        return watchword.load(self.document(fields), name=name, store=MemoryStore())

    def sent_to(self, path):
        return [seen for seen in self.server.seen if urlsplit(seen.path).path == path]


@pytest.fixture
def provider(serve, reply):
    return lambda is_right=lambda *_: True: Provider(serve, reply, is_right)


@pytest.mark.parametrize(("shape", "fields", "is_right"), SHAPES, ids=[row[0] for row in SHAPES])
def test_a_token_request_is_authenticated_as_the_provider_wants_it(provider, caplog, shape, fields, is_right):
    """The provider accepts the request for the token, the API gets the token, and nothing shows a secret."""
    caplog.set_level(logging.DEBUG)
    api = provider(is_right)
    connection = api.connection(fields)
    assert [each.code.name for each in connection.lint()] == [], shape
    with connection.session() as session:
        assert session.get("/v1/me").status_code == 200
    shown = f"{connection.credential.resolved.method!r} {connection!r} {caplog.text}"
    assert [each for each in SECRETS if each in shown] == []
    (called,) = api.sent_to("/v1/me")
    assert [each for each in SECRETS if each in called.text] == [ACCESS]


LOGINS = [row for row in SHAPES if "login_with" in row[1]]


@pytest.mark.parametrize("shape", LOGINS, ids=[row[0] for row in LOGINS])
def test_without_the_login_the_provider_refuses(provider, shape):
    """The login is what the provider accepts: the same document without it gets no token."""
    api = provider(shape[2])
    fields = {name: value for name, value in shape[1].items() if name != "login_with"}
    if fields["method"] == "session_login":
        fields = {"login_body": {"x": 1}, **fields}
    with pytest.raises(TokenError), api.connection(fields).session() as session:
        session.get("/v1/me")


def mwaa(api):
    """Return MWAA's document: a signed request for a web token, which a login turns into a cookie."""
    return {
        "method": "session_login", "login_url": f"{api.url}/aws_mwaa/login", "login_format": "form",
        "response_cookie": "session", "add_to": "cookie",
        "login_with": {
            "method": "session_login", "login_url": f"{api.url}/webtoken/env", "add_to": "body",
            "body_name": "token", "response_access_path": "WebToken", "login_with": AWS,
        },
    }  # fmt: skip


def as_mwaa(api):
    def web_token(seen):
        good = signed_by_aws(seen, api.server.port)
        return api.reply(
            200 if good else 403, body={"WebToken": "s3cret-web-token"} if good else {"message": "Missing"}
        )

    def login(seen):
        good = form(seen) == {"token": "s3cret-web-token"}
        cookie = {"Set-Cookie": f"session={ACCESS}; HttpOnly; Path=/"} if good else {}
        return api.reply(200 if good else 401, body="", headers=cookie)

    api.others |= {"/webtoken/env": web_token, "/aws_mwaa/login": login}
    return api


def test_a_login_may_have_a_login(provider, caplog):
    """MWAA: a signed request gives a web token, a second one with it a cookie, which the API takes."""
    caplog.set_level(logging.DEBUG)
    api = as_mwaa(provider())
    connection = api.connection(mwaa(api))
    with connection.session() as session:
        assert [session.get("/api/v1/dags").status_code for _ in range(3)] == [200] * 3
    paths = [urlsplit(seen.path).path for seen in api.server.seen]
    assert paths == ["/webtoken/env", "/aws_mwaa/login", *["/api/v1/dags"] * 3]
    assert [each for each in (*SECRETS, "s3cret-web-token") if each in caplog.text] == []
    assert "valid" in str(connection.validate("/api/v1/dags"))


def test_many_threads_make_one_login(provider):
    """32 threads that need a token at once make one request for the web token and one login."""
    api = as_mwaa(provider())
    connection = api.connection(mwaa(api))
    together = threading.Barrier(32)

    def call(_):
        together.wait()
        with connection.session() as session:
            return session.get("/api/v1/dags").status_code

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(call, range(32))) == [200] * 32
    assert [len(api.sent_to(path)) for path in ("/webtoken/env", "/aws_mwaa/login")] == [1, 1]


def test_the_logins_own_session_is_closed(provider):
    """A login that has a logout is logged out as soon as it has served."""
    api = as_mwaa(provider())
    api.others["/webtoken/end"] = lambda _: api.reply(204)
    document = mwaa(api)
    document["login_with"] |= {"logout_url": f"{api.url}/webtoken/end", "add_to": "body"}
    with api.connection(document).session() as session:
        assert session.get("/api/v1/dags").status_code == 200
        paths = [urlsplit(seen.path).path for seen in api.server.seen]
    assert paths == ["/webtoken/env", "/aws_mwaa/login", "/webtoken/end", "/api/v1/dags"]
    assert form(api.sent_to("/webtoken/end")[0]) == {"token": "s3cret-web-token"}


def test_a_sign_ins_refresh_is_authenticated_too(provider):
    """The refresh request of a sign-in, and the revocation of its token, are signed by the login."""
    api = provider(signed_by_oauth1)
    fields = {
        "method": "oauth2_authorization_code", "client_id": "app-1", "client_auth": "none",
        "refresh_token": "s3cret-refresh-1", "response_access_path": "token", "login_with": OAUTH1,
    }  # fmt: skip
    with api.connection(fields).session() as session:
        assert session.get("/v1/me").status_code == 200
    assert form(api.sent_to("/token")[0])["refresh_token"] == "s3cret-refresh-1"


def failure(connection):
    with pytest.raises(WatchwordError) as error, connection.session() as session:
        session.get("/v1/me")
    return error.value.findings[0]


def test_a_refusal_of_the_request_itself_says_so(provider):
    """If the token endpoint refuses, the finding is its own, and names the login as a possible cause."""
    api = provider(lambda *_: False)
    found = failure(api.connection(SHAPES[0][1]))
    assert found.code.name == "invalid_client"
    assert "token endpoint" in found.message
    assert "authenticated by login_with (jwt_bearer)" in found.message
    assert "Check login_with (jwt_bearer) too" in found.advice


def test_a_refusal_in_the_logins_own_terms_is_explained(provider):
    """What AWS says about a signature stands in the advice of the login that it was for."""
    api = provider(lambda *_: False)
    text = "The request signature we calculated does not match the signature you provided."
    api.refusal = api.reply(
        403, body={"message": text}, headers={"x-amzn-ErrorType": "InvalidSignatureException"}
    )
    found = failure(api.connection({**SESSION, "login_body": {"user": "ann"}, "login_with": AWS}))
    assert found.code.name == "login_refused"
    assert "signature" in found.advice.lower()


INNER = {"method": "oauth2_client_credentials", "client_id": "inner", "client_secret": "{{secret:SECRET}}"}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"error": "invalid_client"}, "login_with_refused"),
        (400, {"error": "invalid_grant"}, "login_with_refused"),
        (200, {"nothing": 1}, "login_with_refused"),
        (200, "<html>", "login_with_refused"),
        (503, {}, "temporarily_unavailable"),
        (500, {}, "temporarily_unavailable"),
    ],
)
@pytest.mark.parametrize("outer", ["oauth2_client_credentials", "oauth2_authorization_code"])
def test_a_failure_of_the_login_is_no_answer_to_the_request(provider, status, body, code, outer):
    """If the login itself fails, the finding names it, nothing else is sent, and a sign-in goes on living."""
    api = provider()
    api.others["/inner"] = lambda _: api.reply(status, body=body)
    more = {"refresh_token": "s3cret-refresh-1"} if outer == "oauth2_authorization_code" else {}
    fields = {
        **CLIENT, "method": outer, "response_access_path": "token",
        "login_with": {**INNER, "token_url": f"{api.url}/inner"}, **more,
    }  # fmt: skip
    connection = api.connection(fields)
    found = failure(connection)
    assert found.code.name == code
    assert found.message.startswith("login_with (oauth2_client_credentials): ")
    assert api.sent_to("/token") == []
    record = connection.credential.token_cache._provider.stored.load().record
    assert record.attempt == 0  # the outcome of the refresh is known: there was none
    if code == "temporarily_unavailable":
        return  # it asked for a pause
    api.others["/inner"] = lambda _: api.reply(body={"access_token": "s3cret-inner-1"})
    connection.renew_token()  # a validation's way: it asks although a failure is remembered
    assert len(api.sent_to("/token")) == 1


def test_a_refused_login_is_remembered(provider):
    """A login that was refused is not tried again at once: some providers lock accounts."""
    api = provider()
    api.others["/inner"] = lambda _: api.reply(401, body={"error": "invalid_client"})
    fields = {
        **CLIENT, "response_access_path": "token", "login_with": {**INNER, "token_url": f"{api.url}/inner"},
    }  # fmt: skip
    for _ in range(3):
        failure(api.connection(fields))
    first = api.connection(fields)
    assert [failure(first).code.name for _ in range(3)] == ["login_with_refused"] * 3
    assert len(api.sent_to("/inner")) == 4  # each store of this test was asked once


def test_all_requests_together_have_one_time_limit(provider):
    """A slow login leaves the request for the token only what is left of the time limit."""
    api = provider()
    api.others["/inner"] = lambda _: api.reply(body={"access_token": "s3cret-inner-1"}, delay=0.7)
    api.delay = 20
    fields = {
        **CLIENT, "response_access_path": "token", "timeout": 1,
        "login_with": {**INNER, "token_url": f"{api.url}/inner"},
    }  # fmt: skip
    source = api.connection(fields).credential
    with pytest.raises(TokenError) as error:
        source.source.fetch(source.resolved.transport)
    assert error.value.code == "read_timeout"


def test_another_login_is_another_token(provider):
    """The token's identity has the login in it: documents with other keys don't share a token."""
    api = provider()
    one = api.connection(SHAPES[0][1]).credential.source.identity
    login = {**SHAPES[0][1]["login_with"], "payload": {"iss": "app-2"}}
    other = api.connection({**SHAPES[0][1], "login_with": login}).credential.source.identity
    assert one != other
    session = api.connection(SHAPES[1][1]).credential.source.identity
    login = {**SHAPES[1][1]["login_with"], "payload": {"iss": "app-2"}}
    assert session != api.connection({**SHAPES[1][1], "login_with": login}).credential.source.identity


@pytest.mark.parametrize("password", ["p{{ssw0rd-in-clear", "{{MyRealPassword}}", "{{ x }}{{y}}-s3cret"])
def test_braces_alone_make_no_template(provider, password):
    """A password with braces that names no secret is a secret in clear: it is warned of, masked and sent."""
    api = provider()
    login = {"method": "basic", "username": "ann", "password": password}
    connection = api.connection({**SESSION, "login_with": login})
    assert "secret_in_clear" in {each.code.name for each in connection.lint()}
    assert (
        password not in f"{connection.credential.resolved.method!r} {redact.text(f'as {password} in a log')}"
    )
    assert masked({"login_with": login})["login_with"]["password"] == "***"


def box_file():
    app = {"publicKeyID": "kid-1", "privateKey": RSA_KEY, "passphrase": "s3cret-passphrase"}
    return {"boxAppSettings": {"clientID": "boxc", "clientSecret": "s3cret-box", "appAuth": app}}


def test_the_secrets_in_a_logins_key_file_are_masked(provider):
    """What a key's file holds beside the key is masked in a login as in the document itself."""
    login = {"method": "oauth2_jwt_bearer", "private_key": json.dumps(box_file())}
    connection = provider().connection({**SESSION, "login_with": login})
    source = connection.credential.source
    assert source.login is not None
    assert redact.text("s3cret-box and s3cret-passphrase") == "*** and ***"


@pytest.mark.parametrize(
    ("token_uri", "code", "stored"),
    [
        ("http://plain.test/token", "url_plain_http", False),
        ("http://169.254.169.254/token", "origin_not_allowed", True),
    ],
)
def test_the_url_in_a_logins_key_file_is_judged(provider, token_uri, code, stored):
    """The token URL of a login may come from its key's file, and is judged like one in the document."""
    file = {
        "type": "service_account",
        "private_key": RSA_KEY,
        "client_email": "r@p.test",
        "token_uri": token_uri,
    }
    login = {"method": "oauth2_jwt_bearer", "private_key": json.dumps(file)}
    document = provider().document({**SESSION, "login_with": login})
    found = {each.code.name: each.message for each in watchword.load(document, stored=stored).lint()}
    assert "login_with.token_url" in found.get(code, "")


def test_a_logins_key_may_be_a_binary_file(provider, tmp_path):
    """A login's key may be a file of PKCS#12, as in the document itself."""
    path = tmp_path / "key.p12"
    key = load_pem_private_key(RSA_KEY.encode(), None)
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, None, None, NoEncryption()))
    login = {
        "method": "jwt_bearer",
        "algorithm": "RS256",
        "jwt_secret": f"file:{path}",
        "payload": {"iss": "a"},
    }
    api = provider(lambda seen, _: signed_jwt(authorization(seen, "Bearer"), RSA_KEY, iss="a"))
    connection = api.connection({**SESSION, "login_with": login})
    assert connection.lint() == []
    with connection.session() as session:
        assert session.get("/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("username", "password", "is_masked"),
    [
        ("reporting-robot", "{{secret:SECRET}}", False),
        ("literal:reporting-robot", "{{secret:SECRET}}", False),
        ("aBcDeF0123456789xyz", "x", True),
        ("env:WATCHWORD_SECRET_USER", "{{secret:SECRET}}", True),
    ],
)
def test_a_logins_user_name_is_masked_only_if_it_is_a_key(
    provider, monkeypatch, username, password, is_masked
):
    """The name of a person or a service stays readable in logs; a key or a reference's content doesn't."""
    monkeypatch.setenv("WATCHWORD_SECRET_USER", "k3y-of-the-user")
    name = {"env:WATCHWORD_SECRET_USER": "k3y-of-the-user"}.get(username, username.removeprefix("literal:"))

    def sent(seen, _):
        user, _, _ = base64.b64decode(authorization(seen, "Basic")).decode().rpartition(":")
        return user == name

    login = {"method": "basic", "username": username, "password": password}
    connection = provider(sent).connection({**SESSION, "login_with": login})
    assert errors(connection.lint()) == []
    with connection.session() as session:
        assert session.get("/v1/me").status_code == 200
        assert (name in redact.text(f"signed in as {name} today")) is not is_masked


def test_a_login_of_a_login_may_have_an_empty_user_name(provider):
    """An empty user name of a session login means none, in a login as in the document itself."""
    login = {**SESSION, "login_url": "https://a.test/l", "username": "", "password": "{{secret:SECRET}}"}
    alone = {**SESSION, "username": "", "password": KEYS["template:SECRET"]}
    api = provider()
    found = errors(api.connection({**SESSION, "login_with": login}).lint())
    assert "placeholder_secret" not in {each.code.name for each in found}
    assert len(found) == len(errors(api.connection(alone).lint()))


def test_references_and_literals_are_kept_apart(provider, monkeypatch):
    """A reference in a login is resolved; a secret in clear works, and a warning says where to put it."""
    monkeypatch.setenv("WATCHWORD_SECRET_APP", RSA_KEY)
    api = provider(SHAPES[0][2])
    login = {**SHAPES[0][1]["login_with"], "jwt_secret": "env:WATCHWORD_SECRET_APP"}
    by_reference = api.connection({**SHAPES[0][1], "login_with": login})
    assert by_reference.lint() == []
    in_clear = api.connection({**SHAPES[0][1], "login_with": {**login, "jwt_secret": RSA_KEY}})
    assert [(each.code.name, "login_with.jwt_secret" in each.message) for each in in_clear.lint()] == [
        ("secret_in_clear", True)
    ]
    for connection in (by_reference, in_clear):
        with connection.session() as session:
            assert session.get("/v1/me").status_code == 200
        assert RSA_KEY.splitlines()[3] not in repr(connection.credential.resolved.method)


@pytest.mark.parametrize("reference", ["env:HOME", "file:/etc/passwd"])
def test_a_stored_login_reads_only_allowed_references(provider, reference):
    """The login of a stored document may refer to what the deployment allows, and to nothing else."""
    login = {**SHAPES[0][1]["login_with"], "jwt_secret": reference}
    document = provider().document({**SHAPES[0][1], "login_with": login})
    found = errors(watchword.load(document, stored=True).lint())
    assert [each.code.name for each in found] == ["reference_not_allowed"]


def test_a_stored_login_uses_no_credentials_of_the_machine(provider):
    """A profile of the machine's AWS configuration is refused in a login as in the document itself."""
    login = {"method": "aws_sigv4", "region": "r", "service": "s", "profile": "prod"}
    document = provider().document({**SESSION, "login_with": login})
    found = errors(watchword.load(document, stored=True).lint())
    assert [each.code.name for each in found] == ["reference_not_allowed"]
    assert "aws:prod" in found[0].message


def test_a_login_may_be_json_text(provider):
    """Forms save login_with as text, which is read as the object itself."""
    api = provider(SHAPES[0][2])
    fields = {**SHAPES[0][1], "login_with": json.dumps(SHAPES[0][1]["login_with"])}
    assert api.connection(fields).document == api.connection(SHAPES[0][1]).document
    assert api.connection(fields).credential.source is not None


def test_a_stored_login_calls_only_allowed_addresses(provider):
    """The login's own URL is judged like every other one of the document."""
    login = {**INNER, "token_url": "http://169.254.169.254/token"}
    document = provider().document({**CLIENT, "login_with": login})
    found = errors(watchword.load(document, stored=True).lint())
    assert {each.code.name for each in found} == {"origin_not_allowed"}
    assert "login_with.token_url" in found[0].message


def test_a_shown_document_has_no_secret_of_its_logins():
    """A login is shown as a document is: with references and templates, and asterisks for its secrets."""
    inner = {"method": "api_key", "key_name": "X-Gate", "api_key": "s3cret-in-clear"}
    login = {"method": "basic", "username": "ann", "password": "env:P", "login_with": inner}
    document = {"method": "session_login", "login_with": login, "base_url": "https://a.test/s3cret-in-clear"}
    shown = masked(document)
    assert shown["login_with"] == {**login, "login_with": {**inner, "api_key": "***"}}
    assert "s3cret" not in str(shown)
    assert masked({"login_with": OAUTH1})["login_with"] == OAUTH1


SIGN_IN = {"method": "oauth2_authorization_code", "refresh_token": "s3cret-refresh-1"}

MISUSES = [
    ({"login_with": {"jwt_secret": "x"}}, "unknown_method", "login_with needs a method"),
    ({"login_with": {"method": "oauth2_authorization_code"}}, "unknown_method", "login_with needs a method"),
    ({"login_with": {"method": "custom"}}, "unknown_method", "login_with needs a method"),
    ({"login_with": {"method": ["x"]}}, "unknown_method", "login_with needs a method"),
    ({"login_with": {**JWT_LOGIN, "jwt_secrets": "x"}}, "unknown_field", "login_with: "),
    ({"login_with": {**JWT_LOGIN, "base_url": "https://a.test"}}, "unknown_field",
     "login_with.base_url belongs to the document itself"),
    ({"login_with": {**JWT_LOGIN, "algorithm": "none"}}, "wrong_type", "login_with.algorithm"),
    ({"login_with": {"method": "oauth1"}}, "missing_field", "login_with.consumer_key"),
    ({"login_with": "[]"}, "wrong_type", "login_with"),
    ({"login_with": {**JWT_LOGIN, "jwt_secret": "{{secret:GONE}}"}}, "template_unresolved", "GONE"),
    ({"login_with": {**JWT_LOGIN, "jwt_secret": "***"}}, "placeholder_secret", "login_with"),
    ({"login_with": {**JWT_LOGIN, "jwt_secret": "{{secret:SECRET}}"}}, "key_unreadable", "login_with: "),
    ({"login_with": {"method": "digest", "username": "a:b", "password": "{{secret:SECRET}}"}},
     "username_illegal", "login_with"),
    ({"login_with": {"method": "oauth1", "consumer_key": "x"}}, "missing_field", "login_with"),
    ({"login_with": {**INNER, "token_url": "http://plain.test/t"}}, "url_plain_http", "login_with.token_url"),
    ({"login_with": {**INNER, "token_url": "https://a.test/t", "response_access_path": "$..[?(@.a)]..b..c"}},
     "wrong_type", "login_with.response_access_path"),
    ({"client_auth": "client_secret_basic", "client_secret": "s3cret-client", "login_with": JWT_LOGIN},
     "header_conflict", "Authorization"),
    ({"grant_method": "GET", "login_with": {**JWT_LOGIN, "add_to": "body"}},
     "body_not_extendable", "login_with"),
    ({"client_auth": "oauth1", "client_secret": "s3cret-client", "login_with": JWT_LOGIN},
     "given_twice", "oauth1"),
    ({"login_with": {**INNER, "token_url": "https://a.test/t", "client_auth": "tls_client_auth"}},
     "missing_field", "login_with.client_auth tls_client_auth needs the field client_certificate"),
    ({"login_with": {**SESSION, "login_url": "https://a.test/l", "login_with": {
        **SESSION, "login_url": "https://b.test/l", "login_with": AWS}}},
     "wrong_type", "login_with.login_with.login_with is one login too many"),
    ({"login_with": {**INNER, "token_url": "https://a.test/t", "grant_url": "https://b.test/t"}},
     "given_twice", "login_with.token_url"),
    ({**SIGN_IN, "refresh_method": "GET", "login_with": {**JWT_LOGIN, "add_to": "body"}},
     "body_not_extendable", "login_with"),
    ({**SIGN_IN, "refresh_headers": {"Authorization": "Key {{refresh_token}}"}, "login_with": JWT_LOGIN},
     "header_conflict", "Authorization"),
    ({**SIGN_IN, "login_with": {**INNER, "token_url": "https://a.test/t", "grant_body": {"a": "{{b}}"}}},
     "template_unresolved", "login_with: grant_body"),
    ({"login_with": {**INNER, "token_url": "https://a.test/${TENANT}/t"}},
     "variable_unfilled", "login_with.token_url"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "named"), MISUSES)
def test_a_misused_login_is_named_before_anything_is_sent(provider, fields, code, named):
    """Each mistake in a login has a finding that names the field with its path, and nothing is sent."""
    api = provider()
    document = api.document({**CLIENT, **fields})
    try:
        found = errors(watchword.load(document).lint())
    except DocumentError as error:
        found = error.findings
    assert code in {each.code.name for each in found}
    assert named in " ".join(each.message for each in found)
    assert api.server.seen == []


def test_what_a_login_does_not_use_is_named(provider):
    """A login takes nothing from a response but its token: other fields are warned of, and not asked for."""
    api = provider()
    api.others["/inner"] = lambda _: api.reply(body={"access_token": "s3cret-inner-1"})
    unused = {
        "values_url": f"{api.url}/values", "response_values": {"header:X-Id": "$.id"},
        "response_base_url_path": "$.url",
    }  # fmt: skip
    login = {**INNER, "token_url": f"{api.url}/inner", **unused}
    connection = api.connection({**CLIENT, "response_access_path": "token", "login_with": login})
    found = [(each.code.name, each.message.split()[2]) for each in connection.lint()]
    assert sorted(found) == [("fields_ignored", f"login_with.{name}") for name in sorted(unused)]
    with connection.session() as session:
        assert session.get("/v1/me").status_code == 200
    assert [seen.path for seen in api.server.seen] == ["/inner", "/token", "/v1/me"]


def hmac_is_right(seen, _):
    sent = hmac.new(KEYS["template:SECRET"].encode(), f"{seen.method}{seen.path}".encode(), hashlib.sha256)
    return seen.headers.get("X-Signature") == f"v1={sent.hexdigest()}"


@pytest.mark.parametrize(
    ("login", "is_right"),
    [
        ({"method": "hmac_signature", "hmac_secret": "{{secret:SECRET}}",
          "string_to_sign": "{{method}}{{path}}",
          "signature_parameters": {"header:X-Signature": "v1={{signature}}"}},
         hmac_is_right),
        ({**INNER, "token_url": "/inner", "client_auth": "client_secret_post",
          "grant_body": {"secret": "{{client_secret}}"}},
         lambda seen, _: authorization(seen, "Bearer") == "s3cret-inner-1"),
    ],
    ids=["hmac_signature", "client_secret in grant_body"],
)  # fmt: skip
def test_the_templates_of_a_logins_fields_are_no_variables(provider, login, is_right):
    """A login's field may hold the templates that it has in a document of its own."""
    api = provider(is_right)
    api.others["/inner"] = lambda seen: api.reply(
        200 if form(seen).get("secret") == KEYS["template:SECRET"] else 400,
        body={"access_token": "s3cret-inner-1"},
    )
    if "token_url" in login:
        login = {**login, "token_url": f"{api.url}/inner"}
    connection = api.connection({**SESSION, "login_with": login})
    assert connection.lint() == []
    with connection.session() as session:
        assert session.get("/v1/me").status_code == 200


def test_no_piece_of_a_logins_secret_is_shown_as_a_variable(provider):
    """A login's password isn't searched for variables, since the finding would show a piece of it."""
    login = {"method": "basic", "username": "ann", "password": "pa${SECRETPART}ss"}
    found = provider().connection({**SESSION, "login_with": login}).lint()
    assert [each.code.name for each in found] == ["secret_in_clear"]
    assert "SECRETPART" not in str(found)


def test_a_document_without_a_login_makes_the_same_calls(provider):
    """Without login_with the login's request is sent as it always was, and its identity is the former one."""
    api = provider()
    fields = {**SESSION, "username": "ann", "password": "s3cret-password"}
    connection = api.connection(fields)
    assert connection.document.has_login is False
    with connection.session() as session:
        session.get("/v1/me")
    (seen,) = api.sent_to("/token")
    assert json.loads(seen.body) == {"username": "ann", "password": "s3cret-password"}
    assert len(connection.credential.source.identity) == 6


def test_a_validation_tries_no_other_login(provider):
    """A validation asks for no token as somebody else: the login's key or user may be a real one."""
    api = provider(SHAPES[0][2])
    report = api.connection(SHAPES[0][1]).validate()
    assert (report.verdict.value, report.deciding.code.name) == ("valid", "token_obtained")
    assert len(api.sent_to("/token")) == 1


NAMES = st.sampled_from(
    [
        "method",
        "jwt_secret",
        "login_with",
        "consumer_key",
        "login_url",
        "username",
        "payload",
        "x",
        "lifetime",
    ]
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "a\\x00", "é" * 40])
    | st.sampled_from(["jwt_bearer", "oauth1", "session_login", "{{secret:KEY}}", "{{secret:NO}}", "env:HOME",
                       "***"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=usually(500, 10_000), deadline=None)
@given(st.dictionaries(NAMES, JSON, max_size=4))
def test_any_login_is_read_or_refused(login):
    """Whatever stands in login_with, reading and lint end in findings that show no secret."""
    document = {
        "base_url": "https://api.test", **CLIENT, "token_url": "https://auth.test/t", "login_with": login,
        "secret_parameters": {"template:KEY": "s3cret-of-the-template"},
    }  # fmt: skip
    try:
        found = watchword.load(document, stored=True).lint()
    except DocumentError as error:
        found = error.findings
    assert "s3cret" not in " ".join(f"{each} {each.evidence}" for each in found)
