"""More schemes of real providers: what arrives is recomputed as each provider's manual says."""

# ruff: noqa: E501 - a table

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from urllib.parse import parse_qsl, quote, unquote

import pytest

import watchword
from tests.core.protocols.hmac_signature.test_providers import (
    B64_SECRET,
    BODY,
    BYTES,
    EXCHANGE,
    SECRET,
    TARGET,
    Scheme,
    body_hash,
    decoded,
    document_of,
    header,
    joined,
    lines,
    path,
    query,
    sent,
)

ENCODED = {
    "hex": bytes.hex,
    "HEX": lambda digest: digest.hex().upper(),
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url_padded": lambda digest: base64.urlsafe_b64encode(digest).decode(),
    "hex_base64": lambda digest: base64.b64encode(digest.hex().encode()).decode(),
}
BASE64 = {"signature_encoding": "base64"}


def strict(text):
    return quote(text, safe="-._~")


def canonical(seen, *without):
    pairs = parse_qsl(query(seen), keep_blank_values=True)
    return "&".join(sorted(f"{strict(name)}={strict(value)}" for name, value in pairs if name not in without))


def md5_if_any(seen, encode):
    return encode(hashlib.md5(seen.body).digest()) if seen.body else ""  # noqa: S324 - the provider's


def base64_of(data):
    return base64.b64encode(data).decode()


SAS = r"SharedAccessSignature sr=https%3A%2F%2Fns\.test&sig=([A-Za-z0-9%]+)&se=([0-9]+)&skn=reports"

