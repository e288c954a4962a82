"""OAuth 2.0 client credentials with a real token endpoint: request, response, and the token's life."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import watchword
from watchword.protocols.oauth2.token_endpoint_response import ResponsePaths, read_token
from watchword.tokens.token_response import TokenResponse

SECRET = "s3cret:+/% ü"


@pytest.fixture
def acme(serve, reply):
    """Return an API with a token endpoint; `acme.accepts` is the token that it accepts."""
    numbers = count(1)
    server = None

    def answer(seen):
        if seen.path.startswith("/token"):
            if server.token_reply:
                return server.token_reply
            server.accepts = f"access-{next(numbers)}"
            return reply(body={"access_token": server.accepts, "token_type": "Bearer", "expires_in": 3600})
        good = f"Bearer {server.accepts}" == seen.headers.get("Authorization")
        return reply(200 if good else server.refusal)

    server = serve(answer)
    server.token_reply, server.accepts, server.refusal = None, None, 401
    return server


def connection(server, **fields):
    document = {
        "base_url": server.url, "method": "oauth2_client_credentials", "token_url": f"{server.url}/token",
        "client_id": f"client-{server.port}", "client_secret": SECRET, **fields,
    }  # fmt: skip
    return watchword.load(document)


def call(made):
    with made.session() as api:
        return api.get("/a")


def token_requests(server):
    return [seen for seen in server.seen if seen.path.startswith("/token")]


def test_id_and_secret_go_form_encoded_into_the_header(acme):
    """Id and secret are form-encoded before base64 (RFC 6749 section 2.3.1), and the body holds the grant."""
    call(connection(acme, scope="read write"))
    (seen,) = token_requests(acme)
    pair = base64.b64decode(seen.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == f"client-{acme.port}:s3cret%3A%2B%2F%25+%C3%BC"
    assert parse_qs(seen.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["read write"]}
    assert seen.headers["Accept"] == "application/json"


def test_raw_encoding_is_for_servers_that_do_not_decode(acme):
    """`basic_encoding: raw` sends id and secret without form-encoding."""
    call(connection(acme, basic_encoding="raw"))
    pair = base64.b64decode(token_requests(acme)[0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == f"client-{acme.port}:{SECRET}"


@pytest.mark.parametrize("grant_format", ["form", "json", "query"])
def test_the_body_can_hold_id_secret_and_more(acme, grant_format):
    """With client_secret_post, id and secret are in the body, beside added and replaced fields."""
    call(connection(
        acme, client_auth="client_secret_post", grant_format=grant_format, scope="a b", scope_separator=",",
        grant_body={"audience": "x", "pin": "{{secret:PIN}}"}, grant_headers={"X-Tenant": "t"},
        secret_parameters={"template:PIN": "s3cret-pin"},
    ))  # fmt: skip
    (seen,) = token_requests(acme)
    sent = {
        "form": lambda: {name: values[0] for name, values in parse_qs(seen.body.decode()).items()},
        "json": lambda: json.loads(seen.body),
        "query": lambda: {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()},
    }[grant_format]()
    assert sent == {
        "grant_type": "client_credentials", "scope": "a,b", "client_id": f"client-{acme.port}",
        "client_secret": SECRET, "audience": "x", "pin": "s3cret-pin",
    }  # fmt: skip
    assert "Authorization" not in seen.headers
    assert seen.headers["X-Tenant"] == "t"


def test_one_token_serves_all_sessions_and_threads_of_the_process(acme):
    """Two connections of one document and thirty-two threads share one token request."""

    def call(_):
        with connection(acme).session() as api:
            return api.get("/a").status_code

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(call, range(32))) == {200}
    assert len(token_requests(acme)) == 1


def test_another_secret_is_another_token(acme):
    """Connections whose token requests differ share nothing."""
    call(connection(acme))
    call(connection(acme, scope="other"))
    call(connection(acme, client_secret="s3cret-other"))
    assert len(token_requests(acme)) == 3


def test_a_revoked_token_is_replaced_within_the_call(acme):
    """A 401 to a token that worked before leads to a new token, and the request is sent again."""
    with connection(acme).session() as api:
        assert api.get("/a").status_code == 200
        acme.accepts = "revoked"
        assert api.post("/a", json={"x": 1}).status_code == 200
    assert [seen.body for seen in acme.seen if seen.path == "/a"] == [b"", b'{"x": 1}', b'{"x": 1}']


@pytest.mark.parametrize(("listed", "status"), [((), 403), ("403;419", 200)])
def test_other_statuses_refresh_when_they_are_configured(acme, listed, status):
    """A 403 renews the token only if refresh_on_status lists it."""
    acme.refusal = 403
    with connection(acme, refresh_on_status=listed).session() as api:
        api.get("/a")
        acme.accepts = "revoked"
        assert api.get("/a").status_code == status


def test_a_token_in_the_query_is_replaced_in_the_query(serve, reply):
    """In the query, the newer token replaces the refused one."""
    numbers = count(1)
    server = serve(
        lambda seen: (
            reply(body={"access_token": f"query-token-{next(numbers)}"})
            if seen.path == "/token"
            else reply(200 if "key=query-token-2" in seen.path else 401)
        )
    )
    with connection(server, add_to="query", query_name="key").session() as api:
        assert api.get("/a?x=1").status_code == 200
    assert [seen.path for seen in server.seen if seen.path != "/token"] == [
        "/a?x=1&key=query-token-1", "/a?x=1&key=query-token-2",
    ]  # fmt: skip


def test_foreign_sessions_renew_tokens_too(acme):
    """`conn.auth()` renews a refused token in a plain session."""
    auth = connection(acme).auth()
    with requests.Session() as session:
        session.get(f"{acme.url}/a", auth=auth)
        acme.accepts = "revoked"
        assert session.get(f"{acme.url}/a", auth=auth).status_code == 200


def test_the_token_endpoint_s_redirect_is_not_followed(acme, serve, reply):
    """A redirect of the token endpoint is not followed, so the client's secret stays there."""
    foreign = serve(reply())
    acme.token_reply = reply(307, headers={"Location": f"{foreign.url}/token"})
    with pytest.raises(watchword.TokenError) as error:
        call(connection(acme))
    assert foreign.seen == []
    assert error.value.code == "reply_not_token"


