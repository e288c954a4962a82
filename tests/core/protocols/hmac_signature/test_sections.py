"""Schemes with plain hashes and sections: what arrives is recomputed as each provider's manual says."""

# ruff: noqa: E501 - a table

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any, NamedTuple
from urllib.parse import quote, unquote_plus

import pytest
import requests

import watchword
from tests.core.protocols.hmac_signature.test_providers import BODY, SECRET, TARGET, joined, path, query, sent
from watchword import redact
from watchword.flow import Context

TOKEN = "s3cret-t0ken-of-a-login"
PASSPHRASE = "s3cret-passphrase"
SORTED = "embedded=category%2Cunits&limit=30&q=a%20b"


class Scheme(NamedTuple):
    """A document, and the pairs of what arrived and what should have, for a request that arrived."""

    document: dict[str, Any]
    pairs: Any


def mac(*parts, algorithm="sha256"):
    return hmac.digest(SECRET.encode(), joined(*parts), algorithm)


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def hashed(name, *parts):
    return hashlib.new(name, joined(*parts))


def wsse(seen):
    """Return the parts of a UsernameToken."""
    given = re.fullmatch(
        r'UsernameToken Username="reports", PasswordDigest="(.+)", Nonce="(.+)", Created="(.+Z)"',
        seen.headers["X-Wsse"],
    )
    return given[1], given[2], given[3]


def question(text):
    return f"?{text}" if text else ""


def iyzico(seen):
    text = base64.b64decode(seen.headers["Authorization"].removeprefix("IYZWSv2 ")).decode()
    nonce = seen.headers["X-Iyzi-Rnd"]
    return [(text, f"apiKey:reports&randomKey:{nonce}&signature:{mac(nonce, path(seen), seen.body).hex()}")]


def logic_monitor(seen):
    access_id, signature, epoch = seen.headers["Authorization"].removeprefix("LMv1 ").split(":")
    assert access_id == "reports"
    return [(signature, b64(mac(seen.method, epoch, seen.body, path(seen)).hex()))]


def azure(seen):
    found = re.fullmatch(
        r"SharedAccessSignature sr=(.+)&sig=(.+)&se=(\d+)&skn=reports", seen.headers["Authorization"]
    )
    resource = quote(f"https://ns.test{path(seen)}", safe="")
    return [(found[1], resource), (found[2], quote(b64(mac(resource, "\n", found[3])), safe=""))]


HASH = {"signature_type": "hash", "hash_algorithm": "SHA1"}
BASE64 = {"signature_encoding": "base64"}
WSSE = 'UsernameToken Username="{{key_id}}", PasswordDigest="{{signature}}", Nonce="NONCE", Created="{{timestamp}}"'

