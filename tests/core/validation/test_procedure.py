"""Validation against real servers: each verdict and each code has a server that provokes it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import json
import socket
import ssl
import threading
from dataclasses import FrozenInstanceError

import pytest
import urllib3.util.connection

import watchword
from watchword.findings.codes import CODES
from watchword.findings.finding import Permanence, Verdict
from watchword.validation import lint
from watchword.validation.plan import ValidationPlan
from watchword.validation.procedure import validate

SECRET = "s3cret-key"
DECOY = base64.b64encode(b"watchword-decoy-").decode()[:16]
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def outcome(serve, reply):
    """Give a function that validates an API key; it takes the responses with and without the key.

    A wrong key is answered as none is, unless there is a third response.
    """

    def run(with_key, without=None, wrong=None, *, fields=None, plan=None, path="/me"):
        without = without or reply(401)
        wrong = wrong or without

        def answer(seen):
            if SECRET in seen.text:
                return with_key
            return wrong if "X-API-Key" in seen.headers else without

        server = serve(answer)
        document = {"base_url": server.url, "method": "api_key", "api_key": SECRET, **(fields or {})}
        report = watchword.load(document).validate(f"{server.url}{path}", **(plan or {}))
        assert SECRET not in json.dumps(report.as_dict())
        assert len(server.seen) <= 9
        return report

    return run


def test_a_call_that_needs_the_credential_is_valid(outcome, reply):
    """A 200 with the credential and a 401 without it are the proof."""
    report = outcome(reply(body={"id": 1}))
    assert (report.verdict, report.deciding.code.name) == (Verdict.VALID, "authenticated")
    assert (report.ok, report.exit_code) == (True, 0)


# The response with the key, the response without it (401 unless given), and the deciding code.
DECIDED = [
    ((200, {"id": 1}), (403,), "authenticated"),
    ((200, {"id": 1}), (400, {"message": "missing API key"}), "authenticated"),
    ((200, {"id": 1}), (200, {"status": "REQUEST_DENIED", "error_message": "no key"}), "authenticated"),
    ((200, {"id": 1}), (404,), "authenticated"),
    ((200, {"id": 1}), (403, None, {"cf-mitigated": "challenge"}), "contrast_unavailable"),
    ((200, {"id": 1}), (403, {"message": "API rate limit exceeded"}), "contrast_unavailable"),
    ((200, {"id": 1}), (302, None, {"Location": "https://cdn.test/x"}), "authenticated"),
    ((200, {"id": 1}), (200, "<input type=password>", HTML), "authenticated"),
    ((200, {"id": 1}), (302, None, {"Location": "https://login.test/sign-in"}), "authenticated"),
    ((200, {"id": 1}), (200, {"id": 1}), "auth_not_required"),
    ((200, {"id": 1}), (429,), "contrast_unavailable"),
    ((200, {"id": 1}), (503,), "contrast_unavailable"),
    ((200, {"id": 1}), "hang up", "contrast_unavailable"),
    ((401,), None, "unauthorized_401"),
    ((403, {"message": "your role lacks the permission"}), None, "authenticated_but_forbidden"),
    ((403, {"message": "your role lacks the permission"}), (403,), "authenticated_but_forbidden"),
    ((403, {"message": "denied"}), (403, {"message": "no"}), "forbidden_403"),
    ((403, {"message": "Invalid API key provided"}), None, "credential_refused_403"),
    ((403, {"message": "The security token is expired"}), None, "credential_refused_403"),
    ((403,), None, "authenticated_but_forbidden"),
    ((403, None, {"WWW-Authenticate": 'error="insufficient_scope"'}), (403,), "authenticated_but_forbidden"),
    ((403,), (403,), "forbidden_403"),
    ((403,), (200,), "forbidden_403"),
    ((403, "Attention Required!", HTML), None, "blocked_by_waf"),
    ((403, None, {"cf-mitigated": "challenge"}), None, "blocked_by_waf"),
    ((403, {"error": "monthly quota exceeded"}), None, "quota_exhausted"),
    ((402,), None, "quota_exhausted"),
    ((429, {"error": "quota"}), None, "quota_exhausted"),
    ((404,), None, "not_found_404"),
    ((405, None, {"Allow": "POST"}), None, "method_not_allowed_405"),
    ((415,), None, "unsupported_media_415"),
    ((429, None, {"Retry-After": "30"}), None, "rate_limited_429"),
    ((400,), None, "contrast_unclear"),
    ((400, {"message": "API key not valid"}), (400, {"message": "no"}), "credential_refused_4xx"),
    ((500,), None, "server_error_5xx"),
    ((302, None, {"Location": "https://auth.test/login?next=x"}), None, "redirect_to_login"),
    ((302, None, {"Location": "https://cdn.test/me"}), None, "redirect_cross_origin"),
    ((200, "<form><input type='password'></form>", HTML), (200, "<form></form>", HTML), "login_page_200"),
    ((200, "<form><input type='password'></form>", HTML), None, "contrast_unclear"),
    ((200, {"ok": False, "error": "invalid_auth"}), None, "refused_in_200_body"),
    ((200, {"errors": [{"message": "no such author"}]}), None, "error_in_200_body"),
    ((200, {"success": False}), None, "error_in_200_body"),
    ((200, {"status": "error", "message": "Invalid API key"}), None, "refused_in_200_body"),
    ((200, {"Error Message": "the apikey is invalid"}), None, "refused_in_200_body"),
    ((200, {"code": 401, "msg": "token"}), None, "refused_in_200_body"),
    ((200, {"errcode": 40001, "errmsg": "invalid credential"}), None, "refused_in_200_body"),
    ((200, {"authenticated": False}), None, "refused_in_200_body"),
    ((200, {"success": "false"}), None, "error_in_200_body"),
    ((200, [{"errorCode": "INVALID_SESSION_ID"}]), None, "refused_in_200_body"),
    ((200, '\ufeff{"error": "invalid_auth"}'), None, "refused_in_200_body"),
    ((200, '{"error": "invalid_auth"}', HTML), None, "refused_in_200_body"),
    ((200, "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), None, "refused_in_200_body"),
    ((200, "<p>hello</p>", HTML), (200, "<p>good day</p>", HTML), "unexpected_content_type"),
    ((200, "<p>hello</p>", HTML), None, "contrast_unclear"),
    ((200, "<p>hello</p>", HTML), (401, "<p>who?</p>", HTML), "authenticated"),
    ((302, None, {"Location": "/again"}), None, "redirect_loop"),
    ((302, None, {"Location": "http://["}), None, "redirect_cross_origin"),
    ((200, {"id": 1}, {"Content-Type": "application/json; charset=utf8mb4"}), None, "authenticated"),
    ((429, None, {"Retry-After": "\u00b2"}), None, "rate_limited_429"),
    ((200, {"error": {"code": 0}, "rows": [1]}), None, "authenticated"),
    ((200, {"error": "none", "id": 1}), None, "authenticated"),
    ((200, {"data": {"a": 1}, "errors": [{"message": "one field"}]}), None, "authenticated"),
    ("hang up", None, "connection_lost"),
]  # fmt: skip


def response(reply, description):
    if description is None:
        return None
    return reply(hang_up=True) if description == "hang up" else reply(*description)


@pytest.mark.parametrize(("with_key", "without", "code"), DECIDED, ids=lambda value: str(value)[:40])
def test_each_response_has_its_meaning(outcome, reply, with_key, without, code):
    """The deciding code, its verdict and its advice follow from the responses."""
    report = outcome(response(reply, with_key), response(reply, without))
    assert report.deciding.code.name == code
    assert report.verdict is CODES[code].verdict
    assert report.deciding.advice


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ([], {}, "empty_result"),
        ({"items": []}, {}, "empty_result"),
    ],
)
def test_remarks_accompany_a_success(outcome, reply, body, headers, code):
    """An empty response is a warning and does not change the verdict."""
    report = outcome(reply(200, body, headers))
    assert report.verdict is Verdict.VALID
    assert [note.code.name for note in report.notes] == [code]


def test_messages_help(outcome, reply):
    """The message holds what the server says: its scheme, the allowed verbs, the time to wait."""
    assert "Digest" in outcome(reply(401, None, {"WWW-Authenticate": 'Digest realm="x"'})).summary
    assert "POST, PUT" in outcome(reply(405, None, {"Allow": "POST, PUT"})).summary
    limited = outcome(reply(429, None, {"Retry-After": "30"}))
    assert "30 seconds" in limited.summary
    assert limited.deciding.retry_after == 30
    assert "probably valid" in limited.summary


def test_an_echoed_secret_is_masked(outcome, reply):
    """A key that the server repeats in its error is masked."""
    report = outcome(reply(401, {"error": f"key {SECRET} unknown"}, {"WWW-Authenticate": f"Key {SECRET}"}))
    assert "key *** unknown" in report.summary


KEY_WITH_SIGNS = 'k/9+a&b<c>"d'


@pytest.mark.parametrize(
    "echoed",
    [
        'k\\/9+a&b<c>\\"d',
        'k/9\\u002Ba\\u0026b\\u003Cc\\u003E\\"d',
        'k/9\\u002ba\\u0026b\\u003cc\\u003e\\"d',
        "k/9+a&amp;b&lt;c&gt;&quot;d",
        "k%2f9%2ba%26b%3cc%3e%22d",
    ],
)
def test_an_escaped_secret_is_masked(serve, reply, echoed):
    """A key that the server repeats in escaped form is masked."""
    server = serve(reply(401, f'{{"error": "unknown key {echoed}"}}'))
    document = {"base_url": server.url, "method": "api_key", "api_key": KEY_WITH_SIGNS}
    assert (
        "unknown key ***" in watchword.load(document).validate(f"{server.url}/me").deciding.evidence["answer"]
    )


def test_a_server_cannot_command_the_terminal(outcome, reply):
    """Control characters and line breaks of a server become blanks: no forged lines, no escapes."""
    report = outcome(reply(401, "\x1b]0;pwn\x07\x1b[2J\nvalid (0.1 s)\x9b"))
    assert report.deciding.evidence["answer"] == "]0;pwn [2J valid (0.1 s)"


def dripping(first, count=3000):
    """Serve `first`, then single bytes, to one connection after the other; return URL and stop function."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def serve():
        while not stopped.is_set():
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                with client:
                    client.sendall(first)
                    for _ in range(count):
                        if stopped.wait(0.2):
                            break
                        client.sendall(b"X")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def stop():
        stopped.set()
        listener.close()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: ", b""],
    ids=["body", "headers", "status"],
)
def test_a_dripping_server_does_not_hold_a_validation(first):
    """A validation ends within its limit even if the server sends a byte now and then."""
    url, stop = dripping(first)
    try:
        for fields in (
            {"method": "api_key", "api_key": SECRET},
            {"method": "oauth2_client_credentials", "token_url": f"{url}/t", "client_id": "i",
             "client_secret": SECRET, "timeout": 1.0},
        ):  # fmt: skip
            report = watchword.load({"base_url": url, **fields}).validate(f"{url}/me", timeout=1.0)
            assert not report.ok
    finally:
        stop()


