"""Secrets are found in every encoding that a server may echo them in, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import random
from collections import deque
from urllib.parse import quote, quote_plus

import pytest

from watchword import redact
from watchword.http.decodings import LONGEST_TEXT
from watchword.http.echoes import holds_secret, sent_secrets, without_secrets
from watchword.redact import texts
from watchword.redact.registry import LATE, Registry

RANDOM = random.Random(1).randbytes(300)  # noqa: S311 - always the same
SECRETS = (
    "s3cret/k+y w1th=all",
    "s3cret-pässwörd",
    "s3cret-ключ-€",
    "41s3cret%20&amp;\\n",
    "s3cret-" + "x" * 1200,
)


def _percent(text):
    return "".join(f"%{byte:02x}" for byte in _bytes(text))


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def _inside(encode, before, after=""):
    return lambda text: encode(before.encode() + _bytes(text) + after.encode())


def _base64(data):
    return base64.b64encode(_bytes(data)).decode()


def _base64url(data):
    return base64.urlsafe_b64encode(_bytes(data)).decode().rstrip("=")


def _layers(text):
    for _ in range(12):
        text = quote(text, safe="")
    return text


def _pluses(text):
    return quote_plus(quote(quote_plus(text), safe=""))


def _uneven(text):
    return "".join(
        _layers(char) if place % 3 == 0 else quote(char, safe="") for place, char in enumerate(text)
    )


def _units(text, mark):
    return mark + text.encode("utf-16-be").hex(" ", 2).replace(" ", mark)


def _html(text):
    return "".join(f"&#x{ord(char):X};" for char in text)


def _misread(text, times=1, encoding="latin-1"):
    data = text.encode()
    for _ in range(times):
        data = data.decode(encoding, "replace").encode()
    return quote(data, safe="")


ENCODINGS = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "every byte as percent": _percent,
    "twelve layers": _layers,
    "a plus for each space, in layers": _pluses,
    "layers that differ": _uneven,
    "hex": lambda text: _bytes(text).hex(),
    "upper hex": lambda text: _bytes(text).hex().upper(),
    "hex after a digit": lambda text: "5" + _bytes(text).hex(),
    "hex with colons": lambda text: _bytes(text).hex(":"),
    "hex escapes": lambda text: "".join(f"\\x{byte:02x}" for byte in _bytes(text)),
    "hex with 0x": lambda text: "0x" + _bytes(text).hex(" ").replace(" ", ",0x"),
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in _bytes(text)),
    "base64": _base64,
    "base64 quoted": lambda text: quote(_base64(text), safe=""),
    "base64 with a space for a plus": lambda text: _base64(text).replace("+", "%20"),
    "base64 in lines": lambda text: base64.encodebytes(_bytes(text)).decode(),
    "base64url": _base64url,
    "base64, aligned by 1": _inside(_base64, "a", "z"),
    "base64, aligned by 2": _inside(_base64url, "ab", "zz"),
    "base64 of JSON": _inside(_base64, '{"a": "', '", "b": 1}'),
    "base64 after other digits": lambda text: "token-x" + _base64url(text),
    "JSON": json.dumps,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"k": text})),
    "every character in JSON": lambda text: _units(text, "\\u"),
    "JavaScript": lambda text: "".join(f"\\u{{{ord(char):x}}}" for char in text),
    "percent and u": lambda text: _units(text, "%u"),
    "HTML": html.escape,
    "HTML numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "HTML hex numbers in layers": lambda text: html.escape(html.escape(_html(text))),
    "UTF-16, little-endian": lambda text: _percent(text.encode("utf-16-le")),
    "UTF-16, big-endian": lambda text: _percent(text.encode("utf-16-be")),
    "UTF-16, raw": lambda text: "".join(map(chr, text.encode("utf-16-le"))),
    "UTF-32": lambda text: _percent(text.encode("utf-32")),
    "UTF-8 read as Latin-1": _misread,
    "UTF-8 read as Latin-1 twice": lambda text: _misread(text, 2),
}  # fmt: skip


@pytest.fixture(params=SECRETS, ids=range(len(SECRETS)))
def secret(request):
    redact.register([request.param])
    return request.param


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_secret_is_found_in_each_encoding(secret, name):
    """It is found in the query, as value and as name, in fragment and path, and as a user or host."""
    echo = quote(ENCODINGS[name](secret), safe="%")
    assert without_secrets(f"https://h.test/a?page=2&x={echo}&y=1#z") == "https://h.test/a?page=2&y=1#z"
    assert without_secrets(f"https://h.test/a?{echo}=1&y=1") == "https://h.test/a?y=1"
    assert without_secrets(f"https://h.test/a?y=1#{echo}") == "https://h.test/a?y=1"
    assert without_secrets(f"https://h.test/a/{echo}/b") is None
    assert without_secrets(f"https://{echo}@h.test/a") is None


@pytest.mark.parametrize("second", ENCODINGS)
def test_a_secret_is_found_in_two_encodings_of_each_other(second):
    """One encoding of another is undone, inside of a longer text too."""
    secret = "s3cret/k+y w1th=all"
    redact.register([secret])
    for first, encode in ENCODINGS.items():
        echo = ENCODINGS[second](f"next={encode(secret)}&b")
        assert holds_secret(f"https://h.test/a?x={quote(echo, safe='%')}"), first


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/a?page=2&next=https%3A%2F%2Fh.test%2Fb%3Fa%3D1%2B2+3",
        "https://h.test/%7Euser/a%2fb?x=%zz&&y=&=z&q=a+b%20c#top",
        "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
        "%2F20231114%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Date=20231114T221320Z&X-Amz-Expires=300"
        "&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0123456789abcdef" * 4,
        "https://storage.googleapis.com/b/o?GoogleAccessId=a%40b&Expires=1&Signature=" + "Ab%2B%2F" * 40,
        "https://h.test/f?token=eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2lnbmF0dXJlLW9mLWEtc3RyYW5nZXI",
        "https://h.test/a?cursor=" + _base64url(json.dumps({"after": 123, "id": "x" * 50})),
        "https://h.test/" + RANDOM.hex() + "?id=" + _base64url(RANDOM * 9),
        "//h.test/a", "/a/b?c", "?c=1", "#f", "", "a\\b", "http://[::1", "https://h.test/?a=100%",
        "https://h.test/a?x=%E4%F6&y=%C3%A4&z=%00",
    ],
)  # fmt: skip
def test_other_urls_stay_as_they_are(url):
    """Ordinary URLs, long ids, cursors, and links that a stranger has signed stay byte for byte."""
    redact.register([*SECRETS, "pass", "s3cret-token-0123456789"])
    assert without_secrets(url) == url
    signed = sent_secrets(['Authorization: OAuth oauth_signature="own-signature%2Fabc"'])
    assert without_secrets(url, signed) == url


def test_a_short_secret_is_found_as_a_whole_value_alone():
    """A secret of less than eight characters would be found everywhere as a part."""
    redact.register(["page"])
    url = "https://h.test/page?page=2&pages=1&x=%70age&y=pag%2565#page"
    assert without_secrets(url) == "https://h.test/page?page=2&pages=1"


def test_a_secret_is_found_among_thousands():
    """The index finds the first, the last and one between, and nothing that only looks similar."""
    known = [f"key-{number:05}-{number * 7919 % 100003:06}" for number in range(5000)]
    redact.register(known)
    for secret in (known[0], known[2500], known[-1], base64.b64encode(known[7].encode()).decode()):
        assert all(holds_secret(f"{'x' * shift}{secret}&") for shift in range(8))
    assert not holds_secret("key-00001-00000" + "0" * 5000 + "key-05001-")
    redact.register(["s3cr-8ch"])
    assert all(holds_secret(f"{'x' * shift}s3cr-8ch") for shift in range(8))


class Owner:
    """Something that holds a secret."""


def test_secrets_that_are_forgotten_are_no_longer_found(monkeypatch):
    """The index follows the registry."""
    now = 0.0
    monkeypatch.setattr(texts, "_registry", Registry(lambda: now))
    owners = deque(maxlen=50)
    for number in range(3000):
        owners.append(Owner())
        redact.register([f"token-{number:05}-{number * 7919 % 100003:06}"], owners[-1])
        if number % 500 == 499:
            now += LATE + 1
            redact.known()
            assert holds_secret(f"a={number:05}token-{number:05}-{number * 7919 % 100003:06}")
            assert not holds_secret(f"token-{0:05}-{0:06}")


def test_what_can_t_be_searched_counts_as_holding_a_secret():
    """A text that is too long, or has too many layers of different encodings, isn't sent anywhere."""
    assert holds_secret("a" * (LONGEST_TEXT + 1))
    assert not holds_secret("a" * LONGEST_TEXT)
    text = "%41"
    for _ in range(40):
        text = text.replace("%", "&#37;").replace("&", "%26")
    assert holds_secret(text)


def test_of_what_signing_adds_only_signatures_and_jwts_are_secret():
    """Names, times, nonces, hashes of bodies and scopes are found in many URLs."""
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl"
    aws, digest, oauth = "0123456789abcdef" * 2, "fedcba9876543210" * 2, "abc/def+ghijklmnop="
    texts = [
        f"AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-central-1/s3/aws4_request, Signature={aws}",
        "SignedHeaders=host;x-amz-date;x-amz-content-sha256",
        f'Digest nonce="0123456789abcdef0123", uri="/v1/a/long/path/of/it", response="{digest}"',
        f'OAuth oauth_nonce="0123456789abcdef0123456789abcdef", oauth_signature="{quote(oauth, safe="")}"',
        f"Bearer {jwt}",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "20231114T221320Z",
    ]
    assert sent_secrets(texts) == {aws, digest, oauth, jwt}
