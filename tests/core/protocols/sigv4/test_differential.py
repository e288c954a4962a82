"""More than a thousand generated requests, signed equal to AWS's own signer (awscrt) and to botocore."""

from __future__ import annotations

import random
import re
from datetime import datetime, timezone
from io import BytesIO
from urllib.parse import parse_qs, parse_qsl, quote, unquote_to_bytes, urlsplit

import pytest
import requests
from awscrt.auth import (
    AwsCredentialsProvider,
    AwsSignatureType,
    AwsSignedBodyHeaderType,
    AwsSigningAlgorithm,
    AwsSigningConfig,
    aws_sign_request,
)
from awscrt.http import HttpHeaders, HttpRequest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from watchword.flow import Context
from watchword.methods.aws_sigv4 import AwsSigV4

LEFT_OUT = {
    "a + for a blank in the query": "awscrt takes it as a plus, servers as either; it is given our %20",
    "escapes in a path that are not in the one form": "awscrt signs them as they are: it is given ours",
    "a % that begins no escape": "awscrt refuses the request: it is given our %25",
    "headers that we don't sign": "awscrt is told to leave them out; both sign Host, Content-Type and x-amz-",
    "two headers of one name": "requests knows none",
    "header values outside ASCII": "awscrt takes text alone: test_method.py covers them",
}
"""The requests that awscrt isn't given unchanged, and why."""

NOW = 1_440_938_160.0
ACCESS, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "tok/en+==%&x"
SERVICES = ["s3", "execute-api", "dynamodb"]
HOSTS = ["https://api.example.com", "http://127.0.0.1:9000", "https://a.example:443", "http://[::1]:8080"]
WORDS = [
    "orders", "a b", "ü", "日本", "", "", ".", "..", "a.b", "%2F", "%20", "%c3%bc", "x+y", "100%", "k=v",
    "~t", "c:d", "!*'()", "$&,;@", "[1]", "-._~",
]  # fmt: skip
NAMES = ["a", "b", "a-b", "A", "prefix", "ü", "a b", "marker", "x[0]", "list-type", "acl"]
VALUES = ["", "1", "2", "a b", "a+b", "a%2Bb", "ü", "%e2%82%ac", "x=y", "/p/", "10%", "~", "a%7Eb", "日"]
BODIES = [None, b"", b"x", "text ü", b'{"a": 1}' * 50]
HEADERS = {
    "Content-Type": ["application/json", "text/plain;  charset=utf-8"],
    "X-Amz-Meta-Note": ["a   b", "  lead", "tab\tbed", "", "plain"],
    "X-Amz-Target": ["DynamoDB_20120810.ListTables"],
    "x-amz-acl": ["private"],
    "User-Agent": ["test  agent"],
    "Accept": ["*/*"],
    "Connection": ["keep-alive"],
    "X-Amzn-Trace-Id": ["Root=1"],
}


def made_up(chance):
    """Return a prepared request; half of them keep dots that requests would have removed."""
    path = "/" + "/".join(chance.choices(WORDS, k=chance.randrange(5)))
    pairs = []
    for name in chance.choices(NAMES, k=chance.randrange(6)):
        value = chance.choice(VALUES)
        pairs.append(chance.choice([f"{name}={value}", f"{name}={value}", name]))
    query = "&".join(pairs)
    url = f"{chance.choice(HOSTS)}{path}{'?' if query else ''}{query}"
    headers = {name: chance.choice(values) for name, values in HEADERS.items() if chance.random() < 0.4}
    method = chance.choice(["GET", "PUT", "POST", "DELETE", "HEAD"])
    body = chance.choice(BODIES)
    made = requests.Request(method, url.replace("[1]", "1"), data=body).prepare()
    made.headers.update(headers)
    if chance.random() < 0.5:
        made.url = url  # as whoever sets it on a prepared request may
    return made


def unsigned_query(url):
    return "&".join(pair for pair in urlsplit(url).query.split("&") if not pair.startswith("X-Amz-"))


def target(request, sent):
    """Return the caller's path and query if awscrt can read them, else those that are sent."""
    path, query = urlsplit(request.url).path or "/", urlsplit(request.url).query.replace("+", "%20")
    if quote(unquote_to_bytes(path), safe="/-._~") != path:
        path = urlsplit(sent.url).path
    if re.search("%(?![0-9A-Fa-f]{2})", query):
        query = unsigned_query(sent.url)
    return f"{path}?{query}" if query else path