def test_an_echoed_basic_pair_is_masked(serve, reply):
    """User and password that the server repeats, encoded and without their prefix, are masked."""
    server = serve(lambda seen: reply(401, seen.headers.get("Authorization", "").removeprefix("Basic ")))
    basic = {"base_url": server.url, "method": "basic", "username": "ann", "password": SECRET}
    client = {
        "base_url": server.url, "method": "oauth2_client_credentials", "token_url": f"{server.url}/t",
        "client_id": "ann", "client_secret": SECRET,
    }  # fmt: skip
    for document in (basic, client):
        report = watchword.load(document).validate(f"{server.url}/me")
        assert base64.b64encode(f"ann:{SECRET}".encode()).decode() not in json.dumps(report.as_dict())


def test_a_long_body_is_cut():
    """Evidence is at most 300 characters of the response."""
    from watchword.findings.codes import finding  # noqa: PLC0415 - beside its only use

    assert len(finding("unauthorized_401", "m", evidence={"answer": "x" * 5000}).evidence["answer"]) == 300


def test_an_expected_status_is_success(outcome, reply):
    """If the only endpoint answers 400 to an authenticated empty call, that status can be the proof."""
    plan = {"expected_status": [400]}
    assert outcome(reply(400), plan=plan).deciding.code.name == "expected_status_matched"
    assert outcome(reply(400), reply(400), plan=plan).deciding.code.name == "auth_not_required"
    assert outcome(reply(200), plan=plan).deciding.code.name == "unexpected_status"
    assert outcome(reply(401), reply(401), plan={"expected_status": [401]}).verdict is Verdict.INCONCLUSIVE
    refused = outcome(reply(200, {"ok": False, "error": "invalid_auth"}), plan={"expected_status": [200]})
    assert refused.deciding.code.name == "refused_in_200_body"


