"""The method in a connection: requests to a real server that verifies them, and findings for bad values."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import watchword
from watchword import redact

METHODS = [
    "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT",
]  # fmt: skip

PLACES = ["header", "query", "body"]

# oauthlib decodes protocol parameters of query and body twice: no secret with special characters survives.
READABLE = [
    (method, place) for method in METHODS for place in PLACES if method != "PLAINTEXT" or place == "header"
]


def codes(fields):
    found = watchword.load({"base_url": "https://a.test", "method": "oauth1", "consumer_key": "c", **fields})
    return [item.code.name for item in found.lint()]


@pytest.mark.parametrize(("signature_method", "add_to"), READABLE)
def test_a_server_accepts_every_method_in_every_place(provider, signed_in, rsa_key, signature_method, add_to):
    """The resource endpoint of oauthlib accepts the session, and refuses everybody else."""
    rsa = {"private_key": rsa_key.private} if signature_method.startswith("RSA") else {}
    document = provider.document(signature_method=signature_method, add_to=add_to, **signed_in, **rsa)
    with watchword.load(document).session() as api:
        assert api.post("/v1/items?a=b c&a=", data={"x": "é+"}).status_code == 200
    wrong = watchword.load(document | {"consumer_key": "another"})
    with wrong.session() as api:
        assert api.post("/v1/items").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/a b/é",
        "/a//b/",
        "/x%2Fy/%7e",
        "/a?b+c=%2B&b=+&",
        "/a?q=[1|2]&'=(*)!$",
        "/a?é=日本",
        "/a?b#c?d",
        "/a;v=1?w",
    ],
)
def test_what_is_signed_is_what_arrives(provider, signed_in, path):
    """Paths and queries of every kind are accepted in the form in which they are sent."""
    with watchword.load(provider.document(**signed_in)).session() as api:
        assert api.get(provider.url + path).status_code == 200
        assert api.post(provider.url + path, data={"a": "~*[é"}).status_code == 200


def test_a_redirect_is_signed_anew(serve, reply, provider, signed_in):
    """Each hop of a redirect has its own signature, and a foreign origin gets none."""
    foreign = serve(reply())
    provider.answers["/moved"] = reply(307, "", {"Location": "/v1/here?x=1"})
    provider.answers["/away"] = reply(307, "", {"Location": f"{foreign.url}/there"})
    with watchword.load(provider.document(**signed_in)).session() as api:
        assert api.get("/moved").status_code == 200
        api.get("/away")
    assert "oauth" not in foreign.seen[0].text


def test_retries_have_nonces_of_their_own(provider, reply, signed_in):
    """A retry is signed again, since the server refuses a nonce that it has seen."""
    provider.answers["/busy"] = reply(503)
    with watchword.load(provider.document(retries=1, **signed_in)).session() as api:
        api.get("/busy")
    first, second = (seen.headers["Authorization"] for seen in provider.server.seen)
    assert first != second


def test_foreign_sessions_are_signed_too(provider, signed_in):
    """`conn.auth()` signs the requests of a plain session."""
    auth = watchword.load(provider.document(**signed_in)).auth()
    assert requests.get(f"{provider.url}/v1/me?a=b", auth=auth, timeout=60).status_code == 200


def test_signing_loads_no_library_that_logs_secrets():
    """Signing a request loads neither oauthlib nor, with an HMAC, cryptography."""
    program = """