def oracle(request, sent, case):
    """Return the request as awscrt signs it."""
    as_s3, presigned, token = case["service"] == "s3", case["add_to"] == "query", case["token"]
    body = request.body.encode() if isinstance(request.body, str) else request.body
    headers = HttpHeaders([("Host", urlsplit(sent.url).netloc), *request.headers.items()])
    asked = HttpRequest(request.method, target(request, sent), headers, BytesIO(body) if body else None)
    config = AwsSigningConfig(
        algorithm=AwsSigningAlgorithm.V4,
        signature_type=AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS
        if presigned
        else AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=AwsCredentialsProvider.new_static(ACCESS, SECRET, token or ""),
        region="eu-central-1",
        service=case["service"],
        date=datetime.fromtimestamp(NOW, timezone.utc),
        should_sign_header=lambda name: name.lower().startswith(("host", "content-type", "x-amz-")),
        use_double_uri_encode=not as_s3,
        should_normalize_uri_path=not as_s3,
        signed_body_value="UNSIGNED-PAYLOAD" if as_s3 and presigned else None,
        signed_body_header_type=AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        if as_s3 and not presigned
        else AwsSignedBodyHeaderType.NONE,
        expiration_in_seconds=600 if presigned else None,
    )
    return aws_sign_request(asked, config).result(10)


def check_meaning(request, sent, case):
    """Check that the sent request means what the caller wrote, in any encoding."""
    before, after = urlsplit(request.url), urlsplit(sent.url)
    assert parse_qsl(unsigned_query(sent.url), keep_blank_values=True) == parse_qsl(
        before.query, keep_blank_values=True
    )
    if case["service"] == "s3":
        assert unquote_to_bytes(after.path) == unquote_to_bytes(before.path or "/")
    elif not re.search(r"//|/\.", before.path):
        assert after.path.split("/") == [
            quote(unquote_to_bytes(part), safe="-._~") for part in before.path.split("/")
        ]


def ours(request, case):
    method = AwsSigV4(
        region="eu-central-1", service=case["service"], access_key=ACCESS, secret_key=SECRET,
        session_token=case["token"], add_to=case["add_to"], expires=600,
    )  # fmt: skip
    return next(method.flow(request.copy(), Context(now=lambda: NOW)))


def proof(url, headers):
    """Return signature and signed headers, from header or query."""
    query = parse_qs(urlsplit(url).query)
    if "X-Amz-Signature" in query:
        return query["X-Amz-Signature"], query["X-Amz-SignedHeaders"], query.get("X-Amz-Security-Token")
    return headers.get("Authorization"), headers.get("X-Amz-Date"), headers.get("X-Amz-Security-Token")


@pytest.mark.parametrize("add_to", ["header", "query"])
@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("service", SERVICES)
def test_what_we_sign_is_signed_so_by_aws(service, token, add_to):
    """1,200 requests with odd paths, queries, headers and bodies get the same signature as from awscrt."""
    chance = random.Random(f"{service} {token} {add_to}")  # noqa: S311 - the same requests on every run
    case = {"service": service, "token": token, "add_to": add_to}
    as_it_stood = 0
    for _ in range(100):
        request = made_up(chance)
        sent = ours(request, case)
        signed = oracle(request, sent, case)
        expected = proof(signed.path, signed.headers)
        assert expected[0]
        assert proof(sent.url, sent.headers) == expected, (request.method, request.url, sent.url)
        check_meaning(request, sent, case)
        as_it_stood += target(request, sent) == f"/{request.url.split('/', 3)[3]}"
    assert as_it_stood > 30


@pytest.mark.parametrize("service", ["s3", "execute-api"])
def test_what_we_sign_is_signed_so_by_botocore(service, monkeypatch):
    """Fifty requests get the signature that botocore computes for the sent URL."""
    moment = datetime.fromtimestamp(NOW, timezone.utc)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: moment)
    chance = random.Random(service)  # noqa: S311 - likewise
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    for _ in range(50):
        request = made_up(chance)
        sent = ours(request, {"service": service, "token": None, "add_to": "header"})
        covered = ("host", "content-type", "x-amz-")
        headers = {name: value for name, value in request.headers.items() if name.lower().startswith(covered)}
        asked = AWSRequest(request.method, sent.url, headers, request.body)
        asked.context["payload_signing_enabled"] = True
        signer(Credentials(ACCESS, SECRET), service, "eu-central-1").add_auth(asked)
        assert sent.headers["Authorization"] == asked.headers["Authorization"], sent.url


def test_what_awscrt_is_not_asked_is_listed():
    """Each kind of request that is left out has a reason."""
    assert all(LEFT_OUT.values())