@pytest.mark.parametrize("verb", ["OPTIONS", "TRACE", "", "GET /x HTTP/1.1", "G\u00c9T"])
def test_a_method_that_proves_nothing_is_refused(outcome, reply, verb):
    """A verb that servers answer without checking the credential is refused, since it proves nothing."""
    report = outcome(reply(204), plan={"http_method": verb})
    assert report.deciding.code.name == "http_method_unsuitable"


def test_a_head_is_repeated_without_the_credential(outcome, reply):
    """A HEAD is as safe to repeat as a GET, and proves as much."""
    assert outcome(reply(200), plan={"http_method": "HEAD"}).deciding.code.name == "authenticated"
    assert (
        outcome(reply(200), reply(200), plan={"http_method": "HEAD"}).deciding.code.name
        == "auth_not_required"
    )


def test_a_post_is_not_repeated_without_the_credential(serve, reply):
    """A POST is made once, with the credential, and the report says that nothing was compared."""
    server = serve(reply(201))
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    report = connection.validate(f"{server.url}/a", http_method="post")
    assert report.deciding.code.name == "counterfactual_skipped"
    assert [seen.method for seen in server.seen] == ["POST"]
    assert (
        connection.validate(f"{server.url}/a", counterfactual=False).deciding.code.name
        == "counterfactual_skipped"
    )


