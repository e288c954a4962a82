"""Thousands of generated requests, verified by the server sides of oauthlib and Authlib.

A request that a verifier can't read is verified by oauthlib's arithmetic over what `urllib` reads:
`UNREADABLE` says which, and why.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
import requests
from authlib.oauth1.rfc5849 import signature as authlib_signature
from authlib.oauth1.rfc5849.wrapper import OAuth1Request
from oauthlib.common import Request as OAuthlibRequest
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
from oauthlib.oauth1.rfc5849 import signature as oauthlib_signature

import watchword
from watchword.flow import Context

EACH = 165
METHODS = [
    "HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", "PLAINTEXT",
]  # fmt: skip
FORM = "application/x-www-form-urlencoded"

CONSUMER_KEY, CONSUMER_SECRET = "acme consumer+/ü", "s3cret consumer&/ü~"
TOKEN, TOKEN_SECRET = "t0ken+/=", "s3cret token&"

NAMES = ["a", "b", "a b", "é", "x!y", "x", "日本", "c@", "filter[name]", "~", "", "oauth", "%41"]
VALUES = [
    "", "a", "b c", "a+b", "=%3D", "é", "日本", "[1|2]", "~*-._", "100%", "%zz", "%7e", "'(!)$,;:@/?",
    '{}"<>\\^`',
]  # fmt: skip
RAW = [
    "a", "b", "=", "&", "&&", "+", "%20", "%2B", "%2b", "%C3%A9", "%7e", "%25", "~", "*", "!", "(", ",", ";",
    ":", "@", "/", "[", "]", "|", "'", "$", "é", "日", "?", "a=1", "&a=2", "&c=&d",
]  # fmt: skip
SEGMENTS = [
    "", "a", "b c", "é", "%C3%A9", "x%2Fy", "%7e", "~", "a;v=1", "(x)", "[y]", "z|", "1,2:3@4", "'$*!", "..",
    ".", "%zz",
]  # fmt: skip
HOSTS = [
    "api.test",
    "API.test",
    "api.test:443",
    "api.test:8443",
    "bücher.test",
    "127.0.0.1",
    "[2001:db8::1]:8443",
]

# What the verifiers take for a form; requests leaves more of a URL and all of a text as it is.
OAUTHLIB_READS = re.compile(r"[A-Za-z0-9_.\-=&;:%+~,*@!()/?'$]*")
AUTHLIB_READS = re.compile(r"[A-Za-z0-9_.\-=&;:%+~,*@!()/?]*")

UNREADABLE = {
    "oauthlib refuses raw characters that requests leaves unescaped": lambda case: (
        case.verifier == "oauthlib" and not all(map(OAUTHLIB_READS.fullmatch, case.forms))
    ),
    "Authlib refuses raw characters that requests leaves unescaped": lambda case: (
        case.verifier == "authlib" and not all(map(AUTHLIB_READS.fullmatch, case.forms))
    ),
    "both refuse a percent sign that escapes nothing": lambda case: any(
        re.search(r"%(?![0-9A-Fa-f]{2})", form) for form in case.forms
    ),
    "oauthlib decodes protocol parameters of query and body twice, which changes a PLAINTEXT signature": (
        lambda case: case.verifier == "oauthlib" and case.add_to != "header" and case.method == "PLAINTEXT"
    ),
    "Authlib knows three methods": lambda case: (
        case.verifier == "authlib" and case.method not in {"HMAC-SHA1", "RSA-SHA1", "PLAINTEXT"}
    ),
}


@dataclass(frozen=True)
class Case:
    verifier: str
    method: str
    add_to: str
    forms: tuple[str, ...]

    @property
    def readable(self):
        return not any(applies(self) for applies in UNREADABLE.values())


class Known(RequestValidator):
    """A store of one consumer and one token that accepts any nonce."""

    allowed_signature_methods = METHODS
    dummy_client = "dummy"

    def __init__(self, public_key):
        super().__init__()
        self._public_key = public_key

    def check_client_key(self, client_key):
        return client_key == CONSUMER_KEY

    def check_nonce(self, nonce):
        return len(nonce) == 32

    def validate_timestamp_and_nonce(self, *_, **__):
        return True

    def validate_client_key(self, client_key, _):
        return client_key == CONSUMER_KEY

    def get_client_secret(self, *_):
        return CONSUMER_SECRET

    def get_access_token_secret(self, _, token, __):
        return TOKEN_SECRET if token == TOKEN else "another"

    def get_rsa_key(self, *_):
        return self._public_key


class Client:
    """The consumer and its token in the form that Authlib requires."""

    def __init__(self, public_key):
        self._public_key = public_key

    def get_client_secret(self):
        return CONSUMER_SECRET

    def get_rsa_public_key(self):
        return self._public_key

    def get_oauth_token_secret(self):
        return TOKEN_SECRET


def url_of(dice):
    path = "/".join(dice.choices(SEGMENTS, k=dice.randrange(5)))
    raw = f"?{''.join(dice.choices(RAW, k=dice.randrange(1, 8)))}" if dice.random() < 0.6 else ""
    return f"https://{dice.choice(HOSTS)}/{path}{raw}{dice.choice(['', '', '#part?x'])}"


def pairs_of(dice):
    return [(dice.choice(NAMES), dice.choice(VALUES)) for _ in range(dice.randrange(4))]


def body_of(dice, add_to):
    """Return options for the body: none, any form, or something else if header or query are signed."""
    raw = "".join(dice.choices(RAW, k=dice.randrange(1, 8)))
    forms = [
        {},
        {"data": pairs_of(dice)},
        {"data": raw, "headers": {"Content-Type": FORM}},
        {"data": raw.encode(), "headers": {"Content-Type": f"{FORM}; charset=utf-8"}},
    ]
    others = [{"json": {"a": 1}}, {"data": b"\x00=\xff"}, {"files": {"a": b"b"}}]
    return dice.choice(forms if add_to == "body" else [*forms, *others])


def request_of(dice, add_to):
    method = "POST" if add_to == "body" else dice.choice(["GET", "POST", "PUT", "DELETE", "PATCH"])
    body = {} if method == "GET" else body_of(dice, add_to)
    return requests.Request(method, url_of(dice), params=pairs_of(dice), **body).prepare()


def form_in(request):
    """Return the body as text if it is a form."""
    if not request.body or FORM not in request.headers.get("Content-Type", ""):
        return ""
    return request.body if isinstance(request.body, str) else request.body.decode()


def by_oauthlib(request, public_key):
    headers = {
        name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers
    }
    endpoint = SignatureOnlyEndpoint(Known(public_key))
    return endpoint.validate_request(request.url, request.method, form_in(request), headers)[0]


def by_authlib(request, public_key):
    header = request.headers.get("Authorization")
    seen = OAuth1Request(
        request.method, request.url, form_in(request) or None, {"Authorization": header} if header else {}
    )
    seen.client = seen.credential = Client(public_key)
    verify = {
        "HMAC-SHA1": authlib_signature.verify_hmac_sha1,
        "RSA-SHA1": authlib_signature.verify_rsa_sha1,
        "PLAINTEXT": authlib_signature.verify_plaintext,
    }
    return verify[seen.signature_method](seen)


def by_arithmetic(request, public_key):
    """Verify with oauthlib's functions what the standard library has read, and check the header's form."""
    header = request.headers.get("Authorization", "")
    sent = [(name, unquote(value)) for name, value in re.findall(r'(oauth_\w+)="([^"]*)"', header)]
    sent += parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    sent += parse_qsl(form_in(request), keep_blank_values=True)
    given = dict(sent)
    seen = OAuthlibRequest(request.url, request.method)
    seen.params = [(name, value) for name, value in sent if name != "oauth_signature"]
    seen.signature = given["oauth_signature"]
    name = given["oauth_signature_method"]
    verify = getattr(oauthlib_signature, f"verify_{name.lower().replace('-', '_')}")
    keys = (public_key,) if name.startswith("RSA") else (CONSUMER_SECRET, TOKEN_SECRET)
    return verify(seen, *keys)


VERIFIERS = {"oauthlib": by_oauthlib, "authlib": by_authlib}


@pytest.mark.parametrize("add_to", ["header", "query", "body"])
@pytest.mark.parametrize("signature_method", METHODS)
def test_servers_accept_what_is_signed(rsa_key, signature_method, add_to):
    """Each of 3,465 requests is accepted by every verifier that can read it, and by our own arithmetic."""
    rsa = {"private_key": rsa_key.private} if signature_method.startswith("RSA") else {}
    secret = {} if rsa else {"consumer_secret": CONSUMER_SECRET}
    realm = {"realm": 'Über alles, "quoted"'} if add_to == "header" else {}
    method = watchword.load({
        "base_url": "https://api.test", "method": "oauth1", "signature_method": signature_method,
        "add_to": add_to, "consumer_key": CONSUMER_KEY, "access_token": TOKEN, "token_secret": TOKEN_SECRET,
        **secret, **rsa, **realm,
    }).authenticator().method  # fmt: skip
    dice = random.Random(f"{signature_method} {add_to}")  # noqa: S311 - the same cases in every run
    read = dict.fromkeys(VERIFIERS, 0)
    for _ in range(EACH):
        request = request_of(dice, add_to)
        next(method.flow(request, Context()))
        shown = (request.method, request.url, request.body)
        forms = (urlsplit(request.url).query, form_in(request))
        assert by_arithmetic(request, rsa_key.public), shown
        for name, accepts in VERIFIERS.items():
            if Case(name, signature_method, add_to, forms).readable:
                read[name] += 1
                assert accepts(request, rsa_key.public), (name, *shown)
    assert read["oauthlib"] >= EACH / 3 or (signature_method == "PLAINTEXT" and add_to != "header")
    assert read["authlib"] >= EACH / 3 or signature_method not in {"HMAC-SHA1", "RSA-SHA1", "PLAINTEXT"}


@pytest.mark.parametrize("verifier", [by_oauthlib, by_authlib, by_arithmetic])
def test_the_verifiers_refuse_what_is_changed_on_its_way(rsa_key, verifier):
    """The same verifiers refuse a request whose query, path or method differs from the signed one."""
    method = watchword.load({
        "base_url": "https://api.test", "method": "oauth1", "consumer_key": CONSUMER_KEY,
        "consumer_secret": CONSUMER_SECRET, "access_token": TOKEN, "token_secret": TOKEN_SECRET,
    }).authenticator().method  # fmt: skip
    request = requests.Request("GET", "https://api.test/a?b=c").prepare()
    next(method.flow(request, Context()))
    assert verifier(request, rsa_key.public)
    for name, value in [
        ("url", "https://api.test/a?b=d"),
        ("url", "https://api.test/A?b=c"),
        ("method", "PUT"),
    ]:
        changed = request.copy()
        setattr(changed, name, value)
        assert not verifier(changed, rsa_key.public)