def test_a_token_error_says_phase_host_and_what_to_do(acme, reply):
    """A refused client is a typed error with the server's text and without secrets."""
    said = {"error": "invalid_client", "error_description": f"secret {SECRET} is wrong"}
    acme.token_reply = reply(401, said)
    with pytest.raises(watchword.TokenError) as error:
        call(connection(acme))
    text = str(error.value)
    assert error.value.code == "invalid_client"
    assert f"127.0.0.1:{acme.port}" in text
    assert "client_auth" in text
    assert "s3cret" not in text
    assert not error.value.retryable


REPLIES = [
    (400, '{"error": "invalid_scope"}', "invalid_scope"),
    (400, '{"error": "unauthorized_client"}', "unauthorized_client"),
    (400, '{"error": "unsupported_grant_type"}', "unsupported_grant_type"),
    (400, '{"error": "invalid_request"}', "invalid_request"),
    (400, '{"error": "invalid_grant"}', "invalid_grant"),
    (400, '{"error": "access_denied"}', "access_denied"),
    (400, '{"error": "made_up"}', "token_refused"),
    (400, '{"error": {"code": 190}}', "token_refused"),
    (200, '{"error": "invalid_client"}', "invalid_client"),
    (200, '{"ok": false, "error": "nope"}', "token_error_in_200"),
    (200, '{"ok": false}', "token_error_in_200"),
    (200, '{"token": "x", "expires": 3}', "token_field_missing"),
    (200, '{"access_token": 5}', "token_field_missing"),
    (200, "<html>sign in</html>", "reply_not_token"),
    (200, "", "reply_not_token"),
    (200, "[1]", "reply_not_token"),
    (200, "[" * 100_000, "reply_not_token"),
    (200, '{"access_token": "a\\nb"}', "token_malformed"),
    (200, '{"access_token": "t\u00f6k\u20acn"}', "token_malformed"),
    (200, "c2VjcmV0LXRva2Vu=", "reply_not_token"),
    (401, "", "invalid_client"),
    (404, "<html>", "token_endpoint_not_found"),
    (418, "<html>", "reply_not_token"),
    (429, "", "temporarily_unavailable"),
    (503, '{"error": "invalid_client"}', "temporarily_unavailable"),
]