def test_the_anonymous_call_sends_everything_but_secrets(serve, reply):
    """The anonymous call sends no method, no secret parameter and no cookie of the first call."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401, {"a": 1}, {"Set-Cookie": "sid=1"}))
    connection = watchword.load({
        "base_url": server.url, "method": "api_key", "api_key": SECRET,
        "secret_parameters": {"query:two": "s3cret-two"}, "extra_parameters": {"header:Accept-Version": "2"},
    })  # fmt: skip
    assert connection.validate(f"{server.url}/a?x=1").ok
    contrast = server.seen[2]
    assert (contrast.path, contrast.headers["Accept-Version"]) == ("/a?x=1", "2")
    assert "s3cret" not in contrast.text
    assert "Cookie" not in contrast.headers


def test_redirects_inside_the_origin_are_followed_signed(serve, reply):
    """A redirect inside the origin is followed with the credential; a loop of redirects ends."""
    server = serve(
        lambda seen: (
            reply(301, headers={"Location": "/me/"})
            if seen.path == "/me"
            else reply(200 if SECRET in seen.text else 401)
        )
    )
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    assert connection.validate(f"{server.url}/me").ok
    loop = serve(reply(302, headers={"Location": "/again"}))
    connection = watchword.load({"base_url": loop.url, "method": "api_key", "api_key": SECRET})
    assert not connection.validate(f"{loop.url}/me").ok
    assert len(loop.seen) == 4


@pytest.mark.parametrize("is_async", [False, True])
def test_a_redirect_that_names_no_address_is_not_followed(serve, reply, is_async):
    """A redirect with an empty Location ends the call in both drivers, and isn't a loop."""
    server = serve(reply(302, headers={"Location": ""}))
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    url = f"{server.url}/me"
    report = asyncio.run(connection.avalidate(url)) if is_async else connection.validate(url)
    assert report.deciding.code.name == "redirect_cross_origin"
    assert len(server.seen) == 1


