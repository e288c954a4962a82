"""The schemes of real providers: a server that recomputes each signature accepts what arrives."""

# ruff: noqa: E501 - a table

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest

import watchword

SECRET = "s3cret/hmac+key=="
B64_SECRET = base64.b64encode(b"\x00\xffs3cret-bytes").decode()
BODY = b'{"amount": "12.50", "name": "J\xc3\xbcrgen"}'
TARGET = "/v2/orders?limit=30&embedded=category%2Cunits&q=a%20b"


class Scheme(NamedTuple):
    """A document, and what its signature and the text that it signs must be of a request that arrived."""

    document: dict[str, Any]
    signature: Callable[[Any], str]
    text: Callable[[Any], bytes]
    hash_name: str = "sha256"
    encoding: str = "hex"
    key: bytes = SECRET.encode()


def joined(*parts: Any) -> bytes:
    return b"".join(part if isinstance(part, bytes) else str(part).encode() for part in parts)


def lines(*parts: Any) -> bytes:
    return b"\n".join(joined(part) for part in parts)


def header(name: str, pattern: str = "(.*)") -> Callable[[Any], str]:
    """Return a function that reads a part of a header that arrived."""
    return lambda seen: re.fullmatch(pattern, seen.headers[name])[1]


def sent(**headers: str) -> dict[str, str]:
    return {f"header:{name.replace('_', '-')}": value for name, value in headers.items()}


def path(seen):
    return seen.path.partition("?")[0]


def query(seen):
    return seen.path.partition("?")[2]


def url(seen):
    return f"http://{seen.headers['Host']}{seen.path}"


def body_hash(seen, name="sha256"):
    return hashlib.new(name, seen.body).digest()


def decoded(seen):
    return dict(parse_qsl(query(seen)))


def joined_query(seen):
    return "".join(name + value for name, value in sorted(decoded(seen).items()) if name != "sign")


def in_a_minute(expires):
    assert 50 < int(expires) - time.time() <= 60
    return expires


EXCHANGE = {"key_encoding": "base64", "signature_encoding": "base64", "hmac_secret": B64_SECRET}
BYTES = base64.b64decode(B64_SECRET)
AZURE_DATE = {"timestamp_format": "rfc9110", **EXCHANGE}

