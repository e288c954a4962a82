"""JWTs that are signed here: published vectors, every algorithm, their lifetime, and refused documents."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import import_key

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.adapters.driver import signed_requests
from watchword.adapters.requests_exchange import RequestsExchange
from watchword.findings.finding import errors
from watchword.protocols.jwt.algorithms import ALGORITHMS
from watchword.protocols.jwt.jwt_source import JwtSource
from watchword.protocols.jwt.signing import jws_signer
from watchword.tokens.token import Token

SECRET = "s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret-s3cret"
NOW = 1_800_000_000
VECTORS = json.loads((Path(__file__).parents[1] / "protocols" / "vectors" / "rfc7515.json").read_text())[
    "vectors"
]
OLD_NAME = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # joserfc's word, by RFC 9864
CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1(), "ES256K": ec.SECP256K1()}


@cache
def rsa_key(bits=2048):
    return pem(rsa.generate_private_key(65537, bits))


@cache
def key_for(algorithm):
    if algorithm in CURVES:
        return pem(ec.generate_private_key(CURVES[algorithm]))
    if algorithm == "EdDSA":
        return pem(ed25519.Ed25519PrivateKey.generate())
    return SECRET if algorithm.startswith("HS") else rsa_key()


def pem(key):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public(text):
    if text == SECRET:
        return text
    loaded = serialization.load_pem_private_key(text.encode(), None).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return loaded.public_bytes(serialization.Encoding.PEM, form).decode()


def connection(base_url="https://api.test", **fields):
    document = {"base_url": base_url, "method": "jwt_bearer", "jwt_secret": SECRET, **fields}
    return watchword.load(document)


def fetched(now=NOW, **fields):
    """Return the token that the connection's source signs at a given time."""
    made = connection(**fields)
    assert errors(made.lint()) == []
    source = made.credential.source
    return JwtSource(source.key, source.content, source.material, lambda: now).fetch(None)


def said(token):
    """Return header and claims, unverified."""
    text = token.access_token if isinstance(token, Token) else token
    return jwt.get_unverified_header(text), jwt.decode(text, options={"verify_signature": False})


def verified(algorithm, token):
    key = import_key(public(key_for(algorithm)), ALGORITHMS[algorithm].kind)
    return json.loads(jws.deserialize_compact(token, key, algorithms=[algorithm]).payload)


@OLD_NAME
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_published_vectors_are_met(vector):
    """Deterministic signatures are byte for byte as published; others are verified like the published one."""
    key = jws_signer(vector["algorithm"], json.dumps(vector["jwk"]), "utf8")
    made = key.jws(vector["header"].encode(), vector["payload"].encode())
    assert made.rpartition(".")[0] == vector["jws"].rpartition(".")[0]
    assert (made == vector["jws"]) or not vector["deterministic"]
    for text in (made, vector["jws"]):
        checked = jws.deserialize_compact(text, import_key(vector["jwk"]), algorithms=[vector["algorithm"]])
        assert checked.payload == vector["payload"].encode()


@OLD_NAME
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_verified_by_others(algorithm):
    """Two independent libraries verify the JWT of each algorithm with the public key."""
    token = fetched(algorithm=algorithm, jwt_secret=key_for(algorithm), payload={"iss": "ü"}).access_token
    assert verified(algorithm, token)["iss"] == "ü"
    timeless = {"verify_iat": False, "verify_nbf": False}
    assert jwt.decode(token, public(key_for(algorithm)), [algorithm], timeless)["iss"] == "ü"


def test_iat_nbf_and_exp_are_set():
    """A JWT is backdated by half a minute, and its lifetime counts from now, even a short one."""
    assert said(fetched(lifetime=60))[1] == {"iat": NOW - 6, "nbf": NOW - 6, "exp": NOW + 54}
    header, claims = said(fetched(lifetime=600, payload={"iss": "me"}))
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert claims == {"iat": NOW - 30, "nbf": NOW - 30, "exp": NOW + 570, "iss": "me"}


def test_the_payload_wins_and_null_leaves_a_claim_out():
    """Times in the payload win; null removes a claim or a header member."""
    token = fetched(
        payload={"iat": "{{now}}", "nbf": None, "exp": "{{now+900}}", "sub": None},
        jwt_headers={"typ": None, "kid": "7"},
    )
    assert said(token) == ({"alg": "HS256", "kid": "7"}, {"iat": NOW, "exp": NOW + 900})
    assert token.lifetime == 900
    without = fetched(payload={"exp": None})
    assert "exp" not in said(without)[1]
    assert without.lifetime == 300