@pytest.mark.parametrize("url", ["/v1/me", "v1/me", "?v=1"])
def test_a_relative_test_url_joins_the_base_url(serve, reply, url):
    """A path is called at the base URL, with and without a slash in front, as hosts' own hooks do."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    document = {"base_url": f"{server.url}/api", "method": "api_key", "api_key": SECRET}
    assert watchword.load(document).validate(url).ok
    assert {seen.path.partition("?")[0] for seen in server.seen} <= {"/api/v1/me", "/api"}


@pytest.mark.parametrize(
    ("text", "none", "code"),
    [
        ("Missing Authentication Token", None, "forbidden_403"),
        ("Missing Authentication Token", "who?", "credential_refused_403"),
        ("Invalid token", None, "credential_refused_403"),
    ],
)
def test_a_403_that_misses_the_credential_refuses_none(serve, reply, text, none, code):
    """If all get a 403 that misses a credential, the API didn't see it; else its words count."""
    body = {"message": text}
    server = serve(
        lambda seen: reply(403, body if none is None or "X-API-Key" in seen.headers else {"error": none})
    )
    report = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET}).validate("/me")
    assert report.deciding.code.name == code
    assert ("at another place" in report.summary) is (code == "forbidden_403")


def test_nothing_is_proven_without_a_credential_or_a_call(serve, reply):
    """The method none, and a static method without a test URL, are never valid."""
    server = serve(reply())
    nothing = watchword.load({"base_url": server.url, "method": "none"})
    assert nothing.validate(f"{server.url}/a").deciding.code.name == "no_authentication"
    assert nothing.validate().deciding.code.name == "no_authentication"
    key = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    report = key.validate()
    assert (report.verdict, report.deciding.code.name) == (Verdict.INCONCLUSIVE, "not_proven")
    assert len(server.seen) == 1


def test_the_test_url_of_the_document_is_the_default(serve, reply):
    """The document's test URL is called if none is given."""
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    document = {
        "base_url": server.url,
        "method": "api_key",
        "api_key": SECRET,
        "test_url": f"{server.url}/me",
    }
    assert watchword.load(document).validate().ok
    assert server.seen[0].path == "/me"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("api.test:80/v1/me", "test_url_not_absolute"), ("api.test/v1/me", "test_url_not_absolute"),
        ("https://", "test_url_not_absolute"), ("ftp://api.test/", "test_url_not_absolute"),
        ("http://[::1/", "test_url_not_absolute"), ("http://api.test/me", "test_url_plain_http"),
        ("https://other.test/me", "origin_not_allowed"),
        ("https://api.test/me?key=1", "duplicate_query_parameter"),
        ("https://user:s3cret@api.test/me", "userinfo_in_url"),
    ],
)  # fmt: skip
def test_a_wrong_test_url_is_named_before_any_call(url, code):
    """A relative, plain, foreign or duplicated test URL is found without a network."""
    connection = watchword.load({
        "base_url": "https://api.test", "method": "api_key", "api_key": SECRET,
        "add_to": "query", "key_name": "key",
    })  # fmt: skip
    report = connection.validate(url)
    assert report.deciding.code.name == code
    assert report.permanence is Permanence.CONFIGURATION
    assert "s3cret" not in report.summary


@pytest.fixture
def token_connection(serve, reply):
    """Give a function that makes a client credentials connection and sets its token endpoint's response."""

    def make(*answer, api=None, **fields):
        def answered(seen):
            if seen.path != "/token":
                return api or reply(401)
            # The decoy's client is named so that servers can tell it from others.
            return reply(401, {"error": "invalid_client"}) if DECOY in seen.text else reply(*answer)

        server = serve(answered)
        return server, watchword.load({
            "base_url": server.url, "method": "oauth2_client_credentials", "token_url": f"{server.url}/token",
            "client_id": "id", "client_secret": SECRET, **fields,
        })  # fmt: skip

    return make


def test_a_new_token_is_the_proof_of_client_credentials(token_connection):
    """Without a test URL, each validation requests a new token; a wrong client is tried once a day."""
    server, connection = token_connection(200, {"access_token": "token-one"})
    for _ in range(2):
        assert connection.validate().deciding.code.name == "token_obtained"
    assert [DECOY in seen.text for seen in server.seen] == [False, True, False]