import sys, requests, watchword
document = {"base_url": "https://a.test", "method": "oauth1", "consumer_key": "c", "consumer_secret": "s"}
request = requests.Request("GET", "https://a.test/").prepare()
next(watchword.load(document).authenticator().flow(request))
assert "OAuth " in request.headers["Authorization"]
print(*{name.partition(".")[0] for name in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"oauthlib", "requests_oauthlib", "cryptography", "jwt"} & set(done.stdout.split())


def test_without_a_token_the_client_alone_signs():
    """Requests without a user's token carry no oauth_token."""
    made = watchword.load({
        "base_url": "https://a.test", "method": "oauth1", "consumer_key": "c", "consumer_secret": "s3cret",
        "access_token": "", "token_secret": "",
    })  # fmt: skip
    assert [item.code.name for item in made.lint()] == []
    request = requests.Request("GET", "https://a.test/").prepare()
    next(made.authenticator().flow(request))
    assert "oauth_token" not in request.headers["Authorization"]


@pytest.mark.parametrize("signature_method", ["HMAC-SHA1", "PLAINTEXT"])
@pytest.mark.parametrize("add_to", PLACES)
def test_nothing_secret_is_logged(provider, reply, signed_in, caplog, signature_method, add_to):
    """Neither a success, a refusal nor a dead server puts a secret into DEBUG logs, errors or reprs."""
    caplog.set_level(logging.CRITICAL, "oauthlib")  # the test's own server
    caplog.set_level(logging.DEBUG)
    document = provider.document(signature_method=signature_method, add_to=add_to, **signed_in)
    shown = []
    for base_url in (provider.url, "http://127.0.0.1:9"):
        made = watchword.load(document | {"base_url": base_url})
        shown += [repr(made), repr(made.authenticator()), repr(made.authenticator().method)]
        shown.append(repr(made.authenticator().method._signer))
        with made.session() as api:
            try:
                response = api.post("/v1/me")
                shown += [response.url, repr(vars(response.request))]
            except requests.RequestException as error:
                shown += [repr(error), str(vars(error))]
    assert "v1/me" in caplog.text
    everything = "\n".join([*shown, caplog.text])
    assert [form for form in redact.known() if form in everything] == []
    assert "s3cret" not in everything


@pytest.mark.parametrize("name", ["request_token_url", "authorize_url", "access_token_url"])
def test_the_urls_of_the_sign_in_are_checked(name):
    """Sign-in URLs must be complete, encrypted and without a password; all three or none must be given."""
    urls = dict.fromkeys(("request_token_url", "authorize_url", "access_token_url"), "https://a.test/x")
    secret = {"consumer_secret": "s3cret"}
    assert codes(urls | secret) == []
    assert codes(urls | secret | {name: "/x"}) == ["url_not_absolute"]
    assert codes(urls | secret | {name: "http://a.test/x"}) == ["url_plain_http"]
    assert codes(urls | secret | {name: None}) == ["missing_field"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["missing_field"]),
        ({"signature_method": "PLAINTEXT"}, ["missing_field"]),
        ({"consumer_secret": ""}, []),
        ({"consumer_secret": "literal:"}, []),
        ({"signature_method": "RSA-SHA1"}, ["missing_field"]),
        ({"signature_method": "RSA-SHA1", "private_key": "nonsense"}, ["key_unreadable"]),
        ({"consumer_secret": "s3cret", "private_key": "-----BEGIN"}, ["fields_ignored"]),
        ({"consumer_secret": "s3cret", "token_secret": "s3cret"}, ["missing_field"]),
        ({"consumer_secret": "s3cret", "realm": "a\nb"}, ["header_illegal"]),
        ({"consumer_secret": "s3cret", "realm": "日本"}, ["header_illegal"]),
        ({"consumer_secret": "s3cret", "realm": "a", "add_to": "query"}, ["fields_ignored"]),
        (
            {"consumer_secret": "s3cret", "secret_parameters": {"header:Authorization": "s3cret"}},
            ["header_conflict"],
        ),
        (
            {"consumer_secret": "s3cret", "add_to": "query", "extra_parameters": {"query:oauth_token": "x"}},
            ["header_conflict"],
        ),
    ],
)
def test_bad_values_are_named(fields, expected):
    """Missing, unsuitable, ignored or conflicting values have their codes before anything is sent."""
    assert codes(fields) == expected


def pem(key, encryption=None):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    ).decode()


def test_a_key_of_another_kind_is_unsuitable():
    """An EC key is unsuitable for RSA methods."""
    key = pem(ec.generate_private_key(ec.SECP256R1()))
    assert codes({"signature_method": "RSA-SHA256", "private_key": key}) == ["key_unsuitable"]


# 512 bits, made for this test.
SHORT = """-----BEGIN RSA PRIVATE KEY-----
MIIBOwIBAAJBAN87b7Lvzw0alYkdSXIC1eVZ6nwGu0iuzjo5bZj9V7Uoo0ckRXuP
jCmu2aOLlrh6KFt96mueb/5m2k7wuhW/2fkCAwEAAQJAOc5/Z1vYRzFqJb6SxVZc
o268XO+1UeYKe2NhsStxqfRnKi30ddAiEOymBxCalz2ztJn/DVUWStmnNOh4wW7H
/QIhAPdM3eb+kbCAaxk5IufAJD8G7XL4WMclZ6K4ZkcV/YQ3AiEA5xXRRetEEDrh
U1vQCHBb5pxLvyCL2omAjR/FFoRf208CIQCzWRrBULQGBkwloctPuYhP8U05iSSR
YO41E3iRa0BNpwIgNpRRnFkH92lgxOZ/iS64lgw+W8MdJR2q7iody8ayOUMCIQC6
He/A+bo0DNNvTJmCkKlKi/Ej+qaun0OA2Nwte+Oe8g==
-----END RSA PRIVATE KEY-----
"""


def test_a_key_that_is_too_short_for_the_digest_is_unsuitable():
    """A key that is long enough for SHA-1 but not for SHA-512 is reported before a request fails."""
    assert codes({"signature_method": "RSA-SHA1", "private_key": SHORT}) == []
    assert codes({"signature_method": "RSA-SHA512", "private_key": SHORT}) == ["key_unsuitable"]


def test_a_mended_key_signs_with_a_remark(rsa_key):
    """A key that has lost its line breaks is used, and the repair is reported."""
    flat = rsa_key.private.replace("\n", "\\n")
    assert codes({"signature_method": "RSA-SHA1", "private_key": flat}) == ["key_repaired"]


def test_an_encrypted_key_needs_its_passphrase(rsa_key):
    """An encrypted key signs with its passphrase, and is unreadable without it."""
    key = serialization.load_pem_private_key(rsa_key.private.encode(), None)
    fields = {
        "signature_method": "RSA-SHA256",
        "private_key": pem(key, serialization.BestAvailableEncryption(b"s3cret-phrase")),
    }
    assert codes(fields | {"private_key_passphrase": "s3cret-phrase"}) == []
    assert codes(fields) == codes(fields | {"private_key_passphrase": "s3cret"}) == ["key_unreadable"]