SCHEMES = {
    "Podcast Index": Scheme(
        {**HASH, "string_to_sign": "{{key_id}}{{hmac_secret}}{{timestamp}}",
         "signature_parameters": sent(X_Auth_Key="{{key_id}}", X_Auth_Date="{{timestamp}}", Authorization="{{signature}}")},
        lambda seen: [(seen.headers["Authorization"], hashed("sha1", "reports", SECRET, seen.headers["X-Auth-Date"]).hexdigest())],
    ),
    "WSSE, with the nonce in base64": Scheme(
        {**HASH, **BASE64, "string_to_sign": "{{nonce}}{{timestamp}}{{hmac_secret}}", "timestamp_format": "iso8601", "nonce_format": "hex",
         "signature_parameters": sent(X_WSSE=WSSE.replace("NONCE", "{{#base64}}{{nonce}}{{/base64}}"), Authorization='WSSE profile="UsernameToken"')},
        lambda seen: [(wsse(seen)[0], b64(hashed("sha1", base64.b64decode(wsse(seen)[1]), wsse(seen)[2], SECRET).digest()))],
    ),
    "Emarsys: base64 of the hex digits": Scheme(
        {**HASH, "signature_encoding": "hex_base64", "string_to_sign": "{{nonce}}{{timestamp}}{{hmac_secret}}",
         "timestamp_format": "iso8601", "nonce_format": "hex", "signature_parameters": sent(X_WSSE=WSSE.replace("NONCE", "{{nonce}}"))},
        lambda seen: [(wsse(seen)[0], b64(hashed("sha1", wsse(seen)[1], wsse(seen)[2], SECRET).hexdigest()))],
    ),
    "LogicMonitor": Scheme(
        {"signature_encoding": "hex_base64", "timestamp_format": "milliseconds", "string_to_sign": "{{method}}{{timestamp}}{{body}}{{path}}",
         "signature_parameters": sent(Authorization="LMv1 {{key_id}}:{{signature}}:{{timestamp}}")},
        logic_monitor,
    ),
    "Azure Service Bus, for the very resource": Scheme(
        {**BASE64, "string_to_sign": r"{{#percent_encoded}}https://ns.test{{path}}{{/percent_encoded}}\n{{timestamp+3600}}",
         "signature_parameters": sent(Authorization="SharedAccessSignature sr={{#percent_encoded}}https://ns.test{{path}}{{/percent_encoded}}&sig={{signature_encoded}}&se={{timestamp+3600}}&skn={{key_id}}")},
        azure,
    ),
    "iyzico": Scheme(
        {"string_to_sign": "{{nonce}}{{path}}{{body}}",
         "signature_parameters": sent(x_iyzi_rnd="{{nonce}}", Authorization="IYZWSv2 {{#base64}}apiKey:{{key_id}}&randomKey:{{nonce}}&signature:{{signature}}{{/base64}}")},
        iyzico,
    ),
    "Bitget": Scheme(
        {**BASE64, "timestamp_format": "milliseconds", "secret_parameters": {"header:ACCESS-PASSPHRASE": PASSPHRASE},
         "string_to_sign": "{{timestamp}}{{method}}{{path}}{{#if_query}}?{{query_decoded}}{{/if_query}}{{body}}",
         "signature_parameters": sent(ACCESS_KEY="{{key_id}}", ACCESS_TIMESTAMP="{{timestamp}}", ACCESS_SIGN="{{signature}}")},
        lambda seen: [(seen.headers["Access-Sign"], b64(mac(seen.headers["Access-Timestamp"], seen.method, path(seen), question(unquote_plus(query(seen))), seen.body)))],
    ),
    "KuCoin": Scheme(
        {**BASE64, "timestamp_format": "milliseconds", "extra_parameters": {"header:KC-API-KEY-VERSION": "3"},
         "secret_parameters": {"template:passphrase": PASSPHRASE}, "string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}",
         "signature_parameters": sent(KC_API_KEY="{{key_id}}", KC_API_SIGN="{{signature}}", KC_API_TIMESTAMP="{{timestamp}}",
                                      KC_API_PASSPHRASE="{{#hmac}}{{secret:passphrase}}{{/hmac}}")},
        lambda seen: [(seen.headers["Kc-Api-Passphrase"], b64(mac(PASSPHRASE))),
                      (seen.headers["Kc-Api-Sign"], b64(mac(seen.headers["Kc-Api-Timestamp"], seen.method, seen.path, seen.body)))],
    ),
    "Tuya, with a token that is given": Scheme(
        {"signature_encoding": "HEX", "timestamp_format": "milliseconds", "secret_parameters": {"template:token": TOKEN},
         "string_to_sign": r"{{key_id}}{{secret:token}}{{timestamp}}{{nonce}}{{method}}\n{{body_sha256_hex}}\n\n{{path}}{{#if_query}}?{{sorted_query}}{{/if_query}}",
         "signature_parameters": sent(client_id="{{key_id}}", access_token="{{secret:token}}", t="{{timestamp}}", nonce="{{nonce}}", sign_method="HMAC-SHA256", sign="{{signature}}")},
        lambda seen: [(seen.headers["Sign"], mac("reports", TOKEN, seen.headers["T"], seen.headers["Nonce"], seen.method, "\n", hashlib.sha256(seen.body).hexdigest(),
                                                 "\n\n", path(seen), question(SORTED if query(seen) else "")).hex().upper())],
    ),
    "Kraken Futures: a hash is signed": Scheme(
        {**BASE64, "hash_algorithm": "SHA512", "nonce_format": "increasing", "string_to_sign": "{{#sha256_raw}}{{query}}{{body}}{{nonce}}{{path}}{{/sha256_raw}}",
         "signature_parameters": sent(APIKey="{{key_id}}", Nonce="{{nonce}}", Authent="{{signature}}")},
        lambda seen: [(seen.headers["Authent"], b64(mac(hashed("sha256", query(seen), seen.body, seen.headers["Nonce"], path(seen)).digest(), algorithm="sha512")))],
    ),
    "Rapyd, whose secret is in the text": Scheme(
        {"signature_encoding": "hex_base64", "string_to_sign": "{{method_lower}}{{path_and_query}}{{nonce}}{{timestamp}}{{key_id}}{{hmac_secret}}{{body}}",
         "signature_parameters": sent(access_key="{{key_id}}", salt="{{nonce}}", timestamp="{{timestamp}}", signature="{{signature}}")},
        lambda seen: [(seen.headers["Signature"], b64(mac(seen.method.lower(), seen.path, seen.headers["Salt"], seen.headers["Timestamp"], "reports", SECRET, seen.body).hex()))],
    ),
}  # fmt: skip


@pytest.fixture
def verifying(serve, reply):
    """Give a server that verifies requests of a scheme; header names arrive in one form."""

    def start(scheme):
        def answer(seen):
            headers = {name.title().replace("_", "-"): value for name, value in seen.headers.items()}
            seen = seen.__class__(seen.method, seen.path, headers, seen.body)
            pairs = scheme.pairs(seen)
            wrong = [given for given, expected in pairs if not hmac.compare_digest(given, expected)]
            return reply(200 if pairs and not wrong else 401)

        return serve(answer)

    return start