def test_with_a_test_url_the_api_decides(token_connection):
    """A token that the API refuses is not valid, although it was issued."""
    server, connection = token_connection(200, {"access_token": "token-one"})
    assert connection.validate(f"{server.url}/me").deciding.code.name == "unauthorized_401"


def test_a_reduced_scope_is_a_warning(token_connection):
    """Fewer scopes than the document asks for are a warning, not a failure."""
    _, connection = token_connection(200, {"access_token": "token-one", "scope": "read"}, scope="read write")
    report = connection.validate()
    assert report.ok
    assert [note.code.name for note in report.notes] == ["scope_reduced"]
    assert "write" in report.notes[0].message


@pytest.mark.parametrize(
    ("answer", "code", "permanence"),
    [
        ((401, {"error": "invalid_client"}), "invalid_client", Permanence.PERMANENT),
        ((503,), "temporarily_unavailable", Permanence.TRANSIENT),
        ((404, "<html>"), "token_endpoint_not_found", Permanence.CONFIGURATION),
    ],
)
def test_the_token_phase_decides(token_connection, answer, code, permanence):
    """A refusal of the token endpoint ends the validation before the API is called."""
    server, connection = token_connection(*answer)
    report = connection.validate(f"{server.url}/me")
    assert (report.deciding.code.name, report.permanence) == (code, permanence)
    assert [seen.path for seen in server.seen] == ["/token"]


def test_each_network_fault_has_its_code(serve, reply, authority, tls, ca_bundle):
    """Refused, silent, untrusted, misnamed and proxied calls have different codes."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"127.0.0.1:{closed.getsockname()[1]}"
        assert code_of(f"http://{dead}") == "connect_refused"
        assert code_of("http://127.0.0.1:9", proxy=f"http://{dead}") == "proxy_error"
    slow, secure, plain = serve(reply(delay=20)), serve(reply(), tls), serve(reply())
    assert code_of(slow.url, plan={"timeout": 0.2}) == "read_timeout"
    assert code_of(secure.url) == "tls_untrusted"
    assert code_of(secure.url, ca_bundle=ca_bundle) == "auth_not_required"
    assert code_of(secure.url.replace("https", "http")) == "connection_lost"
    assert code_of(plain.url.replace("http", "https")) == "tls_failed"
    misnamed = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.test").configure_cert(misnamed)
    assert code_of(serve(reply(), misnamed).url, ca_bundle=ca_bundle) == "tls_hostname_mismatch"


def test_an_expired_certificate_is_named(serve, reply, authority, ca_bundle):
    """An expired certificate has its own code, since its owner must renew it."""
    import datetime as dt  # noqa: PLC0415 - beside its only use

    past = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=1)
    expired = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=past).configure_cert(expired)
    assert code_of(serve(reply(), expired).url, ca_bundle=ca_bundle) == "tls_expired"


def test_a_demanded_client_certificate_is_named(serve, reply, authority, ca_bundle):
    """A server that demands a client certificate is not reported as broken."""
    demanding = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    demanding.maximum_version = ssl.TLSVersion.TLSv1_3
    authority.issue_cert("localhost").configure_cert(demanding)
    demanding.verify_mode = ssl.CERT_REQUIRED
    assert code_of(serve(reply(), demanding).url, ca_bundle=ca_bundle) == "tls_client_certificate_required"


def test_a_proxy_that_demands_a_login_is_named(serve, reply):
    """A 407 is reported as the proxy's refusal, not the API's."""
    proxy = serve(reply(407, headers={"Proxy-Authenticate": "Basic"}))
    assert code_of("https://api.test", proxy=proxy.url) == "proxy_authentication_required"
    assert code_of("http://127.0.0.1:9", proxy=proxy.url) == "proxy_authentication_required"


def code_of(url, plan=None, **fields):
    connection = watchword.load({"base_url": url, "method": "api_key", "api_key": SECRET, **fields})
    report = connection.validate(f"{url}/me", **(plan or {}))
    assert SECRET not in json.dumps(report.as_dict())
    return report.deciding.code.name


def test_an_unknown_host_is_told_from_a_failing_resolver(monkeypatch):
    """DNS's "no such host" is a fault of the configuration; "try again" is transient."""
    for number, code in ((socket.EAI_NONAME, "dns_not_found"), (socket.EAI_AGAIN, "dns_temporary")):

        def no_answer(*_, number=number):
            raise socket.gaierror(number, "no answer")

        # The tests can't control the resolver of the machine that runs them.
        monkeypatch.setattr(socket, "getaddrinfo", no_answer)
        assert code_of("https://api.test") == code