def test_templates_are_filled_everywhere():
    """`{{now}}` alone becomes a number, in a text digits, also nested and in headers; each uuid is new."""
    header, claims = said(
        fetched(
            payload={
                "now": "{{ now }}",
                "text": "at {{now-30}}, {{secret:WHO}}",
                "deep": [{"x": "{{now + 5}}", "u": "{{uuid}}"}, "{{uuid}}"],
                "as it is": "{now} {{",
            },
            jwt_headers={"kid": "{{secret:WHO}}"},
            secret_parameters={"template:WHO": "{{now}} is no time"},
        )
    )
    (nested, other) = claims["deep"]
    assert (claims["now"], nested["x"]) == (NOW, NOW + 5)
    assert claims["text"] == f"at {NOW - 30}, {{{{now}}}} is no time"
    assert claims["as it is"] == "{now} {{"
    assert header["kid"] == "{{now}} is no time"
    assert nested["u"] != other
    assert len(other) == 36
    assert other[14] == "4"


def test_the_json_is_compact_and_utf_8():
    """Header and claims are signed without blanks and escapes."""
    token = fetched(payload={"iat": None, "nbf": None, "exp": None, "näme": ["ü", 1]}).access_token
    assert jws.extract_compact(token.encode()).payload == '{"näme":["ü",1]}'.encode()


@pytest.fixture
def api(serve, reply):
    """Return an API that accepts any JWT except those that a test lists."""
    server = None

    def answer(seen):
        token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
        server.tokens.append(token)
        return reply(401 if token in server.refused else 200)

    server = serve(answer)
    server.tokens, server.refused = [], set()
    return server


def document(server, **fields):
    """Return fields that no other test uses to sign the same JWT."""
    return {"base_url": server.url, "payload": {"jti": "{{uuid}}", "sub": f"port {server.port}"}, **fields}


@pytest.mark.parametrize("algorithm", ["HS256", "RS256"])
def test_one_jwt_serves_all_requests_until_it_is_refused(api, algorithm):
    """Five requests of two connections carry one JWT, and a 401 leads once to a new one."""
    fields = document(api, algorithm=algorithm, jwt_secret=key_for(algorithm))
    for _ in range(2):
        with connection(**fields).session() as session:
            assert {session.get("/a").status_code for _ in range(5)} == {200}
    (token,) = set(api.tokens)
    api.refused.add(token)
    with connection(**fields).session() as session:
        assert session.get("/a").status_code == 200
        api.refused.add(api.tokens[-1])
        assert session.get("/a").status_code == 401
    assert len(set(api.tokens)) == 2
    assert len(api.tokens) == 13
    assert verified(algorithm, api.tokens[-1])["sub"] == f"port {api.port}"


def test_lifetime_0_signs_each_request_anew(api):
    """With a lifetime of 0 each request has its own JWT, which is valid for a minute."""
    with connection(**document(api, lifetime=0)).session() as session:
        for _ in range(5):
            assert session.get("/a").status_code == 200
    assert len(set(api.tokens)) == 5
    claims = [said(token)[1] for token in api.tokens]
    assert {claim["exp"] - claim["iat"] for claim in claims} == {60}
    assert len({claim["jti"] for claim in claims}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "HS384"},
        {"jwt_secret": "another-" + SECRET},
        {"payload": {"sub": "other"}},
        {"jwt_headers": {"kid": "1"}},
        {"lifetime": 301},
        {"secret_parameters": {"template:P": "other"}},
    ],
)
def test_whoever_would_sign_another_jwt_shares_none(change):
    """The identity holds everything in a JWT, with the secrets of its templates."""
    fields = {"payload": {"sub": "{{secret:P}}"}, "secret_parameters": {"template:P": "p"}}
    one, other = connection(**fields), connection(**{**fields, **change})
    assert one.credential.token_cache is connection(**fields).credential.token_cache
    assert one.credential.token_cache is not other.credential.token_cache


def test_the_key_is_parsed_once(api, monkeypatch):
    """Lint, two sessions and ten requests with their own signatures read the key once."""
    read, load = [], serialization.load_der_private_key
    monkeypatch.setattr(
        serialization, "load_der_private_key", lambda data, password: read.append(1) or load(data, password)
    )
    made = connection(**document(api, algorithm="RS256", jwt_secret=rsa_key(), lifetime=0))
    assert made.lint() == []
    for _ in range(2):
        with made.session() as session:
            for _ in range(5):
                session.get("/a")
    assert len(set(api.tokens)) == 10
    assert len(read) == 1


def test_a_jwt_can_travel_in_the_query_or_under_another_name(serve, reply):
    """The query parameter is `jwt` by default; in a header, name and prefix can be set."""
    server = serve(reply())
    for placed in ({"add_to": "query"}, {"header_name": "X-JWT", "use_prefix": False}):
        with connection(server.url, **placed).session() as session:
            session.get("/a")
    assert server.seen[0].path.startswith("/a?jwt=eyJ")
    assert server.seen[1].headers["X-JWT"].startswith("eyJ")


