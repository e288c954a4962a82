"""The method in connections: what is signed and sent, when, and what can't be signed."""

from __future__ import annotations

import calendar
import hashlib
import io
import os
import time

import pytest
import requests

import watchword
from watchword.flow import Context
from watchword.methods.aws_sigv4 import AwsSigV4

ACCESS, SECRET = "AKIDEXAMPLE", "s3cret/key+of=mine"
NOON = 1_440_936_000.0  # 2015-08-30T12:00:00Z


def aws(**fields):
    given = {"region": "us-east-1", "service": "execute-api", "access_key": ACCESS, "secret_key": SECRET}
    return AwsSigV4(**{**given, **fields})


def prepared(url="https://api.example.com/a", method="GET", headers=None, data=None):
    return requests.Request(method, url, headers=headers, data=data).prepare()


def signed(request, now=NOON, **fields):
    return next(aws(**fields).flow(request, Context(now=lambda: now)))


def document(**fields):
    given = {
        "base_url": "https://api.example.com", "method": "aws_sigv4", "region": "us-east-1",
        "service": "execute-api", "access_key": ACCESS, "secret_key": SECRET,
    }  # fmt: skip
    return {name: value for name, value in {**given, **fields}.items() if value is not None}


def codes(**fields):
    return [found.code.name for found in watchword.load(document(**fields)).lint()]


def covered(request):
    """Return the names of the signed headers."""
    return request.headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")


def test_the_signature_is_of_the_moment_in_which_the_request_is_sent():
    """Each request is signed with its own time, and after midnight with the next day's key."""
    moments = iter([NOON, NOON + 301, NOON + 43_199, NOON + 43_200])
    context, method = Context(now=lambda: next(moments)), aws()
    sent = [next(method.flow(prepared(), context)).headers for _ in range(4)]
    assert [headers["X-Amz-Date"] for headers in sent] == [
        "20150830T120000Z", "20150830T120501Z", "20150830T235959Z", "20150831T000000Z",
    ]  # fmt: skip
    assert [headers["Authorization"].split("/")[1] for headers in sent] == ["20150830"] * 3 + ["20150831"]
    assert len({headers["Authorization"].rpartition("=")[2] for headers in sent}) == 4
    fresh = signed(prepared(), NOON + 43_200)
    assert fresh.headers["Authorization"] == sent[3]["Authorization"]


def test_a_further_try_is_signed_anew(serve, reply):
    """A retry after a 503 is signed again."""
    answers = iter([reply(503, headers={"Retry-After": "1"}), reply()])
    server = serve(lambda _: next(answers))
    with watchword.load(document(base_url=server.url, retries=1)).session() as api:
        assert api.get("/a").status_code == 200
    first, second = (seen.headers["Authorization"] for seen in server.seen)
    assert first != second


def test_the_headers_that_proxies_change_are_not_signed():
    """Host, Content-Type and all x-amz- headers are signed, and nothing else."""
    headers = {
        "User-Agent": "u", "Accept-Encoding": "gzip", "Connection": "close", "X-Amzn-Trace-Id": "t",
        "Content-Type": "application/json", "x-amz-target": "T", "Via": "p", "X-Forwarded-For": "f",
    }  # fmt: skip
    request = signed(prepared(method="POST", headers=headers, data=b"{}"))
    assert covered(request) == ["content-type", "host", "x-amz-date", "x-amz-target"]


def test_what_the_caller_signed_is_replaced():
    """An earlier X-Amz-Date, Authorization or presigned query is replaced."""
    stale = {"Authorization": "stale", "x-amz-date": "stale"}
    request = signed(prepared(headers=stale))
    assert "stale" not in str(request.headers)
    request = signed(prepared(headers=stale), add_to="query")
    again = signed(request, NOON + 60, add_to="query")
    assert not {"Authorization", "X-Amz-Date"} & set(again.headers)
    assert again.url.count("X-Amz-Signature=") == again.url.count("X-Amz-Date=") == 1
    assert again.url == signed(prepared(), NOON + 60, add_to="query").url


def test_presigning_keeps_the_caller_s_parameters():
    """Own query parameters come first and unchanged, except that blanks become %20."""
    request = signed(
        prepared("https://api.example.com/a?z=1&a=b+c&a=%2B"), add_to="query", session_token="t/k"
    )
    assert request.url.startswith("https://api.example.com/a?z=1&a=b%20c&a=%2B&X-Amz-Algorithm=")
    assert "X-Amz-Expires=900" in request.url
    assert "X-Amz-Security-Token=t%2Fk" in request.url