SCHEMES = {
    "Kaufland": Scheme(
        {"string_to_sign": r"{{method}}\n{{url}}\n{{body}}\n{{timestamp}}",
         "signature_parameters": sent(Shop_Client_Key="{{key_id}}", Shop_Timestamp="{{timestamp}}",
                                      Shop_Signature="{{signature}}")},
        header("Shop-Signature"),
        lambda seen: lines(seen.method, url(seen), seen.body, seen.headers["Shop-Timestamp"]),
    ),
    "a marketplace that ends the last line too": Scheme(
        {"string_to_sign": "{{method}}\n{{url}}\n{{body}}\n{{timestamp}}\n",
         "signature_parameters": sent(Shop_Client_Key="{{key_id}}", Shop_Timestamp="{{timestamp}}",
                                      Shop_Signature="{{signature}}")},
        header("Shop-Signature"),
        lambda seen: lines(seen.method, url(seen), seen.body, seen.headers["Shop-Timestamp"], ""),
    ),
    "Metro": Scheme(
        {"string_to_sign": r"{{method}}\n{{url}}\n{{body}}\n{{timestamp}}",
         "signature_parameters": sent(X_Client_Id="{{key_id}}", X_Timestamp="{{timestamp}}",
                                      X_Signature="{{signature}}")},
        header("X-Signature"),
        lambda seen: lines(seen.method, url(seen), seen.body, seen.headers["X-Timestamp"]),
    ),
    "Coinbase Exchange": Scheme(
        {**EXCHANGE, "string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}",
         "signature_parameters": sent(CB_ACCESS_KEY="{{key_id}}", CB_ACCESS_SIGN="{{signature}}",
                                      CB_ACCESS_TIMESTAMP="{{timestamp}}"),
         "secret_parameters": {"header:CB-ACCESS-PASSPHRASE": "s3cret-passphrase"}},
        header("Cb-Access-Sign"),
        lambda seen: joined(seen.headers["Cb-Access-Timestamp"], seen.method, seen.path, seen.body),
        encoding="base64", key=BYTES,
    ),
    "OKX": Scheme(
        {"string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}", "signature_encoding": "base64",
         "timestamp_format": "iso8601_milliseconds",
         "signature_parameters": sent(OK_ACCESS_KEY="{{key_id}}", OK_ACCESS_SIGN="{{signature}}",
                                      OK_ACCESS_TIMESTAMP="{{timestamp}}")},
        header("Ok-Access-Sign"),
        lambda seen: joined(re.fullmatch(r"20..-..-..T..:..:..\.\d{3}Z", seen.headers["Ok-Access-Timestamp"])[0],
                            seen.method, seen.path, seen.body),
        encoding="base64",
    ),
    "KuCoin": Scheme(
        {"string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}", "signature_encoding": "base64",
         "timestamp_format": "milliseconds", "extra_parameters": {"header:KC-API-KEY-VERSION": "2"},
         "signature_parameters": sent(KC_API_KEY="{{key_id}}", KC_API_SIGN="{{signature}}",
                                      KC_API_TIMESTAMP="{{timestamp}}")},
        header("Kc-Api-Sign"),
        lambda seen: joined(re.fullmatch(r"\d{13}", seen.headers["Kc-Api-Timestamp"])[0],
                            seen.method, seen.path, seen.body),
        encoding="base64",
    ),
    "Bitfinex": Scheme(
        {"string_to_sign": "/api{{path}}{{nonce}}{{body}}", "hash_algorithm": "SHA384",
         "nonce_format": "increasing",
         "signature_parameters": sent(bfx_apikey="{{key_id}}", bfx_nonce="{{nonce}}",
                                      bfx_signature="{{signature}}")},
        header("Bfx-Signature"),
        lambda seen: joined("/api", path(seen), re.fullmatch(r"\d{16}", seen.headers["Bfx-Nonce"])[0], seen.body),
        "sha384",
    ),
    "Gate": Scheme(
        {"string_to_sign": r"{{method}}\n{{path}}\n{{query}}\n{{body_sha512_hex}}\n{{timestamp}}",
         "hash_algorithm": "SHA512",
         "signature_parameters": sent(KEY="{{key_id}}", Timestamp="{{timestamp}}", SIGN="{{signature}}")},
        header("Sign"),
        lambda seen: lines(seen.method, path(seen), query(seen), body_hash(seen, "sha512").hex(),
                           seen.headers["Timestamp"]),
        "sha512",
    ),
    "Bybit": Scheme(
        {"string_to_sign": "{{timestamp}}{{key_id}}5000{{query}}{{body}}", "timestamp_format": "milliseconds",
         "signature_parameters": sent(X_BAPI_API_KEY="{{key_id}}", X_BAPI_TIMESTAMP="{{timestamp}}",
                                      X_BAPI_RECV_WINDOW="5000", X_BAPI_SIGN="{{signature}}")},
        header("X-Bapi-Sign"),
        lambda seen: joined(seen.headers["X-Bapi-Timestamp"], "reports", "5000", query(seen), seen.body),
    ),
    "Huobi's order of the query": Scheme(
        {"string_to_sign": r"{{method}}\n{{host}}\n{{path}}\n{{sorted_query}}", "timestamp_format": "iso8601",
         "signature_encoding": "base64",
         "signature_parameters": {"query:AccessKeyId": "{{key_id}}", "query:SignatureMethod": "HmacSHA256",
                                  "query:Timestamp": "{{timestamp}}", "header:X-Copy": "{{signature}}"}},
        header("X-Copy"),
        lambda seen: lines(seen.method, seen.headers["Host"], path(seen),
                           "&".join(sorted(query(seen).split("&")))),
        encoding="base64",
    ),
    "Azure App Configuration": Scheme(
        {**AZURE_DATE,
         "string_to_sign": r"{{method}}\n{{path_and_query}}\n{{timestamp}};{{host}};{{body_sha256_base64}}",
         "signature_parameters": {
             "header:Authorization": "HMAC-SHA256 Credential={{key_id}}&SignedHeaders=x-ms-date;host;"
                                     "x-ms-content-sha256&Signature={{signature}}",
             "header:x-ms-date": "{{timestamp}}", "header:x-ms-content-sha256": "{{body_sha256_base64}}"}},
        header("Authorization", "HMAC-SHA256 Credential=reports&.*&Signature=(.*)"),
        lambda seen: lines(seen.method, seen.path, ";".join((
            seen.headers["X-Ms-Date"], seen.headers["Host"], base64.b64encode(body_hash(seen)).decode()))),
        encoding="base64", key=BYTES,
    ),
    "Azure Log Analytics": Scheme(
        {**AZURE_DATE,
         "string_to_sign": r"POST\n{{body_length}}\napplication/json\nx-ms-date:{{timestamp}}\n/api/logs",
         "signature_parameters": sent(x_ms_date="{{timestamp}}",
                                      Authorization="SharedKey {{key_id}}:{{signature}}")},
        header("Authorization", "SharedKey reports:(.*)"),
        lambda seen: lines("POST", len(seen.body), "application/json",
                           f"x-ms-date:{seen.headers['X-Ms-Date']}", "/api/logs"),
        encoding="base64", key=BYTES,
    ),
    "Azure Table, Shared Key Lite": Scheme(
        {**AZURE_DATE, "string_to_sign": r"{{timestamp}}\n/{{key_id}}{{path}}",
         "signature_parameters": sent(x_ms_date="{{timestamp}}",
                                      Authorization="SharedKeyLite {{key_id}}:{{signature}}")},
        header("Authorization", "SharedKeyLite reports:(.*)"),
        lambda seen: lines(seen.headers["X-Ms-Date"], f"/reports{path(seen)}"),
        encoding="base64", key=BYTES,
    ),
    "Alibaba Cloud API Gateway": Scheme(
        {"string_to_sign": r"{{method}}\n{{header:Accept}}\n{{header:Content-MD5}}\n{{header:Content-Type}}"
                           r"\n{{header:Date}}\nx-ca-key:{{key_id}}\n{{path_and_query}}",
         "signature_encoding": "base64", "timestamp_format": "rfc9110",
         "signature_parameters": sent(Date="{{timestamp}}", Content_MD5="{{body_md5_base64}}",
                                      X_Ca_Key="{{key_id}}", X_Ca_Signature_Headers="x-ca-key",
                                      X_Ca_Signature="{{signature}}")},
        header("X-Ca-Signature"),
        lambda seen: lines(seen.method, seen.headers["Accept"], base64.b64encode(body_hash(seen, "md5")),
                           seen.headers.get("Content-Type", ""), seen.headers["Date"], "x-ca-key:reports",
                           seen.path),
        encoding="base64",
    ),
    "MessageBird": Scheme(
        {"string_to_sign": r"{{timestamp}}\n{{sorted_query}}\n{{body_sha256_raw}}",
         "signature_encoding": "base64",
         "signature_parameters": sent(MessageBird_Request_Timestamp="{{timestamp}}",
                                      MessageBird_Signature="{{signature}}", X_Key="{{key_id}}")},
        header("Messagebird-Signature"),
        lambda seen: lines(seen.headers["Messagebird-Request-Timestamp"], "&".join(sorted(query(seen).split("&"))),
                           body_hash(seen)),
        encoding="base64",
    ),
    "Zoom's webhooks": Scheme(
        {"key_id": "", "string_to_sign": "v0:{{timestamp}}:{{body}}",
         "signature_parameters": sent(x_zm_request_timestamp="{{timestamp}}", x_zm_signature="v0={{signature}}")},
        header("X-Zm-Signature", "v0=(.*)"),
        lambda seen: joined("v0:", seen.headers["X-Zm-Request-Timestamp"], ":", seen.body),
    ),
    "Stripe's webhooks": Scheme(
        {"key_id": "", "string_to_sign": "{{timestamp}}.{{body}}",
         "signature_parameters": sent(Stripe_Signature="t={{timestamp}},v1={{signature}}")},
        header("Stripe-Signature", r"t=\d+,v1=(.*)"),
        lambda seen: joined(header("Stripe-Signature", r"t=(\d+),.*")(seen), ".", seen.body),
    ),
    "BitMEX": Scheme(
        {"string_to_sign": "{{method}}{{path_and_query}}{{timestamp+60}}{{body}}", "hash_algorithm": "HMAC-SHA256",
         "signature_parameters": sent(api_key="{{key_id}}", api_expires="{{timestamp+60}}",
                                      api_signature="{{signature}}")},
        header("Api-Signature"),
        lambda seen: joined(seen.method, seen.path, in_a_minute(seen.headers["Api-Expires"]), seen.body),
    ),
    "Phemex": Scheme(
        {"string_to_sign": "{{path}}{{query}}{{timestamp+60}}{{body}}",
         "signature_parameters": sent(x_phemex_access_token="{{key_id}}", x_phemex_request_expiry="{{timestamp+60}}",
                                      x_phemex_request_signature="{{signature}}")},
        header("X-Phemex-Request-Signature"),
        lambda seen: joined(path(seen), query(seen), in_a_minute(seen.headers["X-Phemex-Request-Expiry"]), seen.body),
    ),
    "CyberSource": Scheme(
        {**AZURE_DATE, "hash_algorithm": "HmacSHA256",
         "string_to_sign": r"host: {{host}}\nv-c-date: {{timestamp}}\nrequest-target: {{method_lower}} "
                           r"{{path_and_query}}\ndigest: SHA-256={{body_sha256_base64}}\nv-c-merchant-id: shop",
         "signature_parameters": {
             "header:v-c-merchant-id": "shop", "header:v-c-date": "{{timestamp}}",
             "header:Digest": "SHA-256={{body_sha256_base64}}",
             "header:Signature": 'keyid="{{key_id}}", algorithm="HmacSHA256", headers="host v-c-date '
                                 'request-target digest v-c-merchant-id", signature="{{signature}}"'}},
        header("Signature", 'keyid="reports", .*, signature="(.*)"'),
        lambda seen: lines(f"host: {seen.headers['Host']}", f"v-c-date: {seen.headers['V-C-Date']}",
                           f"request-target: {seen.method.lower()} {seen.path}",
                           f"digest: SHA-256={base64.b64encode(body_hash(seen)).decode()}", "v-c-merchant-id: shop"),
        encoding="base64", key=BYTES,
    ),
    "Coupang": Scheme(
        {"string_to_sign": "{{timestamp}}{{method}}{{path}}{{query}}", "timestamp_format": "iso8601_short_year",
         "signature_parameters": sent(Authorization="CEA algorithm=HmacSHA256, access-key={{key_id}}, signed-date="
                                                    "{{timestamp}}, signature={{signature}}")},
        header("Authorization", r"CEA algorithm=HmacSHA256, access-key=reports, signed-date=\d{6}T\d{6}Z, signature=(.*)"),
        lambda seen: joined(header("Authorization", ".*signed-date=(.*), signature=.*")(seen), seen.method,
                            path(seen), query(seen)),
    ),
    "HTX": Scheme(
        {"string_to_sign": r"{{method}}\n{{host}}\n{{path}}\n{{sorted_query}}", "signature_encoding": "base64",
         "timestamp_format": "iso8601_without_zone", "hash_algorithm": "sha256",
         "signature_parameters": {
             "query:AccessKeyId": "{{key_id}}", "query:SignatureMethod": "HmacSHA256", "query:SignatureVersion": "2",
             "query:Timestamp": "{{timestamp}}", "query:Signature": "{{signature}}"}},
        lambda seen: decoded(seen)["Signature"],
        lambda seen: lines(seen.method, seen.headers["Host"], path(seen),
                           "&".join(sorted(re.sub("&Signature=.*", "", query(seen)).split("&")))),
        encoding="base64",
    ),
    "TikTok Shop": Scheme(
        {"string_to_sign": "{{secret:app}}{{path}}{{sorted_parameters_joined}}{{body}}{{secret:app}}",
         "secret_parameters": {"template:app": "s3cret-app"},
         "signature_parameters": {"query:app_key": "{{key_id}}", "query:timestamp": "{{timestamp}}",
                                  "query:sign": "{{signature}}"}},
        lambda seen: decoded(seen)["sign"],
        lambda seen: joined("s3cret-app", path(seen), joined_query(seen), seen.body, "s3cret-app"),
    ),
    "Lazada": Scheme(
        {"string_to_sign": "{{path_below:/v2}}{{sorted_parameters_joined}}", "signature_encoding": "HEX",
         "timestamp_format": "milliseconds",
         "signature_parameters": {"query:app_key": "{{key_id}}", "query:timestamp": "{{timestamp}}",
                                  "query:sign_method": "sha256", "query:sign": "{{signature}}"}},
        lambda seen: decoded(seen)["sign"],
        lambda seen: joined(path(seen)[len("/v2"):], joined_query(seen)),
        encoding="HEX",
    ),
    "an old API with MD5 in upper case, and a secret in hexadecimal digits": Scheme(
        {"string_to_sign": "{{url}}{{nonce}}{{secret:salt}}", "hash_algorithm": "MD5",
         "signature_encoding": "HEX", "key_encoding": "hex", "hmac_secret": BYTES.hex(),
         "secret_parameters": {"template:salt": "s3cret-salt"},
         "signature_parameters": sent(X_Key="{{key_id}}", X_Nonce="{{nonce}}", X_Sig="{{signature}}")},
        header("X-Sig"),
        lambda seen: joined(url(seen), re.fullmatch(r"[0-9a-f-]{36}", seen.headers["X-Nonce"])[0], "s3cret-salt"),
        "md5", "HEX", BYTES,
    ),
}  # fmt: skip

