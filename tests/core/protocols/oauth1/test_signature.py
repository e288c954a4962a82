"""Base string and signature, by the vectors of RFC 5849 and OAuth Core 1.0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1.rfc5849 import signature as oauthlib_signature

from watchword.protocols.keys import read_private_key
from watchword.protocols.oauth1.signature import (
    base_string,
    base_string_uri,
    escape,
    form_pairs,
    hmac_signer,
    normalized,
    plaintext_signer,
    rsa_signer,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "oauth1.json").read_text(encoding="utf-8"))
REQUESTS = [pytest.param(request, id=request["name"]) for request in VECTORS["requests"]]


@pytest.mark.parametrize(("text", "encoded"), VECTORS["escape"]["cases"])
def test_parameters_are_encoded_as_the_test_cases_say(text, encoded):
    """Everything except unreserved characters is encoded from UTF-8, in upper case."""
    assert escape(text) == encoded


@pytest.mark.parametrize(
    ("form", "expected"), [case for group in VECTORS["normalized"] for case in group["cases"]]
)
def test_parameters_are_normalized(form, expected):
    """Parameters are decoded, encoded again, and sorted by name and then by value."""
    assert normalized(form_pairs(form.encode())) == expected


@pytest.mark.parametrize(("url", "expected"), VECTORS["base_string_uri"]["cases"])
def test_the_base_string_uri(url, expected):
    """The base string URI has its host in lower case, no default port, no query, and an unchanged path."""
    assert base_string_uri(url) == expected


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("https://h.test:443/", "", "https://h.test/"),
        ("https://h.test:80/", "", "https://h.test:80/"),
        ("http://h.test:8080", "", "http://h.test:8080/"),
        ("HTTP://[2001:DB8::1]:80/a", "", "http://[2001:db8::1]/a"),
        ("http://[::1]:8080/a", "", "http://[::1]:8080/a"),
        ("http://ann:pw@h.test/a", "", "http://h.test/a"),
        ("http://h.test/a;v=1//b/%2f?x#/y", "", "http://h.test/a;v=1//b/%2f"),
        ("http://h.test/a#b?c", "", "http://h.test/a"),
        ("http://127.0.0.1:8080/a", "API.test:80", "http://api.test/a"),
    ],
)
def test_authority_and_path_of_every_kind(url, host, expected):
    """Ports, IPv6, user names, path parameters and a caller's Host header follow section 3.4.1.2."""
    assert base_string_uri(url, host) == expected


@pytest.mark.parametrize("vector", REQUESTS)
def test_published_requests(vector):
    """Base string and signature of each published request are exactly as published."""
    pairs = [(name, escape(value)) for name, value in vector["protocol"].items()]
    query = vector["url"].partition("?")[2].encode()
    pairs += form_pairs(query) + form_pairs(vector.get("form", "").encode())
    text = base_string(vector["method"], base_string_uri(vector["url"]), pairs)
    assert text == vector.get("base_string", text)
    if "signature" in vector:
        assert signer_of(vector)(text) == vector["signature"]


def signer_of(vector):
    method = vector["protocol"]["oauth_signature_method"]
    if method == "RSA-SHA1":
        return rsa_signer("sha1", read_private_key(VECTORS["private_key"]["pem"]).key)
    make = {"PLAINTEXT": plaintext_signer, "HMAC-SHA1": lambda *secrets: hmac_signer("sha1", *secrets)}[
        method
    ]
    return make(vector["consumer_secret"], vector["token_secret"])


@pytest.mark.parametrize(("consumer_secret", "token_secret", "text", "expected"), VECTORS["hmac"]["cases"])
def test_published_hmacs(consumer_secret, token_secret, text, expected):
    """The key is both secrets joined by an ampersand, even if the second is empty."""
    assert hmac_signer("sha1", consumer_secret, token_secret)(text) == expected


def test_octets_that_are_no_utf_8_stay_what_they_are():
    """A decoded octet that isn't text is signed as itself, not as a replacement character (section 3.6)."""
    assert form_pairs(b"a=%ff%c3%a9&\xff=b") == [("a", "%FF%C3%A9"), ("%FF", "b")]


def test_odd_forms():
    """Empty parts are dropped; a name without =, an empty name and broken escapes are kept."""
    assert form_pairs(b"&&a&=b&c==&%zz=%4") == [
        ("a", ""), ("", "b"), ("c", "%3D"), ("%25zz", "%254"),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.text(), st.text())))
def test_the_quick_way_of_encoding_is_the_thorough_one(pairs):
    """The base string equals oauthlib's for any names and values."""
    escaped = [(escape(name), escape(value)) for name, value in pairs]
    uri = "http://h.test/a%20b/ü"
    expected = oauthlib_signature.signature_base_string(
        "post", uri, oauthlib_signature.normalize_parameters(pairs)
    )
    assert base_string("post", uri, escaped) == expected