MORE = {
    "Alibaba Cloud, RPC style": Scheme(
        {"string_to_sign": "{{method}}&%2F&{{sorted_parameters_encoded}}", "hash_algorithm": "SHA1", **BASE64,
         "hmac_secret": f"{SECRET}&", "timestamp_format": "iso8601",
         "signature_parameters": {"query:AccessKeyId": "{{key_id}}", "query:Timestamp": "{{timestamp}}",
                                  "query:SignatureNonce": "{{nonce}}", "query:SignatureMethod": "HMAC-SHA1",
                                  "query:SignatureVersion": "1.0", "query:Signature": "{{signature}}"}},
        lambda seen: decoded(seen)["Signature"],
        lambda seen: joined(seen.method, "&%2F&", strict(canonical(seen, "Signature"))),
        "sha1", "base64", f"{SECRET}&".encode(),
    ),
    "Azure Event Hubs and Service Bus": Scheme(
        {"string_to_sign": r"https%3A%2F%2Fns.test\n{{timestamp+3600}}", **BASE64,
         "signature_parameters": sent(Authorization="SharedAccessSignature sr=https%3A%2F%2Fns.test&sig={{signature_encoded}}&se={{timestamp+3600}}&skn={{key_id}}")},
        lambda seen: unquote(re.fullmatch(SAS, seen.headers["Authorization"])[1]),
        lambda seen: lines("https%3A%2F%2Fns.test", re.fullmatch(SAS, seen.headers["Authorization"])[2]),
        encoding="base64",
    ),
    "Azure IoT Hub, with a base64 key": Scheme(
        {"string_to_sign": r"https%3A%2F%2Fns.test\n{{timestamp+60}}", **EXCHANGE,
         "signature_parameters": sent(Authorization="SharedAccessSignature sr=https%3A%2F%2Fns.test&sig={{signature_encoded}}&se={{timestamp+60}}&skn={{key_id}}")},
        lambda seen: unquote(re.fullmatch(SAS, seen.headers["Authorization"])[1]),
        lambda seen: lines("https%3A%2F%2Fns.test", re.fullmatch(SAS, seen.headers["Authorization"])[2]),
        encoding="base64", key=BYTES,
    ),
    "AfterShip": Scheme(
        {"string_to_sign": r"{{method}}\n{{body_md5_hex_if_any}}\n{{header:Content-Type}}\n{{timestamp}}\nas-api-key:{{key_id}}\n{{path_and_query}}",
         "timestamp_format": "rfc9110", **BASE64,
         "signature_parameters": sent(Date="{{timestamp}}", as_api_key="{{key_id}}", as_signature_hmac_sha256="{{signature}}")},
        header("As-Signature-Hmac-Sha256"),
        lambda seen: lines(seen.method, md5_if_any(seen, bytes.hex), seen.headers.get("Content-Type", ""),
                           seen.headers["Date"], f"as-api-key:{seen.headers['As-Api-Key']}", seen.path),
        encoding="base64",
    ),
    "Sinch, a signed application": Scheme(
        {"string_to_sign": r"{{method}}\n{{body_md5_base64_if_any}}\n{{header:Content-Type}}\nx-timestamp:{{timestamp}}\n{{path}}",
         "timestamp_format": "iso8601", **EXCHANGE,
         "signature_parameters": sent(X_Timestamp="{{timestamp}}", Authorization="Application {{key_id}}:{{signature}}")},
        header("Authorization", "Application reports:(.*)"),
        lambda seen: lines(seen.method, md5_if_any(seen, base64_of), seen.headers.get("Content-Type", ""),
                           f"x-timestamp:{seen.headers['X-Timestamp']}", path(seen)),
        encoding="base64", key=BYTES,
    ),
    "Rapyd": Scheme(
        {"string_to_sign": "{{method_lower}}{{path_and_query}}{{nonce}}{{timestamp}}{{key_id}}{{secret:own}}{{body}}",
         "signature_encoding": "hex_base64", "nonce_format": "hex", "secret_parameters": {"template:own": SECRET},
         "signature_parameters": sent(access_key="{{key_id}}", salt="{{nonce}}", timestamp="{{timestamp}}", signature="{{signature}}")},
        header("Signature"),
        lambda seen: joined(seen.method.lower(), seen.path, seen.headers["Salt"], seen.headers["Timestamp"],
                            seen.headers["Access-Key"], SECRET, seen.body),
        encoding="hex_base64",
    ),
    "BloFin": Scheme(
        {"string_to_sign": "{{path_and_query}}{{method}}{{timestamp}}{{nonce}}{{body}}", "signature_encoding": "hex_base64",
         "timestamp_format": "milliseconds", "secret_parameters": {"header:ACCESS-PASSPHRASE": "s3cret-phrase"},
         "signature_parameters": sent(ACCESS_KEY="{{key_id}}", ACCESS_TIMESTAMP="{{timestamp}}", ACCESS_NONCE="{{nonce}}", ACCESS_SIGN="{{signature}}")},
        header("Access-Sign"),
        lambda seen: joined(seen.path, seen.method, seen.headers["Access-Timestamp"], seen.headers["Access-Nonce"], seen.body),
        encoding="hex_base64",
    ),
    "WhiteBIT": Scheme(
        {"string_to_sign": "{{body_base64}}", "hash_algorithm": "SHA512",
         "signature_parameters": sent(X_TXC_APIKEY="{{key_id}}", X_TXC_PAYLOAD="{{body_base64}}", X_TXC_SIGNATURE="{{signature}}")},
        header("X-Txc-Signature"), lambda seen: base64.b64encode(seen.body), "sha512",
    ),
    "Google Maps": Scheme(
        {"string_to_sign": "{{path_and_query}}", "hash_algorithm": "SHA1", "key_encoding": "base64url",
         "hmac_secret": base64.urlsafe_b64encode(BYTES).decode(), "signature_encoding": "base64url_padded",
         "signature_parameters": {"query:client": "{{key_id}}", "query:signature": "{{signature}}"}},
        lambda seen: decoded(seen)["signature"],
        lambda seen: joined(seen.path.partition("&signature=")[0].partition("?signature=")[0]),
        "sha1", "base64url_padded", BYTES,
    ),
    "Bitstamp": Scheme(
        {"string_to_sign": "BITSTAMP {{key_id}}{{method}}{{host}}{{path}}{{query}}{{header:Content-Type}}{{nonce}}{{timestamp}}v2{{body}}",
         "timestamp_format": "milliseconds",
         "signature_parameters": sent(X_Auth="BITSTAMP {{key_id}}", X_Auth_Nonce="{{nonce}}", X_Auth_Timestamp="{{timestamp}}",
                                      X_Auth_Version="v2", X_Auth_Signature="{{signature}}")},
        header("X-Auth-Signature"),
        lambda seen: joined(seen.headers["X-Auth"], seen.method, seen.headers["Host"], path(seen), query(seen),
                            seen.headers.get("Content-Type", ""), seen.headers["X-Auth-Nonce"],
                            seen.headers["X-Auth-Timestamp"], "v2", seen.body),
    ),
    "Deribit": Scheme(
        {"string_to_sign": r"{{timestamp}}\n{{nonce}}\n{{method}}\n{{path_and_query}}\n{{body}}\n", "timestamp_format": "milliseconds",
         "signature_parameters": sent(Authorization="deri-hmac-sha256 id={{key_id}},ts={{timestamp}},sig={{signature}},nonce={{nonce}}")},
        header("Authorization", ".*,sig=(.*),nonce=.*"),
        lambda seen: lines(*header("Authorization", ".*,ts=(.*),sig=.*")(seen).split(), header("Authorization", ".*,nonce=(.*)")(seen),
                           seen.method, seen.path, seen.body, ""),
    ),
    "Bitso": Scheme(
        {"string_to_sign": "{{nonce}}{{method}}{{path_and_query}}{{body}}", "nonce_format": "increasing",
         "signature_parameters": sent(Authorization="Bitso {{key_id}}:{{nonce}}:{{signature}}")},
        header("Authorization", "Bitso reports:[0-9]+:(.*)"),
        lambda seen: joined(header("Authorization", "Bitso reports:([0-9]+):.*")(seen), seen.method, seen.path, seen.body),
    ),
    "CoinEx": Scheme(
        {"string_to_sign": "{{method}}{{path_and_query}}{{body}}{{timestamp}}", "timestamp_format": "milliseconds",
         "signature_parameters": sent(X_COINEX_KEY="{{key_id}}", X_COINEX_SIGN="{{signature}}", X_COINEX_TIMESTAMP="{{timestamp}}")},
        header("X-Coinex-Sign"), lambda seen: joined(seen.method, seen.path, seen.body, seen.headers["X-Coinex-Timestamp"]),
    ),
    "BitMart": Scheme(
        {"string_to_sign": "{{timestamp}}#{{secret:memo}}#{{body}}", "timestamp_format": "milliseconds",
         "secret_parameters": {"template:memo": "s3cret-memo"},
         "signature_parameters": sent(X_BM_KEY="{{key_id}}", X_BM_SIGN="{{signature}}", X_BM_TIMESTAMP="{{timestamp}}")},
        header("X-Bm-Sign"), lambda seen: joined(seen.headers["X-Bm-Timestamp"], "#s3cret-memo#", seen.body),
    ),
    "Acquia, a GET": Scheme(
        {"string_to_sign": r"{{method}}\n{{host}}\n{{path}}\n{{query}}\nid={{key_id}}&nonce={{nonce}}&realm=Acquia&version=2.0\n{{timestamp}}",
         **EXCHANGE,
         "signature_parameters": sent(
             X_Authorization_Timestamp="{{timestamp}}",
             Authorization='acquia-http-hmac realm="Acquia",id="{{key_id}}",nonce="{{nonce}}",version="2.0",headers="",signature="{{signature}}"')},
        header("Authorization", '.*,signature="(.*)"'),
        lambda seen: lines(seen.method, seen.headers["Host"], path(seen), query(seen),
                           f"id=reports&nonce={header('Authorization', '.*nonce=.([0-9a-f-]+).,version.*')(seen)}&realm=Acquia&version=2.0",
                           seen.headers["X-Authorization-Timestamp"]),
        encoding="base64", key=BYTES,
    ),
    "Amazon MWS and Signature Version 2": Scheme(
        {"string_to_sign": r"{{method}}\n{{host}}\n{{path}}\n{{sorted_query}}", **BASE64, "timestamp_format": "iso8601",
         "signature_parameters": {"query:AWSAccessKeyId": "{{key_id}}", "query:Timestamp": "{{timestamp}}", "query:SignatureVersion": "2",
                                  "query:SignatureMethod": "HmacSHA256", "query:Signature": "{{signature}}"}},
        lambda seen: decoded(seen)["Signature"],
        lambda seen: lines(seen.method, seen.headers["Host"], path(seen), canonical(seen, "Signature")),
        encoding="base64",
    ),
    "Shopee": Scheme(
        {"string_to_sign": "{{key_id}}{{path}}{{timestamp}}{{secret:token}}14701711", "secret_parameters": {"template:token": "s3cret-token", "query:access_token": "s3cret-token"},
         "extra_parameters": {"query:shop_id": "14701711"},
         "signature_parameters": {"query:partner_id": "{{key_id}}", "query:timestamp": "{{timestamp}}", "query:sign": "{{signature}}"}},
        lambda seen: decoded(seen)["sign"],
        lambda seen: joined("reports", path(seen), decoded(seen)["timestamp"], decoded(seen)["access_token"], decoded(seen)["shop_id"]),
    ),
    "Tuya": Scheme(
        {"string_to_sign": r"{{key_id}}{{secret:token}}{{timestamp}}{{nonce}}{{method}}\n{{body_sha256_hex}}\n\n{{path_and_query}}",
         "signature_encoding": "HEX", "timestamp_format": "milliseconds",
         "secret_parameters": {"template:token": "s3cret-token", "header:access_token": "s3cret-token"},
         "signature_parameters": sent(client_id="{{key_id}}", t="{{timestamp}}", nonce="{{nonce}}", sign_method="HMAC-SHA256", sign="{{signature}}")},
        header("Sign"),
        lambda seen: joined("reports", "s3cret-token", seen.headers["T"], seen.headers["Nonce"],
                            lines(seen.method, body_hash(seen).hex(), "", seen.path)),
        encoding="HEX",
    ),
    "LINE Pay": Scheme(
        {"string_to_sign": "{{secret:channel}}{{path}}{{query}}{{body}}{{nonce}}", **BASE64, "secret_parameters": {"template:channel": SECRET},
         "signature_parameters": sent(X_LINE_ChannelId="{{key_id}}", X_LINE_Authorization_Nonce="{{nonce}}", X_LINE_Authorization="{{signature}}")},
        header("X-Line-Authorization"),
        lambda seen: joined(SECRET, path(seen), query(seen), seen.body, seen.headers["X-Line-Authorization-Nonce"]),
        encoding="base64",
    ),
    "Sumsub": Scheme(
        {"string_to_sign": "{{timestamp}}{{method}}{{path_and_query}}{{body}}",
         "signature_parameters": sent(X_App_Token="{{key_id}}", X_App_Access_Ts="{{timestamp}}", X_App_Access_Sig="{{signature}}")},
        header("X-App-Access-Sig"), lambda seen: joined(seen.headers["X-App-Access-Ts"], seen.method, seen.path, seen.body),
    ),
    "NiceHash, a GET, with zero bytes between the parts": Scheme(
        {"string_to_sign": "{{key_id}}\0{{timestamp}}\0{{nonce}}\0\0org-1\0\0{{method}}\0{{path}}\0{{query}}", "timestamp_format": "milliseconds",
         "extra_parameters": {"header:X-Organization-Id": "org-1"},
         "signature_parameters": sent(X_Time="{{timestamp}}", X_Nonce="{{nonce}}", X_Auth="{{key_id}}:{{signature}}")},
        header("X-Auth", "reports:(.*)"),
        lambda seen: b"\0".join(part.encode() for part in ("reports", seen.headers["X-Time"], seen.headers["X-Nonce"], "", "org-1", "",
                                                           seen.method, path(seen), query(seen))),
    ),
    "SwitchBot": Scheme(
        {"string_to_sign": "{{secret:token}}{{timestamp}}{{nonce}}", **BASE64, "timestamp_format": "milliseconds",
         "secret_parameters": {"template:token": "s3cret-token", "header:Authorization": "s3cret-token"}, "key_id": "",
         "signature_parameters": sent(t="{{timestamp}}", nonce="{{nonce}}", sign="{{signature}}")},
        header("Sign"), lambda seen: joined("s3cret-token", seen.headers["T"], seen.headers["Nonce"]), encoding="base64",
    ),
}  # fmt: skip