def refusals():
    p384 = pem(ec.generate_private_key(ec.SECP384R1()))
    return [
        ({"jwt_headers": {"alg": "none"}}, "given_twice"),
        ({"jwt_headers": {"alg": None}}, "given_twice"),
        ({"jwt_headers": {"b64": False}}, "jwt_illegal"),
        ({"jwt_headers": {"crit": ["exp"]}}, "jwt_illegal"),
        ({"jwt_headers": {"crit": []}}, "jwt_illegal"),
        ({"jwt_headers": {"crit": ["alg"]}}, "jwt_illegal"),
        ({"jwt_headers": {"kid": 7}}, "jwt_illegal"),
        ({"payload": {"exp": "1800000000"}}, "jwt_illegal"),
        ({"payload": {"iat": True}}, "jwt_illegal"),
        ({"payload": {"nbf": "in {{now}}"}}, "jwt_illegal"),
        ({"payload": {"exp": 10**400}}, "jwt_illegal"),
        ({"payload": {"x": float("nan")}}, "jwt_illegal"),
        ({"payload": {"exp": 1_300_000_000}}, "token_expired_already"),
        ({"payload": {"exp": "{{now-1}}"}}, "token_expired_already"),
        ({"payload": {"a": ["{{sercet:X}}"]}}, "template_unresolved"),
        ({"payload": {"a": "{{now+5m}}"}}, "template_unresolved"),
        ({"jwt_headers": {"kid": "{{secret:X}}"}}, "template_unresolved"),
        ({"prefix": "Be\narer"}, "header_illegal"),
        ({"lifetime": -1}, "wrong_type"),
        ({"algorithm": "none"}, "wrong_type"),
        ({"key_encoding": "hex"}, "key_unreadable"),
        ({"algorithm": "RS256"}, "key_unreadable"),
        ({"jwt_secret": rsa_key()}, "key_unsuitable"),
        ({"algorithm": "ES256", "jwt_secret": rsa_key()}, "key_unsuitable"),
        ({"algorithm": "ES256", "jwt_secret": p384}, "key_unsuitable"),
        ({"algorithm": "RS256", "jwt_secret": key_for("EdDSA")}, "key_unsuitable"),
        ({"algorithm": "EdDSA", "jwt_secret": key_for("ES256K")}, "key_unsuitable"),
        ({"algorithm": "PS512", "jwt_secret": rsa_key(1024)}, "key_unsuitable"),
    ]


@pytest.mark.parametrize("number", range(28))
def test_what_can_not_be_signed_is_a_finding(number):
    """Each contradiction is an error that stops the use, says what to do, and shows no secret."""
    fields, code = refusals()[number]
    with pytest.raises(watchword.DocumentError) as error:
        connection(**fields).session()
    assert [finding.code.name for finding in error.value.findings] == [code]
    assert "s3cret" not in str(error.value)
    assert error.value.findings[0].advice


def test_every_refusal_is_in_the_table_above():
    """The number of cases is that of the table, which is built late since it needs keys."""
    assert len(refusals()) == 28


def test_a_wrong_algorithm_is_told_from_the_right_one():
    """The finding names both kinds of key, and a suitable algorithm."""
    (found,) = connection(algorithm="ES256", jwt_secret=key_for("ES384")).lint()
    assert "ES256 signs with an EC key on secp256r1, and this is an EC key on secp384r1." in found.message
    assert found.advice == "Choose ES384, or give an EC key on secp256r1."


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"jwt_secret": "s3cret"}, "key_too_short"),
        ({"algorithm": "HS512", "jwt_secret": SECRET[:63]}, "key_too_short"),
        ({"algorithm": "RS512", "jwt_secret": lambda: rsa_key(1024)}, "key_too_short"),
        ({"algorithm": "RS256", "jwt_secret": lambda: rsa_key().replace("\n", "\\n")}, "key_repaired"),
        ({"payload": {"password": "s3cret"}}, "secret_in_clear"),
    ],
)
def test_what_is_doubtful_is_said_and_works(fields, code):
    """Short keys, repaired keys and secrets in clear are warnings, without other libraries' warnings."""
    fields = {name: value() if callable(value) else value for name, value in fields.items()}
    assert [found.code.name for found in connection(**fields).lint()] == [code]
    assert fetched(**fields).access_token.count(".") == 2


def test_an_extension_may_be_critical():
    """A private header member can be listed in crit (RFC 7515 section 4.1.11)."""
    token = fetched(jwt_headers={"crit": ["urn:x"], "urn:x": 1}).access_token
    assert jws.extract_compact(token.encode()).protected["crit"] == ["urn:x"]