ENCODED = {
    "hex": bytes.hex,
    "HEX": lambda digest: digest.hex().upper(),
    "base64": lambda digest: base64.b64encode(digest).decode(),
}


@pytest.fixture
def verifying(serve, reply):
    """Give a server that verifies requests of a scheme; header names arrive in one form."""

    def start(scheme):
        def answer(seen):
            seen = seen.__class__(
                seen.method,
                seen.path,
                {name.title(): value for name, value in seen.headers.items()},
                seen.body,
            )
            expected = hmac.digest(scheme.key, scheme.text(seen), scheme.hash_name)
            is_right = scheme.signature(seen) == ENCODED[scheme.encoding](expected)
            return reply(200 if is_right else 401)

        return serve(answer)

    return start


def document_of(scheme, server, **changes):
    own = {"base_url": server.url, "method": "hmac_signature", "key_id": "reports", "hmac_secret": SECRET}
    return own | scheme.document | changes


@pytest.mark.parametrize("name", SCHEMES)
def test_a_request_is_signed_as_the_provider_verifies_it(verifying, name):
    """Requests with a query, with JSON, and without either are accepted; nothing is wrong with the document."""
    scheme = SCHEMES[name]
    made = watchword.load(document_of(scheme, server := verifying(scheme)))
    assert [found.code.name for found in made.lint()] == []
    with made.session() as session:
        responses = [
            session.get(TARGET),
            session.post(TARGET, data=BODY, headers={"Content-Type": "application/json"}),
            session.delete("/v2"),
        ]
    assert [response.status_code for response in responses] == [200] * 3
    shown = json.dumps([dict(response.request.headers) for response in responses])
    assert not any(scheme.signature(_titled(seen)) in shown for seen in server.seen)


def _titled(seen):
    headers = {name.title(): value for name, value in seen.headers.items()}
    return seen.__class__(seen.method, seen.path, headers, seen.body)


@pytest.mark.parametrize("name", SCHEMES)
def test_another_secret_is_refused(verifying, name):
    """The server of the test above refuses the same document with another secret of the same encoding."""
    scheme = SCHEMES[name]
    other = scheme.document.get("hmac_secret", SECRET).replace("s3cret", "s4cret").swapcase()
    if scheme.document.get("key_encoding") == "hex":
        other = "00" + scheme.document["hmac_secret"][2:] + "01"
    made = watchword.load(document_of(scheme, verifying(scheme), hmac_secret=other))
    with made.session() as session:
        assert session.get(TARGET).status_code == 401