@pytest.mark.parametrize(("status", "text", "code"), REPLIES)
def test_every_other_answer_is_a_typed_error(status, text, code):
    """Any response other than a token has its code, and shows field names but no values."""
    with pytest.raises(watchword.TokenError) as error:
        read_token(
            TokenResponse("https://auth.test/token", status, {"Retry-After": "7"}, text), ResponsePaths()
        )
    assert error.value.code == code
    assert "auth.test" in str(error.value)
    assert error.value.findings[0].retry_after == 7


@pytest.mark.parametrize(
    ("text", "paths", "token", "lifetime"),
    [
        ('{"access_token": "a", "expires_in": 60}', ResponsePaths(), "a", 60),
        ('{"access_token": "a", "expires_in": "60"}', ResponsePaths(), "a", 60),
        ('{"access_token": "a"}', ResponsePaths(), "a", float("inf")),
        ('{"access_token": "a"}', ResponsePaths(default_lifetime=5), "a", 5),
        ('{"access_token": "a", "expires_in": -1}', ResponsePaths(default_lifetime=5), "a", 5),
        ('{"access_token": "a", "expires_in": "soon"}', ResponsePaths(default_lifetime=5), "a", 5),
        ('{"access_token": "a", "expires_in": 1e300}', ResponsePaths(), "a", float("inf")),
        ('{"access_token": "a", "expires_in": ' + "9" * 400 + "}", ResponsePaths(), "a", float("inf")),
        ('{"u": {"t": "a", "e": 9}}', ResponsePaths("u.t", "u.e"), "a", 9),
        ('{"u": [{"t": "a"}]}', ResponsePaths("$.u[0].t"), "a", float("inf")),
        ('{"u.t": "a"}', ResponsePaths("u.t"), "a", float("inf")),
        ("access_token=a&expires_in=60", ResponsePaths(), "a", 60),
    ],
)
def test_tokens_are_found_where_replies_hide_them(text, paths, token, lifetime):
    """Tokens are read from JSON or forms, flat or nested, with a lifetime as number or text."""
    found = read_token(TokenResponse("https://auth.test/token", 200, {}, text), paths)
    assert (found.access_token, found.lifetime) == (token, lifetime)


@pytest.mark.parametrize("path", ["$[", "a..", "", "$", "a b", "\u0000"])
def test_a_path_that_is_none_is_a_finding(path):
    """A wrong JSONPath ends in `token_field_missing`."""
    with pytest.raises(watchword.TokenError) as error:
        read_token(
            TokenResponse("https://auth.test/token", 200, {}, '{"access_token": "a"}'), ResponsePaths(path)
        )
    assert error.value.code == "token_field_missing"


def test_an_endless_reply_is_cut_off(acme, reply):
    """A response of megabytes is cut off, and the endpoint is named."""
    acme.token_reply = reply(body="x" * (2 << 20))
    with pytest.raises(watchword.TokenError) as error:
        call(connection(acme))
    assert error.value.code == "reply_not_token"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "path", ["$..[?(@.b =~ /(a+)+$/)]", "$[?match(@.b, '(a+)+c')]", "$[?search(@.b, '(a+)+c')]"]
)
def test_a_path_that_searches_by_pattern_finds_nothing(path):
    """A JSONPath can't keep the process busy, whatever the response holds."""
    text = json.dumps({"a": {"b": "a" * 60 + "!"}})
    with pytest.raises(watchword.TokenError) as error:
        read_token(TokenResponse("https://auth.test/token", 200, {}, text), ResponsePaths(path))
    assert error.value.code == "token_field_missing"
