"""JWTs whose claims name the request that carries them, verified by a server that knows the request."""

from __future__ import annotations

import base64
import hashlib
import io
import re

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import watchword
from watchword.protocols.jwt.request_claims import NAMES

EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
SEED_AND_PUBLIC = ED_KEY.private_bytes_raw() + ED_KEY.public_key().public_bytes_raw()
EC_PEM = EC_KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
KEYS = {"ES256": (EC_KEY, EC_PEM), "EdDSA": (ED_KEY, base64.b64encode(SEED_AND_PUBLIC).decode())}
NAME = "organizations/0f1e/apiKeys/7c8d"
COINBASE = {
    "method": "jwt_bearer",
    "lifetime": 0,
    "jwt_headers": {"kid": NAME, "nonce": "{{uuid}}"},
    "payload": {
        "sub": NAME,
        "iss": "cdp",
        "nbf": "{{now}}",
        "exp": "{{now+120}}",
        "uri": "{{method}} {{host}}{{path}}",
    },
}
FIREBLOCKS = {"uri": "{{path_and_query}}", "bodyHash": "{{body_sha256_hex}}", "nonce": "{{uuid}}"}
SECRET = "s3cret-of-a-jwt-that-is-long-enough"
BODY = b'{"amount": "1.5"}'


def token_of(seen):
    return seen.headers["Authorization"].removeprefix("Bearer ")


def claims_of(seen, key=SECRET, algorithm="HS256"):
    """Return the verified claims; the clock of these tests stands still, so that no end is checked."""
    return jwt.decode(token_of(seen), key, [algorithm], options={"verify_exp": False})


@pytest.mark.parametrize("algorithm", KEYS)
def test_coinbase_gets_a_jwt_for_its_method_host_and_path(serve, reply, senders, algorithm):
    """Each client sends a JWT of two minutes that names method, host and path, with a nonce in its header."""
    key, secret = KEYS[algorithm]

    def answer(seen):
        claims = claims_of(seen, key.public_key(), algorithm)
        expected = f"{seen.method} {seen.headers['Host']}{seen.path.partition('?')[0]}"
        header = jwt.get_unverified_header(token_of(seen))
        assert (claims["iss"], claims["sub"], header["kid"]) == ("cdp", NAME, NAME)
        is_right = claims["uri"] == expected and claims["exp"] - claims["nbf"] == 120
        return reply(200 if is_right else 401)

    server = serve(answer)
    made = watchword.load({**COINBASE, "base_url": server.url, "algorithm": algorithm, "jwt_secret": secret})
    assert made.lint() == []
    for client, send in senders.items():
        for method, target in (("GET", "/api/v3/brokerage/accounts?limit=5"), ("POST", "/api/v3/a%20b")):
            assert send(made, method, f"{server.url}{target}", content=b"{}").status == 200, client
    nonces = [jwt.get_unverified_header(token_of(seen))["nonce"] for seen in server.seen]
    assert nonces == ["01234567-89ab-4def-8123-456789abcdef"] * 2 * len(senders)  # these tests fix the nonce


@pytest.mark.parametrize("body", [None, BODY, io.BytesIO(BODY)])
def test_fireblocks_gets_the_hash_of_the_body(serve, reply, body):
    """A claim may hold the query too, and the hash of a body that is text, a file or absent."""
    server = serve(reply())
    document = {"method": "jwt_bearer", "lifetime": 0, "base_url": server.url, "jwt_secret": SECRET}
    made = watchword.load({**document, "payload": FIREBLOCKS})
    with made.session() as session:
        session.post("/v1/vault?name=a%20b&x", data=body)
    (seen,) = server.seen
    claims = claims_of(seen)
    assert (claims["uri"], claims["bodyHash"]) == (seen.path, hashlib.sha256(seen.body).hexdigest())
    assert seen.body == (BODY if body else b"")


def test_each_hop_has_a_jwt_for_itself(serve, reply):
    """A redirect within the origin is followed with a JWT that names the new path."""
    answers = [reply(302, headers={"Location": "/b?page=2"}), reply()]
    server = serve(lambda _: answers.pop(0))
    document = {"method": "jwt_bearer", "lifetime": 0, "base_url": server.url, "jwt_secret": SECRET}
    with watchword.load({**document, "payload": {"uri": "{{method}} {{path}}"}}).session() as session:
        assert session.get("/a?page=1").status_code == 200
    assert [claims_of(seen)["uri"] for seen in server.seen] == [
        "GET /a",
        "GET /b",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_a_request_wants_a_jwt_for_each_request(name):
    """A claim about the request is an error in a JWT that is reused, and none in a JWT for one request."""
    document = {"method": "jwt_bearer", "base_url": "https://api.test", "jwt_secret": SECRET}
    codes = []
    for lifetime in (300, 0):
        made = watchword.load({**document, "lifetime": lifetime, "payload": {"a": [f"x {{{{{name}}}}}"]}})
        codes.append([(found.code.name, found.advice[:17]) for found in made.lint()])
    assert codes == [[("template_unresolved", "Set lifetime to 0")], []]


def test_a_stream_is_refused_if_a_claim_has_its_hash():
    """A stream that can be read once can't be hashed and then sent, which the error says."""
    document = {"method": "jwt_bearer", "base_url": "https://api.test", "jwt_secret": SECRET, "lifetime": 0}
    made = watchword.load({**document, "payload": {"a": "{{body_sha256_hex}}"}})
    with made.session() as session, pytest.raises(watchword.RequestError, match="can't be read twice"):
        session.post("/a", data=iter([b"a"]))


@pytest.mark.parametrize(
    "data",
    [
        SEED_AND_PUBLIC[:32] + bytes([SEED_AND_PUBLIC[32] ^ 1]) + SEED_AND_PUBLIC[33:],
        hashlib.sha512(b"a").digest(),
    ],
    ids=["another public key", "a secret of 64 bytes"],
)
def test_bytes_that_are_no_pair_of_keys_are_refused(data):
    """Bytes as long as both keys of Ed25519 are a key only if the second half belongs to the first."""
    document = {"method": "jwt_bearer", "base_url": "https://api.test", "algorithm": "EdDSA"}
    found = watchword.load({**document, "jwt_secret": base64.b64encode(data).decode()}).lint()
    assert [each.code.name for each in found] == ["key_unreadable"]
    assert not re.search(re.escape(base64.b64encode(data).decode()[:12]), f"{found}")


def test_a_document_without_such_claims_leaves_the_url_alone():
    """A JWT that names nothing of the request doesn't touch the request's address."""
    made = watchword.load(
        {"method": "jwt_bearer", "base_url": "https://api.test", "jwt_secret": SECRET, "lifetime": 0}
    )
    request = requests.Request("GET", "https://api.test/a").prepare()
    request.url = "https://api.test/a?q=\u00fc"
    assert next(made.authenticator().flow(request)).url == "https://api.test/a?q=\u00fc"
