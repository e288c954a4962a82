"""Decoys: credentials of the same form that nobody has issued, with nothing of the real ones."""

from __future__ import annotations

import base64
import json
import re
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import watchword
from watchword.flow import NeedToken
from watchword.protocols.keys import read_private_key
from watchword.redact.key_prefixes import PREFIXES
from watchword.stores.memory import MemoryStore
from watchword.tokens.token import Token
from watchword.validation.decoys.credentials import decoy_authenticator, decoy_method
from watchword.validation.decoys.keys import decoy_key
from watchword.validation.decoys.texts import decoy_text, decoy_user

URL = "https://api.test"
KEYS = st.text(string.ascii_letters + string.digits + "-_.=/+", min_size=12, max_size=80)


@given(KEYS)
@example("secret_00000")
def test_a_decoy_has_nothing_of_the_secret(secret):
    """A decoy is as long as the secret; beside a published prefix they have no longer piece in common."""
    decoy = decoy_text(secret)
    assert len(decoy) >= len(secret)
    published = next((each for each in PREFIXES if secret.startswith(each)), "")
    own = secret.removeprefix(published)
    pieces = {own[start : start + 7] for start in range(len(own) - 6)}
    common = [piece for piece in pieces if piece in decoy and piece.strip("-_.=/+")]
    assert common == []


@given(st.text(max_size=40))
def test_every_text_has_a_decoy(secret):
    """A decoy is another text than the secret, in visible characters; nothing stays nothing."""
    decoy = decoy_text(secret)
    assert (decoy == "") is (secret == "")
    assert not secret or decoy != secret
    assert decoy.isprintable()


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":' + "[" * 100_000,
        '{"alg":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"alg":' + "9" * 5000 + "}",
        '{"alg":{"alg":[]}}',
        '{"typ":"JWT"}',
        '{"alg":"\\ud800"}',
        '{"alg"',
        '{"\u00ff"',
    ],
)
def test_a_jwt_with_any_header_has_a_decoy(header):
    """A header that is too deep, has a huge number or isn't JSON is replaced by that of a usual algorithm."""
    jwt = base64.urlsafe_b64encode(header.encode()).decode().rstrip("=") + ".e30.c2lnbmF0dXJl"
    decoy = decoy_text(jwt)
    assert decoy.count(".") == 2
    assert decoy != jwt
    decoy.encode("ascii")


