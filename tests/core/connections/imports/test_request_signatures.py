"""A signature that was made for one request is not stored as a key: the method that makes it is named."""

from __future__ import annotations

import json

import pytest

from watchword.connections.imports.formats import entries_in

CANARY = "canary8d1f5c07canary8d1f5c07"
URL = "https://api.example.com/v1"

SIGNED = [
    (f'OAuth oauth_consumer_key="c", oauth_signature="{CANARY}", oauth_version="1.0"', "oauth1"),
    (f'OAuth realm="x",oauth_signature="{CANARY}"', "oauth1"),
    (
        f"AWS4-HMAC-SHA256 Credential=AKIA1/20261130/eu-west-1/s3/aws4_request, Signature={CANARY}",
        "aws_sigv4",
    ),
    (f"AWS AKIA1:{CANARY}=", "aws_sigv4"),
    (f'Digest username="ann", nonce="n", uri="/v1", response="{CANARY}"', "digest"),
    (f'Signature keyId="k",algorithm="hmac-sha256",headers="date",signature="{CANARY}"', "hmac_signature"),
    (f"HMAC-SHA256 SignedHeaders=x-ms-date;host&Signature={CANARY}", "hmac_signature"),
    (f"SharedKey account:{CANARY}", "hmac_signature"),
    (f"acme-v1 key=k&signature={CANARY}", "hmac_signature"),
    (f'Hawk id="k", ts="1", mac="{CANARY}"', "another authentication"),
    (f"Negotiate {CANARY}", "another authentication"),
]


def as_curl(value):
    return f"curl {URL} -H 'Authorization: {value}' -H 'X-Amz-Date: 20261130T000000Z'"


def as_postman(value):
    request = {"method": "GET", "url": URL, "header": [{"key": "Authorization", "value": value}]}
    return json.dumps({"info": {}, "item": [{"name": "me", "request": request}]})


def as_airflow(value):
    connection = {"conn_type": "http", "host": URL, "extra": json.dumps({"Authorization": value})}
    return json.dumps({"acme": connection})


@pytest.mark.parametrize("form", [as_curl, as_postman, as_airflow])
@pytest.mark.parametrize(("value", "way"), SIGNED)
def test_a_signature_in_the_header_is_not_taken_for_a_key(form, value, way):
    """A command, a collection and an export that hold one are told the method to choose."""
    (entry,) = entries_in(form(value), "acme", {})
    (found,) = entry.findings
    assert "this request alone" in found.message
    assert way in found.advice
    assert CANARY not in f"{found}{entry}"


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("X-Amz-Signature", "aws_sigv4"),
        ("X-Goog-Signature", "oauth2_jwt_bearer"),
        ("oauth_signature", "oauth1"),
    ],
)
def test_a_signed_url_is_not_taken_for_one_with_a_key(name, way):
    """A signature in the query of a URL serves this URL alone, and for a while only."""
    (entry,) = entries_in(f"curl '{URL}?a=b&{name}={CANARY}'", "acme", {})
    (found,) = entry.findings
    assert way in found.advice
    assert CANARY not in f"{found}{entry}"


@pytest.mark.parametrize(
    "value",
    [
        f"OAuth {CANARY}",
        f"Bearer {CANARY}",
        f"SharedAccessSignature sr=a&sig={CANARY}&se=1900000000&skn=k",
        f"Token token={CANARY}",
        f"AWS {CANARY}",
        f"Signature {CANARY}",
        f"HMAC {CANARY}",
        f'MediaBrowser Token="{CANARY}"',
    ],
)
def test_a_credential_that_lasts_is_kept(value):
    """A token is kept, whatever the scheme before it is called."""
    (entry,) = entries_in(as_curl(value), "acme", {})
    assert not entry.findings
    assert CANARY in json.dumps(entry.document)