@pytest.fixture
def verifying(serve, reply):
    """Give a server that verifies requests of a scheme; header names arrive in one form."""

    def start(scheme):
        def answer(seen):
            seen = titled(seen)
            expected = ENCODED[scheme.encoding](hmac.digest(scheme.key, scheme.text(seen), scheme.hash_name))
            return reply(200 if scheme.signature(seen) == expected else 401)

        return serve(answer)

    return start


def titled(seen):
    headers = {name.title().replace("_", "-"): value for name, value in seen.headers.items()}
    return seen.__class__(seen.method, seen.path, headers, seen.body)


@pytest.mark.parametrize("name", MORE)
def test_a_request_is_signed_as_the_provider_verifies_it(verifying, name):
    """Requests with a query, with JSON and without either are accepted, and no signature is shown."""
    scheme = MORE[name]
    made = watchword.load(document_of(scheme, server := verifying(scheme)))
    assert [found.message for found in made.lint()] == []
    with made.session() as session, made.httpx_client() as client:
        responses = [
            session.get(TARGET),
            session.post(TARGET, data=BODY, headers={"Content-Type": "application/json"}),
            session.delete("/v2"),
            client.get(TARGET),
        ]
    assert [response.status_code for response in responses] == [200] * 4
    shown = "".join(f"{dict(response.request.headers)}{response.request.url}" for response in responses)
    for seen in server.seen:
        signature = scheme.signature(titled(seen))
        assert not {signature, quote(signature, safe="")} & set(re.findall(r"[^ =&\"',:]+=*", shown))


