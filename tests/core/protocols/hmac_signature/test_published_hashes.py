"""Signatures by plain hashes and by sections of templates that providers have published, byte for byte."""

from __future__ import annotations

import pytest

JSON = (("Content-Type", "application/json"),)


def test_marvel(sign, call):
    """Marvel's example: the MD5 of time, private and public key, all in the query."""
    document = {
        "key_id": "1234",
        "hmac_secret": "abcd",
        "signature_type": "hash",
        "hash_algorithm": "MD5",
        "string_to_sign": "{{timestamp}}{{hmac_secret}}{{key_id}}",
        "signature_parameters": {
            "query:ts": "{{timestamp}}",
            "query:apikey": "{{key_id}}",
            "query:hash": "{{signature}}",
        },
    }
    request = sign(document, call("GET", "https://gateway.marvel.com/v1/public/comics", now=1.0))
    assert request.url.endswith("/comics?ts=1&apikey=1234&hash=ffd275c5130566a2916217b101f26150")


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (None, "$1$16ae5ba8c63841b1951575be905867991d5f49dc"),
        ('{"some": "random", "data": 42}', "$1$9acb1ac0120006d16261a635aed788e83ab172d2"),
    ],
)
def test_ovh(sign, call, body, signature):
    """The examples of OVH's client: the SHA-1 of two secrets and the request, with plus signs between."""
    document = {
        "key_id": "fake application key",
        "hmac_secret": "fake application secret",
        "signature_type": "hash",
        "hash_algorithm": "SHA1",
        "string_to_sign": "{{hmac_secret}}+{{secret:consumer}}+{{method}}+{{url}}+{{body}}+{{timestamp}}",
        "secret_parameters": {"template:consumer": "fake consumer key"},
        "signature_parameters": {
            "header:X-Ovh-Application": "{{key_id}}",
            "header:X-Ovh-Consumer": "{{secret:consumer}}",
            "header:X-Ovh-Timestamp": "{{timestamp}}",
            "header:X-Ovh-Signature": "$1${{signature}}",
        },
    }
    url = "https://eu.api.ovh.com/1.0/unit/test"
    request = sign(document, call("MeThOd", url, body, JSON, now=1_404_395_931.0))
    assert request.headers["X-Ovh-Signature"] == signature
    assert request.headers["X-Ovh-Consumer"] == "fake consumer key"


_ACQUIA = {
    "key_id": "efdde334-fe7b-11e4-a322-1697f925ec7b",
    "hmac_secret": "W5PeGMxSItNerkNFqQMfYiJvH14WzVJMy54CPoTAYoI=",
    "key_encoding": "base64",
    "signature_encoding": "base64",
    "string_to_sign": (
        r"{{method}}\n{{host}}\n{{path}}\n{{query}}\n"
        r"id={{key_id}}&nonce={{nonce}}&realm=Pipet%20service&version=2.0\n{{timestamp}}"
        r"{{#if_body}}\n{{header:Content-Type}}\n{{body_sha256_base64}}{{/if_body}}"
    ),
    "signature_parameters": {
        "header:X-Authorization-Timestamp": "{{timestamp}}",
        "header:X-Authorization-Content-SHA256": "{{#if_body}}{{body_sha256_base64}}{{/if_body}}",
        "header:Authorization": (
            'acquia-http-hmac id="{{key_id}}",nonce="{{nonce}}",realm="Pipet%20service",'
            'signature="{{signature}}",version="2.0"'
        ),
    },
}


@pytest.mark.parametrize(
    ("method", "target", "body", "signature", "body_hash"),
    [
        ("GET", "task-status/133?limit=10", None, "MRlPr/Z1WQY2sMthcaEqETRMw4gPYXlPcTpaLWS2gcc=", None),
        (
            "POST",
            "task",
            '{"method":"hi.bob","params":["5","4","8"]}',
            "XDBaXgWFCY3aAgQvXyGXMbw9Vds2WPKJe2yP+1eXQgM=",
            "6paRNxUA7WawFxJpRp4cEixDjHq3jfIKX072k9slalo=",
        ),
    ],
)
def test_acquia(sign, call, method, target, body, signature, body_hash):
    """The fixtures of Acquia's specification: type and hash of the body are signed if there is a body."""
    url = f"https://example.acquiapipet.net/v1.0/{target}"
    nonce = "d19543375319482184271155" + "42e08d10"
    request = sign(_ACQUIA, call(method, url, body, JSON, now=1_432_075_982.0, nonce=nonce))
    assert request.headers["Authorization"] == (
        'acquia-http-hmac id="efdde334-fe7b-11e4-a322-1697f925ec7b",'
        f'nonce="d1954337-5319-4821-8427-115542e08d10",realm="Pipet%20service",signature="{signature}",version="2.0"'
    )
    assert request.headers.get("X-Authorization-Content-SHA256") == body_hash


def test_iyzico(sign, call):
    """The form of iyzico's example: base64 of key, nonce and signature together."""
    document = {
        "key_id": "sandbox-l9Md1Gj3IYcmu4NdaWxaSUoCoX7DC5RA",
        "hmac_secret": "s3cret",
        "nonce_format": "hex",
        "string_to_sign": "{{nonce}}{{path}}{{body}}",
        "signature_parameters": {
            "header:x-iyzi-rnd": "{{nonce}}",
            "header:Authorization": (
                "IYZWSv2 {{#base64}}apiKey:{{key_id}}&randomKey:{{nonce}}&signature:{{signature}}{{/base64}}"
            ),
        },
    }
    url = "https://sandbox-api.iyzipay.com/payment/bin/check"
    request = sign(document, call("POST", url, "{}", JSON, nonce="123456789"))
    published = (
        "IYZWSv2 YXBpS2V5OnNhbmRib3gtbDlNZDFHajNJWWNtdTROZGFXeGFTVW9Db1g3REM1UkEmcmFuZG9tS2V5OjEyMzQ1Njc4OSZ"
        "zaWduYXR1cmU6"
    )
    assert request.headers["Authorization"].startswith(published)