@pytest.mark.parametrize(
    ("service", "given", "sent"),
    [
        ("execute-api", "/a//b/./c/../d/", "/a/b/d/"),
        ("execute-api", "/..", "/"),
        ("execute-api", "/v1:run/x%2fy", "/v1%3Arun/x%2Fy"),
        ("s3", "/b//k/./l/../m", "/b//k/./l/../m"),
        ("s3", "/b/x+y%2f(1)", "/b/x%2By/%281%29"),
        ("s3", "/b/100%", "/b/100%25"),
        ("s3", "/b/\u00fc", "/b/%C3%BC"),
        ("s3", "/b?acl", "/b?acl"),
        ("s3", "/b?&a&&b=1&", "/b?a&b=1"),
        ("s3", "/b?a=x=y", "/b?a=x%3Dy"),
        ("s3", "/b?a=1#part", "/b?a=1"),
    ],
)
def test_what_leaves_is_what_was_signed(service, given, sent):
    """A URL that verifiers could read in two ways is sent in the form that every reading leaves unchanged."""
    request = prepared()
    request.url = f"https://api.example.com{given}"
    assert signed(request, service=service).url == f"https://api.example.com{sent}"


@pytest.mark.parametrize(
    ("url", "headers", "host"),
    [
        ("http://127.0.0.1:8080/", {}, "127.0.0.1:8080"),
        ("https://api.example.com:443/", {}, "api.example.com"),
        ("http://api.example.com:80/x?y=1", {}, "api.example.com"),
        ("http://api.example.com:443/", {}, "api.example.com:443"),
        ("https://[::1]:8443/", {}, "[::1]:8443"),
        ("https://API.Example.com/", {}, "api.example.com"),
        ("https://api.example.com/", {"Host": "other.example.com"}, "other.example.com"),
        ("https://api.example.com/", {"Host": b"other.example.com"}, "other.example.com"),
    ],
)
def test_the_host_that_is_signed_is_the_one_that_is_sent(url, headers, host):
    """The signed host has its port unless it is the default; a caller's Host header wins."""
    ours = prepared(url, headers={})
    ours.headers.update(headers)
    ours = signed(ours)
    elsewhere = prepared("https://elsewhere.example" + ours.path_url, headers={"Host": host})
    assert ours.headers["Authorization"] == signed(elsewhere).headers["Authorization"]