def test_an_unreachable_host_is_told_from_a_silent_one(monkeypatch):
    """No route to the host and no answer to the handshake have different codes."""
    faults = (
        (OSError(errno.EHOSTUNREACH, "no route"), "host_unreachable"),
        (TimeoutError("timed out"), "connect_timeout"),
    )
    for fault, code in faults:

        def connect(*_, fault=fault, **__):
            raise fault

        # Loopback is always reachable, and tests must not call any other address.
        monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
        assert code_of("https://api.test") == code


@pytest.mark.parametrize(
    ("fields", "plan", "limit"), [({"timeout": 0.7}, {}, 0.7), ({}, {"timeout": 0.6}, 0.6)]
)
def test_the_timeout_of_the_document_limits_its_validation(fields, plan, limit):
    """The document's timeout holds unless the call sets one; the finding names it."""
    url, stop = dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ")  # so that no socket times out before
    try:
        document = {"base_url": url, "method": "api_key", "api_key": SECRET, **fields}
        found = watchword.load(document).validate(f"{url}/me", **plan).deciding
    finally:
        stop()
    assert found.code.name == "read_timeout"
    assert f"within {limit:g} seconds" in str(found)


def test_an_unverified_certificate_is_remarked():
    """Turning verification off is always reported."""
    document = {"base_url": "https://a.test", "method": "api_key", "api_key": SECRET, "verify": False}
    assert [found.code.name for found in watchword.load(document).lint()] == ["tls_unverified"]


def test_a_validation_lints_once(serve, reply, monkeypatch):
    """A validation lints the document once, although it makes three calls."""
    linted = []

    def lint_and_count(credential):
        linted.append(credential)
        return lint_module_lint(credential)

    lint_module_lint = lint.lint
    monkeypatch.setattr(lint, "lint", lint_and_count)
    server = serve(lambda seen: reply(200 if SECRET in seen.text else 401))
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    assert connection.validate(f"{server.url}/me").ok
    assert (len(server.seen), len(linted)) == (3, 1)


def test_a_plan_is_what_the_arguments_say(serve, reply):
    """A host that hands on a plan gets the report that the same arguments give."""
    server = serve(lambda seen: reply(204 if SECRET in seen.text else 401))
    connection = watchword.load({"base_url": server.url, "method": "api_key", "api_key": SECRET})
    plan = ValidationPlan(f"{server.url}/me", "get", frozenset({204}), counterfactual=False, timeout=5)
    report = validate(connection, plan)
    same = connection.validate(
        f"{server.url}/me", http_method="get", expected_status=[204], counterfactual=False, timeout=5
    )
    assert report.deciding == same.deciding
    with pytest.raises(FrozenInstanceError):
        plan.timeout = 6


def test_a_document_completes_a_plan():
    """A plan takes test URL and timeout from the document; without both, a call waits 10 seconds."""
    document = {"base_url": "https://api.test", "method": "none", "test_url": "https://api.test/me"}
    loaded = watchword.load(document).document
    assert ValidationPlan().completed(loaded).test_url == "https://api.test/me"
    assert ValidationPlan("/v1/me").completed(loaded).test_url == "https://api.test/v1/me"
    assert ValidationPlan().completed(loaded).call_timeout == 10
    assert ValidationPlan().completed(loaded).decoy is True
    loaded = watchword.load(document | {"timeout": 3, "decoy": False}).document
    assert ValidationPlan().completed(loaded).call_timeout == 3
    assert ValidationPlan(timeout=4).completed(loaded).call_timeout == 4
    assert ValidationPlan().completed(loaded).decoy is False
    assert ValidationPlan(decoy=True).completed(loaded).decoy is True