@pytest.mark.parametrize(
    ("secret", "form"),
    [
        ("6f9619ff-8b86-d011-b42d-00cf4fc964ff", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("0123456789abcdef0123456789abcdef", r"[0-9a-f]{32}"),
        ("4711081547110815", r"[0-9]{16}"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", r"ghp_[0-9A-Za-z]{36}"),
        ("xoxb-17653672481-19874698323-pdFZKVeTuE8s", r"xoxb-[0-9]{11}-[0-9]{11}-[0-9A-Za-z]{12}"),
        ("AKIAIOSFODNN7EXAMPLE", r"AKIA[A-Z0-9]{16}"),
        ("0123456789abcdef0123456789abcdef-us21", r"[0-9a-f]{32}-us21"),
        ("tokenof-us21", r"[a-z]{7}-[a-z0-9]{4}"),
        ("Bearer abcdefghijkl", r"Bearer [a-z]{12}"),
        ("Basic YW5uOnMzY3JldA==", r"Basic [A-Za-z0-9+/=]+"),
    ],
)
def test_a_decoy_has_the_form_of_the_secret(secret, form):
    """UUIDs, digits, published prefixes and schemes keep their form: an API that checks it looks further."""
    assert re.fullmatch(form, decoy_text(secret))


def test_a_decoy_of_a_jwt_is_a_jwt():
    """A JWT's decoy has its algorithm, claims of its own, and an end in the future."""
    parts = [
        base64.urlsafe_b64encode(part).rstrip(b"=").decode()
        for part in (b'{"alg":"ES256"}', b'{"sub":"ann"}')
    ]
    header, claims, _ = decoy_text(".".join([*parts, "c2ln"])).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==="))["alg"] == "ES256"
    assert json.loads(base64.urlsafe_b64decode(claims + "==="))["sub"].startswith("watchword-decoy-")


def test_a_user_of_a_decoy_exists_nowhere():
    """A decoy's user is recognised by its name; an address is of a domain that no one can have."""
    assert decoy_user("ann").startswith("watchword-decoy-")
    assert decoy_user("ann@acme.test").endswith("@decoy.invalid")


SECRETS = ("s3cret-of-the-document", "s3cret-of-a-template")
DOCUMENTS = [
    {"method": "api_key", "api_key": SECRETS[0]},
    {"method": "bearer", "bearer_token": SECRETS[0]},
    {"method": "basic", "username": "ann", "password": SECRETS[0]},
    {"method": "basic", "username": SECRETS[0]},
    {"method": "custom", "secret_parameters": {"header:Authorization": f"Token {SECRETS[0]}"}},
    {"method": "api_key", "api_key": SECRETS[0], "secret_parameters": {"cookie:sid": SECRETS[1]}},
    {"method": "oauth1", "consumer_key": "me", "consumer_secret": SECRETS[0],
     "signature_method": "PLAINTEXT"},
    {"method": "aws_sigv4", "region": "r", "service": "s", "access_key": "AKIAABCDEFGHIJKLMNOP",
     "secret_key": SECRETS[0], "session_token": SECRETS[1]},
    {"method": "hmac_signature", "hmac_secret": SECRETS[0], "string_to_sign": "{{url}}{{secret:T}}",
     "signature_parameters": {"query:s": "{{signature}}"}, "secret_parameters": {"template:T": SECRETS[1]}},
    {"method": "jwt_bearer", "jwt_secret": SECRETS[0] * 2, "lifetime": 0, "payload": {"x": "{{secret:T}}"},
     "secret_parameters": {"template:T": SECRETS[1]}},
    {"method": "jwt_bearer", "jwt_secret": SECRETS[0] * 2},
    {"method": "oauth2_client_credentials", "token_url": f"{URL}/t", "client_id": "me",
     "client_secret": SECRETS[0]},
    {"method": "session_login", "login_url": f"{URL}/l", "username": "ann", "password": SECRETS[0],
     "response_access_path": "token"},
]  # fmt: skip


@pytest.mark.parametrize("fields", DOCUMENTS, ids=lambda fields: fields["method"])
def test_a_request_with_a_decoy_holds_no_secret(fields):
    """A decoy is sent in the places of the real credential, and holds nothing of it."""
    import requests  # noqa: PLC0415 - beside its only use

    document = {"base_url": URL, "allowed_origins": [URL], **fields}
    connection = watchword.load(document, name="acme", store=MemoryStore())
    token = Token("real-token-abcdefgh") if connection.credential.source else None
    real = connection.authenticator()
    decoy = decoy_authenticator(real, token)
    request = requests.Request("GET", f"{URL}/me").prepare()
    flow = decoy.flow(request)
    sent = next(flow)
    assert not isinstance(sent, NeedToken)
    text = f"{sent.url} {dict(sent.headers)} {sent.body!r}"
    encoded = [base64.b64encode(each.encode()).decode()[:20] for each in SECRETS]
    assert [each for each in (*SECRETS, *encoded, "real-token", "ann:") if each in text] == []
    assert {slot.key for slot in real.slots} <= {slot.key for slot in decoy.slots}


@pytest.mark.parametrize("algorithm", ["RS256", "ES384", "EdDSA"])
def test_a_key_has_a_decoy_of_its_kind(algorithm):
    """A private key's decoy is another key of the same kind and curve."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - slow to load

    made = {
        "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    one, other = read_private_key(pem), read_private_key(decoy_key(pem))
    assert one.kind == other.kind
    public = [
        key.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for key in (one, other)
    ]
    assert public[0] != public[1]


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({"method": "session_login", "username": "ann", "password": "p4ss"}, True),
        ({"method": "session_login", "login_body": {"user": "ann", "pw": "{{secret:pw}}"},
          "secret_parameters": {"template:pw": "p4ss-word"}}, False),
        ({"method": "oauth2_client_credentials", "client_id": "me", "client_secret": "s3cret"}, True),
        ({"method": "oauth2_client_credentials", "client_id": "me", "client_secret": "s3cret",
          "grant_body": {"username": "ann", "password": "{{secret:pw}}"},
          "secret_parameters": {"template:pw": "p4ss-word"}}, False),
        ({"method": "api_key", "api_key": "s3cret-key"}, False),
    ],
)  # fmt: skip
def test_no_decoy_uses_a_real_users_name(fields, may):
    """A login is tried with a decoy only if its user name is replaced: others could be locked out."""
    urls = {"session_login": {"login_url": f"{URL}/l", "response_access_path": "t"}}
    urls["oauth2_client_credentials"] = {"token_url": f"{URL}/t"}
    document = {"base_url": URL, **urls.get(fields["method"], {}), **fields}
    method = watchword.load(document).credential.resolved.method
    assert method.can_ask_as_decoy is may
    assert getattr(decoy_method(method), "username", "") != "ann"


@pytest.mark.parametrize("algorithm", ["HS256", "HS512", "ES256"])
def test_the_decoy_of_a_jwt_grant_is_asked_with_whatever_its_key_is(serve, reply, algorithm):
    """A grant by a signed JWT is contrasted with another key, also where both sides share a secret."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - slow to load

    from watchword.validation.decoys.keys import _pem  # noqa: PLC0415 - beside its only use

    key = SECRETS[0] * 3 if algorithm.startswith("HS") else _pem(ec.generate_private_key(ec.SECP256R1()))
    server = serve(reply(200, {"access_token": "a-token-of-theirs"}))
    fields = {"token_url": f"{server.url}/t", "algorithm": algorithm, "private_key": key}
    document = {"base_url": server.url, "method": "oauth2_jwt_bearer", "payload": {"iss": "a"}, **fields}
    report = watchword.load(document, name="acme", store=MemoryStore()).validate()
    assert report.deciding.code.name == "issues_to_anyone"
    assert len({seen.text.partition("assertion=")[2] for seen in server.seen}) == len(["real", "decoy"])


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "jwt_bearer", "jwt_secret": SECRETS[0] * 2, "payload": {"iss": "acme-app"}, "lifetime": 0},
        {"method": "jwt_bearer", "jwt_secret": SECRETS[0] * 2, "payload": {"iss": "acme-app"}},
        {"method": "hmac_signature", "key_id": "acme-app", "hmac_secret": SECRETS[0],
         "string_to_sign": "{{url}}",
         "signature_parameters": {"header:X-Key": "{{key_id}}", "header:X-Sig": "{{signature}}"}},
        {"method": "oauth1", "consumer_key": "acme-app", "consumer_secret": SECRETS[0]},
    ],
    ids=["jwt for each request", "jwt", "hmac", "oauth1"],
)  # fmt: skip
def test_a_wrong_signature_keeps_the_name_that_it_is_checked_by(fields):
    """A decoy that signs has the real key's public id: the API knows then how the signature is checked."""
    import requests  # noqa: PLC0415 - beside its only use

    connection = watchword.load({"base_url": URL, **fields}, name="acme", store=MemoryStore())
    token = connection.credential.source.fetch(None) if connection.credential.source else None
    sent = []
    for authenticator in (connection.authenticator(), decoy_authenticator(connection.authenticator(), token)):
        request = requests.Request("GET", f"{URL}/me").prepare()
        flow = authenticator.flow(request)
        wanted = next(flow)
        sent.append(flow.send(token) if isinstance(wanted, NeedToken) else wanted)
    texts = [f"{request.url} {dict(request.headers)}" for request in sent]
    claims = [re.findall(r"eyJ[\w-]+\.(eyJ[\w-]+)\.", text) for text in texts]
    shown = [text + "".join(str(base64.urlsafe_b64decode(f"{part}===")) for part in parts)
             for text, parts in zip(texts, claims, strict=True)]  # fmt: skip
    assert ["acme-app" in text for text in shown] == [True, True]
    assert texts[0] != texts[1]
