"""Signatures that providers have published in their manuals, byte for byte."""

from __future__ import annotations

import pytest

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
_BINANCE_ORDER = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
_BINANCE_PRICE = "quantity=1&price=0.1&recvWindow=5000"
_BINANCE = {
    "key_id": "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
    "hmac_secret": "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
    "string_to_sign": "{{query}}{{body}}",
    "timestamp_format": "milliseconds",
}
_BINANCE_KEY = {"header:X-MBX-APIKEY": "{{key_id}}"}
_IN_QUERY = {**_BINANCE_KEY, "query:timestamp": "{{timestamp}}", "query:signature": "{{signature}}"}
_IN_BODY = {**_BINANCE_KEY, "body:timestamp": "{{timestamp}}", "body:signature": "{{signature}}"}
_BINANCE_SIGNED = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
_BINANCE_MIXED = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"
_BINANCE_NOW = 1_499_827_319.559
_SLACK = (
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    "%2F96rGlfmibIGlgcZRskXaIFfN"
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


def test_kraken(sign, call):
    """Kraken's example: the path and the hash of nonce and form, with a secret in base64."""
    document = {
        "key_id": "key",
        "hmac_secret": (
            "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
        ),
        "key_encoding": "base64",
        "hash_algorithm": "SHA512",
        "signature_encoding": "base64",
        "nonce_format": "hex",
        "string_to_sign": "{{path}}{{nonce_and_body_sha256_raw}}",
        "signature_parameters": {"header:API-Key": "{{key_id}}", "header:API-Sign": "{{signature}}",
                                 "header:X-Nonce": "{{nonce}}"},
    }  # fmt: skip
    form = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
    url = "https://api.kraken.com/0/private/AddOrder"
    request = sign(document, call("POST", url, form, FORM, nonce="1616492376594"))
    expected = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
    assert request.headers["API-Sign"] == expected


@pytest.mark.parametrize(
    ("parameters", "query", "body", "signature"),
    [
        (_IN_QUERY, f"{_BINANCE_ORDER}&{_BINANCE_PRICE}", "", _BINANCE_SIGNED),
        (_IN_BODY, "", f"{_BINANCE_ORDER}&{_BINANCE_PRICE}", _BINANCE_SIGNED),
        (_IN_BODY, _BINANCE_ORDER, _BINANCE_PRICE, _BINANCE_MIXED),
    ],
    ids=["query", "body", "both"],
)
def test_binance(sign, call, parameters, query, body, signature):
    """Binance's three examples: the signature of query and form is the last parameter of one of them."""
    url = f"https://api.binance.com/api/v3/order{'?' if query else ''}{query}"
    document = {**_BINANCE, "signature_parameters": parameters}
    request = sign(document, call("POST", url, body or None, FORM if body else (), now=_BINANCE_NOW))
    added = f"&timestamp=1499827319559&signature={signature}"
    content = request.body.decode() if isinstance(request.body, bytes) else request.body
    if "query:signature" in parameters:
        assert (request.url, content) == (url + added, None)
    else:
        assert (request.url, content) == (url, body + added)
        assert request.headers["Content-Length"] == str(len(body + added))


def test_duo(sign, call):
    """Duo's example: date, host and sorted parameters, and the pair of key and signature as Basic."""
    document = {
        "key_id": "DIWJ8X6AEYOR5OMC6TQ1",
        "hmac_secret": "Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep",
        "hash_algorithm": "SHA1",
        "string_to_sign": r"{{timestamp}}\n{{method}}\n{{host}}\n{{path}}\n{{sorted_parameters}}",
        "timestamp_format": "rfc2822",
        "signature_parameters": {
            "header:Date": "{{timestamp}}",
            "header:Authorization": "Basic {{basic_credentials}}",
        },
    }
    url = "https://API-xxxxxxxx.duosecurity.com/accounts/v1/account/list"
    request = sign(document, call("POST", url, "username=root&realname=First+Last", FORM, now=1_345_570_158))
    expected = "Basic RElXSjhYNkFFWU9SNU9NQzZUUTE6MmQ5N2Q2MTY2MzE5NzgxYjVhM2EwN2FmMzlkMzY2ZjQ5MTIzNGVkYw=="
    assert request.headers["Date"] == "Tue, 21 Aug 2012 17:29:18 -0000"
    assert request.headers["Authorization"] == expected


def test_hawk(sign, call):
    """Hawk's example without a body: a header of several values."""
    document = {
        "key_id": "dh37fgj492je",
        "hmac_secret": "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn",
        "string_to_sign": (
            r"hawk.1.header\n{{timestamp}}\n{{nonce}}\n{{method}}\n{{path_and_query}}\nexample.com\n8000\n\n"
            r"some-app-ext-data\n"
        ),
        "signature_encoding": "base64",
        "nonce_format": "hex",
        "signature_parameters": {
            "header:Authorization": (
                'Hawk id="{{key_id}}", ts="{{timestamp}}", nonce="{{nonce}}", ext="some-app-ext-data", '
                'mac="{{signature}}"'
            )
        },
    }
    url = "http://example.com:8000/resource/1?b=1&a=2"
    document["allowed_origins"] = ["http://example.com:8000"]
    request = sign(document, call("GET", url, now=1_353_832_234.0, nonce="j4h3g2"))
    assert request.headers["Authorization"] == (
        'Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", ext="some-app-ext-data", '
        'mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="'
    )


def test_slack(sign, call):
    """Slack's example of a webhook: a version, the time and the form."""
    document = {
        "hmac_secret": "8f742231b10e8888abcd99yyyzzz85a5",
        "string_to_sign": "v0:{{timestamp}}:{{body}}",
        "signature_parameters": {
            "header:X-Slack-Request-Timestamp": "{{timestamp}}",
            "header:X-Slack-Signature": "v0={{signature}}",
        },
    }
    url = "https://hooks.example.com/slack"
    request = sign(document, call("POST", url, _SLACK, FORM, now=1_531_420_618.0))
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert request.headers["X-Slack-Signature"] == expected


def test_github(sign, call):
    """GitHub's example of a webhook: the body alone."""
    document = {
        "hmac_secret": "It's a Secret to Everybody",
        "string_to_sign": "{{body}}",
        "signature_parameters": {"header:X-Hub-Signature-256": "sha256={{signature}}"},
    }
    request = sign(document, call("POST", "https://hooks.example.com/github", b"Hello, World!"))
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert request.headers["X-Hub-Signature-256"] == expected


def test_cryptopay(sign, call):
    """Cryptopay's example: the MD5 of the body, its type, and the date that the caller has set."""
    document = {
        "key_id": "key",
        "hmac_secret": "Oe8TBDzg4tatdq2cL9ojeEj3U3oWSCSC5fqOHAqaKVg",
        "hash_algorithm": "SHA1",
        "signature_encoding": "base64",
        "string_to_sign": r"{{method}}\n{{body_md5_hex}}\n{{header:content-type}}\n{{header:Date}}\n{{path}}",
        "signature_parameters": {"header:Authorization": "HMAC {{key_id}}:{{signature}}"},
    }
    headers = (("Content-Type", "application/json"), ("Date", "2019-01-09T11:24:40+00:00"))
    url = "https://business.example.com/api/auth/test"
    request = sign(document, call("POST", url, '{"amount":"100"}', headers))
    assert request.headers["Authorization"] == "HMAC key:fVYzUdYqZO1ozBeP3KQHFp9/Kno="