def test_the_host_header_arrives_as_it_was_signed(serve, reply):
    """The signature covers the URL as requests and urllib3 send it."""
    server = serve(reply())
    with watchword.load(document(base_url=server.url)).session() as api:
        api.get("/a")
    (seen,) = server.seen
    request = prepared("https://x.example/a", headers={"Host": seen.headers["Host"]})
    sent_at = calendar.timegm(time.strptime(seen.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    expected = signed(request, sent_at)
    assert seen.headers["Authorization"] == expected.headers["Authorization"]


def test_header_values_outside_ascii_are_sent_and_signed_as_utf_8(serve, reply):
    """Headers outside ASCII are sent as UTF-8, which requests alone would refuse outside Latin-1."""
    server = serve(reply())
    with watchword.load(document(base_url=server.url, service="s3")).session() as api:
        api.get("/a", headers={"x-amz-meta-note": "\u20ac \u00fc"})
    assert server.seen[0].headers["x-amz-meta-note"].encode("latin-1").decode() == "\u20ac \u00fc"
    text = signed(prepared(headers={"x-amz-meta-note": "\u20ac"})).headers["Authorization"]
    raw = signed(prepared(headers={"x-amz-meta-note": "\u20ac".encode()})).headers["Authorization"]
    broken = signed(prepared(headers={"x-amz-meta-note": b"\xff"})).headers["Authorization"]
    assert text == raw != broken


@pytest.mark.parametrize(
    "body", [b"content", "content", io.BytesIO(b"content"), io.StringIO("content"), bytearray(b"content")]
)
def test_bodies_that_can_be_read_twice_are_hashed(body):
    """Bytes, texts and files are hashed; a file keeps its position."""
    request = prepared(method="PUT")
    request.body = body
    sent = signed(request, service="s3")
    assert sent.headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"content").hexdigest()
    if hasattr(body, "read"):
        assert body.tell() == 0


def test_a_file_is_hashed_from_where_it_stands():
    """A file is hashed and sent from its current position."""
    request, file = prepared(method="PUT"), io.BytesIO(b"read before" + b"x" * (3 << 20))
    file.seek(11)
    request.body = file
    sent = signed(request, service="s3")
    assert sent.headers["X-Amz-Content-SHA256"] == hashlib.sha256(b"x" * (3 << 20)).hexdigest()
    assert file.tell() == 11


def streams():
    """Return bodies that can be read once: a generator and a pipe."""
    reading, writing = os.pipe()
    os.close(writing)
    return [iter([b"piece"]), os.fdopen(reading, "rb")]


def test_streams_go_unsigned_to_s3_over_tls_alone():
    """S3 over TLS accepts an unsigned stream; elsewhere it is refused with a code before it is sent."""
    for body in streams():
        request = prepared("https://b.s3.amazonaws.com/k", method="PUT")
        request.body = body
        assert signed(request, service="s3").headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
        for url, service in [("http://127.0.0.1/k", "s3"), ("https://api.example.com/k", "execute-api")]:
            request = prepared(url, method="PUT")
            request.body = body
            with pytest.raises(watchword.RequestError) as error:
                signed(request, service=service)
            assert error.value.code == "body_not_signable"
        getattr(body, "close", lambda: None)()


def test_a_closed_file_is_an_error_with_a_code():
    """A closed file is refused with a code."""
    file = io.BytesIO(b"x")
    file.close()
    request = prepared(method="PUT")
    request.body = file
    with pytest.raises(watchword.RequestError) as error:
        signed(request)
    assert error.value.code == "body_not_signable"


def test_the_caller_may_know_the_body_s_hash():
    """A caller's X-Amz-Content-SHA256 is signed, for streams and for VPC Lattice."""
    for value in ("UNSIGNED-PAYLOAD", b"UNSIGNED-PAYLOAD"):
        request = prepared("https://svc.example.com/", method="PUT", headers={"X-Amz-Content-SHA256": value})
        request.body = iter([b"piece"])
        sent = signed(request, service="vpc-lattice-svcs")
        assert "x-amz-content-sha256" in covered(sent)
        assert sent.headers["X-Amz-Content-SHA256"] == value


def test_keys_do_not_show():
    """Neither the method nor the flow's memory shows a key, a token or a signing key."""
    context, method = Context(), aws(session_token="t0ken-of-mine")
    next(method.flow(prepared(), context))
    printed = f"{method!r} {context!r} {context.memory!r} {method.token_source({})!r}"
    assert not [secret for secret in (ACCESS, SECRET, "t0ken-of-mine") if secret in printed]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"access_key": None, "secret_key": None}, ["missing_field", "missing_field"]),
        ({"secret_key": None}, ["missing_field"]),
        ({"access_key": None, "secret_key": None, "profile": "p"}, []),
        ({"access_key": None, "secret_key": None, "role_arn": "arn:aws:iam::1:role/r"}, []),
        ({"role_arn": "arn:aws:iam::1:role/r"}, []),
        ({"role_arn": "reader"}, ["wrong_type"]),
        ({"secret_key": None, "role_arn": "arn:aws:iam::1:role/r"}, ["missing_field"]),
        ({"profile": "p"}, ["given_twice"]),
        ({"access_key": "ASIAEXAMPLE"}, ["missing_field"]),
        ({"access_key": "ASIAEXAMPLE", "session_token": "t0ken"}, []),
        ({"region": ""}, ["missing_field"]),
        ({"service": " "}, ["missing_field"]),
        ({"region": "us-\u00e9"}, ["header_illegal"]),
        ({"session_token": "a\nb"}, ["header_illegal"]),
        ({"secret_parameters": {"header:authorization": "mine"}}, ["header_conflict"]),
        ({"secret_parameters": {"header:x-amz-date": "mine"}}, ["header_conflict"]),
        ({"add_to": "query", "secret_parameters": {"query:X-Amz-Expires": "mine"}}, ["header_conflict"]),
        ({"add_to": "query", "secret_parameters": {"header:Authorization": "mine"}}, []),
        ({"extra_parameters": {"header:X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}}, []),
    ],
)
def test_what_is_wrong_with_a_document_is_said_before_it_is_used(fields, expected):
    """Missing, duplicate or incomplete keys and conflicting headers have their codes."""
    assert codes(**fields) == expected


@pytest.mark.parametrize("expires", [0, 604_801])
def test_a_presigned_url_lasts_a_week_at_most(expires):
    """`expires` must be between 1 and 604,800 seconds, as for AWS."""
    with pytest.raises(watchword.DocumentError) as error:
        watchword.load(document(expires=expires))
    assert error.value.code == "wrong_type"


def test_a_missing_botocore_names_the_extra(monkeypatch):
    """A profile or a role needs botocore; the document's own keys don't."""
    monkeypatch.setattr("watchword.methods.aws_sigv4.find_spec", lambda _: None)
    assert codes() == []
    (found,) = watchword.load(document(access_key=None, secret_key=None, profile="p")).lint()
    assert found.code.name == "extra_missing"
    assert "watchword[aws]" in found.advice


@pytest.mark.parametrize(
    ("allowed", "fields", "expected"),
    [
        ("", {"profile": "prod"}, ["reference_not_allowed"]),
        ("aws:dev*", {"profile": "prod"}, ["reference_not_allowed"]),
        ("aws:prod", {"profile": "prod"}, []),
        ("aws:prod", {"role_arn": "arn:aws:iam::1:role/r"}, ["reference_not_allowed"]),
        ("aws:default", {"role_arn": "arn:aws:iam::1:role/r"}, []),
        ("", {"role_arn": "arn:aws:iam::1:role/r", "access_key": "AKID", "secret_key": SECRET}, []),
        ("", {"role_arn": "arn:aws:iam::1:role/r", "access_key": "literal:"}, ["reference_not_allowed"]),
    ],
)
def test_stored_documents_use_no_profile_of_the_worker_unless_admitted(
    monkeypatch, allowed, fields, expected
):
    """A stored connection can't use this machine's AWS credentials unless they are allowed."""
    monkeypatch.setenv("WATCHWORD_ALLOWED_REFERENCES", allowed)
    made = watchword.load(document(**{"access_key": None, "secret_key": None, **fields}), stored=True)
    assert [found.code.name for found in made.lint()] == expected