@pytest.mark.parametrize("name", MORE)
def test_another_secret_is_refused(verifying, name):
    """The same document with another secret is refused by the same server."""
    scheme = MORE[name]
    encoding, secret = scheme.document.get("key_encoding", "utf8"), BYTES + b"another"
    other = {"utf8": "an0ther-secret", "base64": base64.b64encode(secret).decode(),
             "base64url": base64.urlsafe_b64encode(secret).decode()}[encoding]  # fmt: skip
    with watchword.load(document_of(scheme, verifying(scheme), hmac_secret=other)).session() as session:
        assert session.get(TARGET).status_code == 401


def test_a_shared_access_signature_ends_in_the_future(verifying):
    """The end of an Azure token is an hour from now, for each request anew."""
    scheme = MORE["Azure Event Hubs and Service Bus"]
    with watchword.load(document_of(scheme, server := verifying(scheme))).session() as session:
        session.get(TARGET)
    end = int(re.fullmatch(SAS, server.seen[0].headers["Authorization"])[2])
    assert time.time() + 3500 < end < time.time() + 3700


def test_the_base64_secret_of_these_tables_is_not_its_text():
    """A key that is read in the wrong encoding would be accepted by no server above."""
    assert base64.b64decode(B64_SECRET) == BYTES != B64_SECRET.encode()