def document_of(scheme, server, **changes):
    own = {"base_url": server.url, "method": "hmac_signature", "key_id": "reports", "hmac_secret": SECRET}
    return own | scheme.document | changes


@pytest.mark.parametrize("name", SCHEMES)
def test_a_request_is_signed_as_the_provider_verifies_it(verifying, name):
    """Requests with a query, with JSON and without either are accepted, and nothing is warned of."""
    scheme = SCHEMES[name]
    made = watchword.load(document_of(scheme, verifying(scheme)))
    assert [found.message for found in made.lint()] == []
    with made.session() as session, made.httpx_client() as client:
        responses = [
            session.get(TARGET),
            session.post(TARGET, data=BODY, headers={"Content-Type": "application/json"}),
            session.delete("/v2"),
            client.get(TARGET),
        ]
    assert [response.status_code for response in responses] == [200] * 4


@pytest.mark.parametrize("name", SCHEMES)
def test_another_secret_is_refused(verifying, name):
    """The same document with another secret is refused by the same server."""
    scheme = SCHEMES[name]
    with watchword.load(
        document_of(scheme, verifying(scheme), hmac_secret="an0ther-secret")
    ).session() as session:
        assert session.get(TARGET).status_code == 401


def test_a_signed_passphrase_is_masked(verifying):
    """A passphrase is signed alike for each request, so the result is a secret that texts don't show."""
    scheme, signed = SCHEMES["KuCoin"], b64(hmac.digest(b"0nly-here", PASSPHRASE.encode(), "sha256"))
    made = watchword.load(document_of(scheme, verifying(scheme), hmac_secret="0nly-here"))
    with made.session() as session:
        session.get(TARGET)
        assert redact.text(f"The server said {signed}.") == "The server said ***."


@pytest.mark.parametrize(
    "parameters",
    [
        {"header:X-Proof": "{{#base64}}{{key_id}}:{{signature}}{{/base64}}"},
        {"header:X-Sign": "{{signature}}", "header:X-Proof": "{{#hmac}}{{nonce}}{{/hmac}}"},
        {"header:X-Sign": "{{signature}}", "header:X-Proof": "{{#sha1_hex}}{{nonce}}{{hmac_secret}}{{/sha1_hex}}"},
    ],
)  # fmt: skip
def test_a_foreign_origin_learns_no_section_with_a_signature(serve, reply, parameters):
    """A redirect that echoes an encoded signature to another origin loses it."""
    foreign = serve(reply())
    own = serve(
        lambda seen: reply(
            302, headers={"Location": f"{foreign.url}/?a=1&got={quote(seen.headers['X-Proof'], safe='')}"}
        )
    )
    document = {"base_url": own.url, "method": "hmac_signature", "key_id": "reports", "hmac_secret": SECRET,
                "string_to_sign": "{{method}}{{path}}{{nonce}}", "signature_parameters": {"header:X-Nonce": "{{nonce}}", **parameters}}  # fmt: skip
    with watchword.load(document).session() as session:
        assert session.get("/orders").status_code == 200
    (seen,) = foreign.seen
    assert seen.path == "/?a=1"


SECTIONS = [
    ("{{#sha1_hex}}a{{/sha1_hex}}", hashed("sha1", "a").hexdigest()),
    ("{{#sha512_base64}}a{{/sha512_base64}}", b64(hashlib.sha512(b"a").digest())),
    ("{{#base64}}{{/base64}}", ""),
    ("{{ #base64 }}\u00fc{{ /base64 }}", b64("\u00fc")),
    ("{{#percent_encoded}}a b/\u00fc~{{/percent_encoded}}", "a%20b%2F%C3%BC~"),
    ("a{{#if_body}}b{{/if_body}}c{{#if_query}}d{{/if_query}}e", "acde"),
    ("{{#hmac}}{{secret:T}}{{/hmac}}", hmac.digest(SECRET.encode(), b"t3mplate", "sha256").hex()),
]  # fmt: skip


@pytest.mark.parametrize(("template", "expected"), SECTIONS)
def test_a_section_writes_its_content_in_its_way(template, expected):
    """Each section is filled in where it stands, and a condition that fails leaves its content out."""
    document = {"method": "hmac_signature", "base_url": "https://api.example.com", "hmac_secret": SECRET, "string_to_sign": f"{template}{{{{method}}}}",
                "secret_parameters": {"template:T": "t3mplate"}, "signature_parameters": {"header:X-Signature": "{{signature}}"}}  # fmt: skip
    method = watchword.load(document).credential.resolved.method
    request = requests.Request("GET", "https://api.example.com/a?b=1").prepare()
    sent_request = next(method.flow(request, Context(template_secrets={"T": "t3mplate"})))
    assert (
        sent_request.headers["X-Signature"]
        == hmac.digest(SECRET.encode(), f"{expected}GET".encode(), "sha256").hex()
    )