def test_the_payload_s_own_end_is_the_token_s():
    """A JWT with a fixed exp is used until then; after that none is issued."""
    fixed = {"payload": {"exp": 4_000_000_000}}
    assert fetched(**fixed).lifetime == 4_000_000_000 - NOW
    with pytest.raises(watchword.TokenError) as error:
        fetched(4_000_000_000, **fixed)
    assert error.value.code == "token_expired_already"


def test_nothing_secret_shows():
    """Connection, source, key and token show neither secret nor JWT, and a reused JWT is masked."""
    made = connection(algorithm="RS256", jwt_secret=rsa_key(), private_key_passphrase="s3cret-passphrase")
    source = made.credential.source
    token = source.fetch(None)
    shown = repr(
        [made, made.credential.resolved, source, source.key, source.content, token, made.document.method]
    )
    for secret in (rsa_key()[40:60], "s3cret", token.access_token.rpartition(".")[2]):
        assert secret not in shown
    assert token.access_token in watchword.redact.known()


def test_loading_a_document_loads_no_cryptography():
    """Loading a JWT connection loads no cryptography until its key is needed."""
    code = (
        "import sys, watchword;"
        "watchword.load({'base_url': 'https://a.test', 'method': 'jwt_bearer', 'jwt_secret': 'x'});"
        "sys.exit(bool({'jwt', 'cryptography', 'watchword.protocols.keys'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text(20)
    | st.sampled_from(["{{now}}", "{{now+99999999999}}", "x{{uuid}}", "{{secret:A}}", "{{x}}", "{{", "}}{{"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text(5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
NAMES = st.sampled_from(["iat", "nbf", "exp", "alg", "typ", "kid", "crit", "b64", "sub"]) | st.text(
    max_size=5
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=4) | st.text(max_size=50)


def strict_json(part):
    def refuse(name):
        raise AssertionError(name)

    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), parse_constant=refuse)


@settings(max_examples=usually(500, 10_000))
@given(OBJECTS, OBJECTS, st.integers(-1, 10) | st.integers())
def test_any_payload_and_headers_end_in_findings_or_a_good_jwt(payload, headers, lifetime):
    """Any payload and headers end in findings, or in a JWT of two JSON objects."""
    fields = {"payload": payload, "jwt_headers": headers, "lifetime": lifetime}
    try:
        made = connection(**fields, secret_parameters={"template:A": "a"})
        authenticator = made.authenticator()
    except watchword.DocumentError as error:
        assert error.findings
        return
    unsigned = requests.Request("GET", "https://api.test/a").prepare()
    request = next(signed_requests(RequestsExchange(authenticator, unsigned, send=None)))
    token = request.headers["Authorization"].removeprefix("Bearer ")
    signing_input, _, signature = token.rpartition(".")
    digest = hmac.digest(SECRET.encode(), signing_input.encode(), "sha256")
    assert base64.urlsafe_b64decode(signature + "=") == digest
    assert all(isinstance(strict_json(part), dict) for part in signing_input.split("."))


@settings(max_examples=usually(500, 10_000))
@given(
    st.sampled_from(list(ALGORITHMS)),
    st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")),
    st.sampled_from(["utf8", "base64", "base64url", "hex"]),
    st.none() | st.text(max_size=5),
)
def test_any_text_as_a_key_ends_in_findings_or_a_signature(algorithm, text, encoding, passphrase):
    """Any text as a key, with any algorithm and encoding, ends in findings or in a signature."""
    try:
        key = jws_signer(algorithm, text, encoding, passphrase)
    except watchword.DocumentError as error:
        assert {found.code.name for found in error.findings} <= {"key_unreadable", "key_unsuitable"}
    else:
        assert key.jws(b"{}", b"{}").startswith("e30.e30.")


@pytest.mark.parametrize(("lifetime", "codes"), [(300, ["jti_reused"]), (0, [])])
def test_a_jti_of_its_own_wants_a_jwt_for_each_request(lifetime, codes):
    """A jti of {{uuid}} in a reused JWT is a warning: APIs that accept each JWT once would refuse it."""
    made = connection(payload={"jti": "{{uuid}}"}, lifetime=lifetime)
    assert [found.code.name for found in made.lint()] == codes


def test_an_unexplained_refusal_names_the_fields_to_check(serve, reply):
    """An unexplained refusal of a new JWT has advice about key and claims, not about expiry."""
    server = serve(reply(401))
    found = connection(server.url).validate(f"{server.url}/me").deciding
    assert found.code.name == "unauthorized_401"
    assert "algorithm" in found.advice
