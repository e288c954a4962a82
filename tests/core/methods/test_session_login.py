"""Session login with real servers: request, response, the session's life, and logout."""

from __future__ import annotations

import base64
import html
import json
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from defusedxml import ElementTree
from hypothesis import given, settings
from hypothesis import strategies as st

import watchword
from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword import redact
from watchword.http.cookies import effective_cookies
from watchword.http.transport_options import TransportOptions
from watchword.protocols.session_login import xml_body
from watchword.protocols.session_login.login_response import TokenLocation, read_session
from watchword.protocols.session_login.login_source import LONGEST_LOGOUT
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token_cache import TokenCache
from watchword.tokens.token_response import TokenResponse

PASSWORD = 's3cret:"/% ü'


class Acme:
    """An API with a login that accepts open sessions, wherever they are sent."""

    def __init__(self, serve, reply):
        self.reply, self.numbers, self.open = reply, count(1), []
        self.opens = lambda token: reply(body={"data": {"token": token}, "expires_in": 3600})
        self.shown = lambda seen: seen.headers.get("Authorization", "").removeprefix("Bearer ")
        self.server = serve(self.answer)
        self.url = self.server.url

    def answer(self, seen):
        if seen.path.startswith("/login"):
            token = f"session-{self.server.port}-{next(self.numbers)}"
            self.open.append(token)
            return self.opens(token)
        if seen.path == "/logout":
            self.open.remove(self.shown(seen))
            return self.reply(204)
        return self.reply(200 if self.shown(seen) in self.open else 401)

    def connection(self, **fields):
        document = {
            "base_url": self.url, "method": "session_login", "login_url": f"{self.url}/login",
            "username": "joe", "password": PASSWORD, **fields,
        }  # fmt: skip
        if not {"response_header", "response_cookie"} & set(fields):
            document.setdefault("response_access_path", "data.token")
        return watchword.load(document)

    def call(self, **fields):
        with self.connection(**fields).session() as api:
            return api.get("/a").status_code

    def requests_to(self, path):
        return [seen for seen in self.server.seen if urlsplit(seen.path).path == path]

    @property
    def login(self):
        (seen,) = self.requests_to("/login")
        return seen


@pytest.fixture
def acme(serve, reply):
    return Acme(serve, reply)


@pytest.fixture
def nobody():
    """Return a URL without a listener."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_name_and_password_go_as_json_and_the_token_as_bearer(acme):
    """By default the body holds user name and password, and a nested token is sent in the usual header."""
    assert acme.call() == 200
    assert json.loads(acme.login.body) == {"username": "joe", "password": PASSWORD}
    assert redact.text(f"it is {acme.open[0]}") == "it is ***"
    assert acme.login.method == "POST"
    assert "Authorization" not in acme.login.headers


@pytest.mark.parametrize("login_format", ["json", "form", "query"])
def test_the_login_is_filled_in_and_written_as_the_api_wants_it(acme, login_format):
    """User name, password and other secrets are filled in anywhere in body and headers, at any depth."""
    assert acme.call(
        login_method="PUT", login_format=login_format,
        login_body={
            "user": "{{ username }}@corp", "pass": "{{secret:password}}", "n": 1,
            "a": {"b": ["{{secret:PIN}}"]},
        },
        login_headers={"X-Tenant": "t-{{username}}", "X-App-Key": "{{secret:PIN}}"},
        secret_parameters={"template:PIN": "s3cret-pin"},
    ) == 200  # fmt: skip
    seen = acme.login
    sent = {
        "json": lambda: json.loads(seen.body),
        "form": lambda: {name: values[0] for name, values in parse_qs(seen.body.decode()).items()},
        "query": lambda: {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()},
    }[login_format]()
    nested = {"b": ["s3cret-pin"]}
    flat = {"n": "1", "a[b][]": "s3cret-pin"} if login_format != "json" else {"n": 1, "a": nested}
    assert sent == {"user": "joe@corp", "pass": PASSWORD, **flat}
    assert (seen.method, seen.headers["X-Tenant"], seen.headers["X-App-Key"]) == (
        "PUT",
        "t-joe",
        "s3cret-pin",
    )


def test_a_secret_that_reads_like_a_template_is_sent_as_it_is(acme):
    """A value that was filled in is not filled in again."""
    assert (
        acme.call(password="s3cret {{username}} {{secret:PIN}}", secret_parameters={"template:PIN": "x"})
        == 200
    )
    assert json.loads(acme.login.body)["password"] == "s3cret {{username}} {{secret:PIN}}"


@pytest.mark.parametrize(("password", "sent"), [("s3cret-field", "s3cret-field"), ("", "s3cret-template")])
def test_the_password_field_goes_before_a_template_of_its_name(acme, password, sent):
    """A secret template:password is used if the password field is empty."""
    secrets = {"template:password": "s3cret-template"}
    assert acme.call(password=password, secret_parameters=secrets) == 200
    assert json.loads(acme.login.body)["password"] == sent


def test_basic_sends_the_pair_in_the_header_and_no_body(acme):
    """`login_auth: basic` sends a Basic header, for APIs that issue tokens for it."""
    acme.opens = lambda token: acme.reply(body="", headers={"X-Session": token})
    fields = {"add_to": "header", "header_name": "X-Session", "use_prefix": False}
    acme.shown = lambda seen: seen.headers.get("X-Session")
    assert acme.call(login_auth="basic", response_header="x-session", **fields) == 200
    pair = base64.b64decode(acme.login.headers["Authorization"].removeprefix("Basic ")).decode()
    assert (pair, acme.login.body) == (f"joe:{PASSWORD}", b"")


COOKIES = [
    ("sid={}", "sid={}"),
    ('sid="{}"; Path=/; HttpOnly; SameSite=Lax; Max-Age=600', 'sid="{}"'),
    ("sid={}=,x==; expires=Fri, 01-Jan-2100 00:00:00 GMT; secure", "sid={}=,x=="),
]


@pytest.mark.parametrize(("line", "sent"), COOKIES)
@pytest.mark.parametrize("status", [200, 302, 303])
def test_a_form_login_gives_a_cookie_that_comes_back_as_it_was_set(acme, line, sent, status):
    """A cookie is sent with its quotes under its own name, and a redirect after the login is a success."""
    location = {"Location": "/home"} if status != 200 else {}

    def opens(token):
        acme.open[-1] = sent.format(token)
        return acme.reply(status, "<html>", headers={"Set-Cookie": line.format(token), **location})

    acme.opens = opens
    acme.shown = lambda seen: seen.headers.get("Cookie")
    assert acme.call(login_format="form", response_cookie="sid", add_to="cookie") == 200
    assert parse_qs(acme.login.body.decode()) == {"username": ["joe"], "password": [PASSWORD]}
    assert len(acme.server.seen) == 2


def test_the_callers_own_cookies_travel_beside_and_a_new_session_replaces_the_old(acme):
    """After a refusal, the second cookie replaces the first."""
    acme.opens = lambda token: acme.reply(headers={"Set-Cookie": f"sid={token}"})
    acme.shown = lambda seen: seen.headers["Cookie"].removeprefix("mine=1; sid=")
    with acme.connection(response_cookie="sid", add_to="cookie").session() as api:
        api.get("/a", cookies={"mine": "1"})
        acme.open.clear()
        assert api.get("/a", cookies={"mine": "1"}).status_code == 200
    assert [seen.headers["Cookie"] for seen in acme.requests_to("/a")][1:] == [
        f"mine=1; sid=session-{acme.server.port}-1", f"mine=1; sid=session-{acme.server.port}-2",
    ]  # fmt: skip


@pytest.mark.parametrize("said", ["Bearer {}", "bearer  {}", "{}"])
def test_a_prefix_that_the_server_has_put_is_not_put_twice(acme, said):
    """A prefix in the response's header is not sent twice."""
    acme.opens = lambda token: acme.reply(headers={"Authorization": said.format(token)})
    assert acme.call(response_header="Authorization") == 200


@pytest.mark.parametrize("body", ['"{}"', "{}", " {}\n"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_the_whole_body_may_be_the_token(acme, body, kind):
    """`$` reads a response of one JSON string or of plain text, whatever its type says."""
    acme.opens = lambda token: acme.reply(body=body.format(token), headers={"Content-Type": kind})
    assert acme.call(response_access_path="$") == 200


def test_a_jwt_may_be_declared_as_a_page(serve, reply):
    """Google's metadata server sends an identity token as text/html; another word stays no token."""
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"
    server = serve(reply(200, jwt, {"Content-Type": "text/html"}))
    fields = {"login_url": f"{server.url}/identity", "login_method": "GET", "login_auth": "basic"}
    fields |= {"username": "u", "password": "p4ssword-1", "response_access_path": "$"}
    made = watchword.load({"base_url": server.url, "method": "session_login", **fields})
    with made.session() as api:
        api.get("/a")
    assert server.seen[-1].headers["Authorization"] == f"Bearer {jwt}"


def test_a_session_in_the_query_is_replaced_in_the_query(acme):
    """With add_to query, the token is sent under the configured name."""
    acme.shown = lambda seen: parse_qs(urlsplit(seen.path).query).get("sid", [""])[0]
    with acme.connection(add_to="query", query_name="sid").session() as api:
        api.get("/a")
        acme.open.clear()
        assert api.get("/a?x=1").status_code == 200


def test_one_login_serves_all_threads_and_sessions(acme):
    """Sixteen threads with one session each log in once, and once more when their session is ended."""
    made = acme.connection()
    with made.session() as api, ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: acme.connection().session().get("/a").status_code, range(16))) == {200}
        acme.open.clear()
        assert set(pool.map(lambda _: api.get("/a").status_code, range(16))) == {200}
    assert len(acme.requests_to("/login")) == 2


@pytest.mark.parametrize(
    ("fields", "body", "cookie", "lifetime"),
    [
        ({}, {}, "", float("inf")),
        ({"default_lifetime": 90}, {}, "", 90),
        ({"default_lifetime": 90}, {"expires_in": 30}, "", 30),
        ({"response_expires_path": "data.ttl"}, {"ttl": "45"}, "", 45),
        ({"response_cookie": "sid"}, {}, "; Max-Age=70; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 70),
        ({"response_cookie": "sid"}, {"expires_in": 30}, "; Max-Age=70", 30),
        ({"response_cookie": "sid", "default_lifetime": 90}, {}, "", 90),
    ],
)  # fmt: skip
def test_the_lifetime_is_what_somebody_said(acme, fields, body, cookie, lifetime):
    """The lifetime is the response's field, else the cookie's, else the document's, else unlimited."""
    acme.opens = lambda token: acme.reply(
        body={"data": {"token": token, **body}, **body}, headers={"Set-Cookie": f"sid={token}{cookie}"}
    )
    token = acme.connection(**fields).credential.source.fetch(TransportOptions())
    assert token.lifetime == lifetime


def test_a_session_that_has_ended_is_opened_anew_before_it_is_refused(acme):
    """A new login follows when the stated lifetime is over."""
    now = [0.0]
    source = acme.connection(default_lifetime=50, response_expires_path="nowhere").credential.source
    token_cache = TokenCache(LocalTokens(lambda: source.fetch(TransportOptions())), lambda: now[0])
    first = token_cache.get()
    now[0] = 39
    assert token_cache.get() == first
    now[0] = 41
    assert token_cache.get() != first


def test_closing_the_session_logs_out_once(acme):
    """One logout is sent, with the token placed as in requests, and the next session logs in again."""
    made = acme.connection(logout_url=f"{acme.url}/logout")
    for number in (1, 2):
        with made.session() as api:
            assert [api.get("/a").status_code for _ in range(3)] == [200] * 3
            assert not acme.requests_to("/logout")[number - 1 :]
        assert len(acme.requests_to("/logout")) == number
    assert acme.open == []
    assert {seen.method for seen in acme.requests_to("/logout")} == {"POST"}


def test_the_last_session_logs_out_for_all(acme):
    """Closing a session logs out only if no other session uses the token and it was used."""
    fields = {"logout_url": f"{acme.url}/logout", "logout_method": "DELETE"}
    first, second, idle = (acme.connection(**fields).session() for _ in range(3))
    assert (first.get("/a").status_code, second.get("/a").status_code) == (200, 200)
    idle.close()
    first.close()
    first.close()
    assert acme.requests_to("/logout") == []
    second.close()
    assert [seen.method for seen in acme.requests_to("/logout")] == ["DELETE"]


def test_a_cookie_is_logged_out_as_a_cookie(acme):
    """The logout sends the token at the place that the API expects."""
    acme.opens = lambda token: acme.reply(headers={"Set-Cookie": f"sid={token}"})
    acme.shown = lambda seen: seen.headers["Cookie"].removeprefix("sid=")
    fields = {"response_cookie": "sid", "add_to": "cookie", "logout_url": f"{acme.url}/logout"}
    assert acme.call(**fields) == 200
    assert acme.open == []


@pytest.mark.parametrize("trouble", ["refused", "hang_up", "down", "slow"])
def test_a_logout_that_fails_is_nobodys_concern(acme, serve, nobody, monkeypatch, trouble):
    """Closing never raises, and doesn't wait for a server that is slow, refuses, hangs up or is gone."""
    monkeypatch.setattr("watchword.protocols.session_login.login_source.LONGEST_LOGOUT", 0.2)
    replies = {
        "refused": acme.reply(500), "hang_up": acme.reply(hang_up=True), "slow": acme.reply(delay=1),
    }  # fmt: skip
    url = nobody if trouble == "down" else serve(replies[trouble]).url
    made = acme.connection(logout_url=f"{url}/logout")
    with made.session() as api:
        assert api.get("/a").status_code == 200
    assert made.credential.token_cache.fresh() is None


def test_a_logout_waits_no_longer_than_five_seconds(acme, monkeypatch):
    """A logout waits 5 s at most, or for the connection's shorter timeout."""
    waits = []
    monkeypatch.setattr(
        "watchword.tokens.sending.send_token_request",
        lambda _, transport, __: waits.append(transport.timeout),
    )
    source = acme.connection(logout_url=f"{acme.url}/logout").credential.source
    for timeout in (60, 2):
        source.discard(watchword.tokens.token.Token("t"), TransportOptions(timeout=timeout))
    assert waits == [LONGEST_LOGOUT, 2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_leaves_the_parents_session_open(acme):
    """A child process doesn't log out of a session that it has inherited from its parent."""
    with acme.connection(logout_url=f"{acme.url}/logout").session() as api:
        assert api.get("/a").status_code == 200
        child = os.fork()
        if child == 0:
            status = api.get("/a").status_code
            api.close()
            os._exit(0 if status == 200 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert api.get("/a").status_code == 200
        assert acme.requests_to("/logout") == []
    assert len(acme.requests_to("/logout")) == 1
    assert len(acme.requests_to("/login")) == 1


@pytest.mark.parametrize("path", ["/a", None])
def test_a_validation_leaves_no_session_behind(acme, path):
    """A validation logs in to prove the password, and ends the new session and the replaced one."""
    made = acme.connection(logout_url=f"{acme.url}/logout")
    with made.session() as api:
        assert api.get("/a").status_code == 200
        made.validate(path and f"{acme.url}{path}")
        assert len(acme.open) == 1  # the client's, from now on; the decoy's is closed
        assert api.get("/a").status_code == 200
    made.validate(path and f"{acme.url}{path}")
    assert acme.open == []
    assert len(acme.requests_to("/login")) == (3 if path is None else 4)


def test_without_a_logout_url_nothing_is_sent_at_the_close(acme):
    """Without a logout URL, closing sends nothing, and the next session uses the same token."""
    assert [acme.call(), acme.call()] == [200, 200]
    assert len(acme.requests_to("/login")) == 1


BODY, HEADER, COOKIE = TokenLocation("body", "t"), TokenLocation("header", "T"), TokenLocation("cookie", "t")
PAGE = '<form><input name="u"><input type="password"></form>'
HOME, AGAIN = {"Location": "/home"}, {"Location": "https://a.test/login?error=1"}

REPLIES = [
    (401, {}, '{"message": "no"}', BODY, "login_refused"),
    (403, {}, "", BODY, "login_refused"),
    (400, {}, "<html>", BODY, "login_refused"),
    (422, {}, "{}", BODY, "login_refused"),
    (404, {}, "{}", BODY, "token_endpoint_not_found"),
    (405, {}, "", BODY, "token_endpoint_not_found"),
    (429, {}, "", BODY, "temporarily_unavailable"),
    (503, {}, '{"t": "a"}', BODY, "temporarily_unavailable"),
    (200, {}, "<html>", BODY, "reply_not_token"),
    (200, {}, "", BODY, "reply_not_token"),
    (200, {}, "[1]", BODY, "reply_not_token"),
    (200, {}, "[" * 100_000, BODY, "reply_not_token"),
    (200, {}, "<html>", TokenLocation("body", "$"), "reply_not_token"),
    (200, {"Content-Type": "text/html"}, "hello", TokenLocation("body", "$"), "reply_not_token"),
    (200, {}, "two words", TokenLocation("body", "$"), "token_malformed"),
    (200, {}, '{"a": 1}', TokenLocation("body", "$"), "token_field_missing"),
    (200, {}, '{"secretly": "s3cret-other", "t": null}', BODY, "token_field_missing"),
    (200, {}, '{"t": true}', BODY, "token_field_missing"),
    (200, {}, '{"t": {"x": 1}}', BODY, "token_field_missing"),
    (200, {}, '{"t": "a b"}', BODY, "token_malformed"),
    (200, {}, '{"t": "a;b"}', BODY, "token_malformed"),
    (200, {}, '{"t": "a\\r\\nX: y"}', BODY, "token_malformed"),
    (200, {}, '{"t": "\u20ac"}', BODY, "token_malformed"),
    (200, {}, '{"success": false, "t": "a"}', BODY, "login_refused"),
    (200, {}, '{"error": "bad password"}', COOKIE, "login_refused"),
    (200, {}, PAGE, COOKIE, "login_refused"),
    (200, {}, PAGE, HEADER, "login_refused"),
    (302, AGAIN, "", COOKIE, "login_refused"),
    (302, {"Location": "?error"}, "", COOKIE, "login_refused"),
    (302, {"Location": "http://[bad"}, "", BODY, "reply_not_token"),
    (302, HOME, '{"t": "a"}', BODY, "reply_not_token"),
    (301, HOME, "", COOKIE, "reply_not_token"),
    (307, HOME, "", COOKIE, "reply_not_token"),
    (302, HOME, "", HEADER, "token_field_missing"),
    (200, {}, "{}", TokenLocation("cookie", "other"), "token_field_missing"),
]


@pytest.mark.parametrize(("status", "headers", "text", "place", "code"), REPLIES)
def test_every_other_answer_is_a_typed_error(status, headers, text, place, code):
    """Any response other than a session is refused, even one with a cookie for everybody."""
    reply = TokenResponse("https://a.test/login", status, {"Retry-After": "7", **headers}, text, ("t=given",))
    with pytest.raises(watchword.TokenError) as error:
        read_session(reply, place)
    assert error.value.code == code
    assert "a.test" in str(error.value)
    assert "s3cret" not in str(error.value)
    assert error.value.findings[0].retry_after == 7


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["t=a", "t="], []),
        (["t=", "t=a; Path=/"], ["t"]),
        (["t=a; Max-Age=0"], []),
        (["t=a; Max-Age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT"], []),
        (["t=a; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "u=b; expires=Fri, 01-Jan-2100 00:00:00 GMT"], ["u"]),
        (["t=a; Expires=never; Max-Age=soon"], ["t"]),
        (["t=a; Expires=Fri, 01 Jan 99999999999 00:00:00 GMT"], ["t"]),
        (["", ";", "t", "=x"], [""]),
    ],
)
def test_a_cookie_that_is_taken_back_is_none(lines, names):
    """A cookie that is empty or has expired is a deletion, as after a failed login."""
    assert sorted(effective_cookies(lines)) == names


@settings(max_examples=usually(500, 10_000))
@given(
    st.integers(200, 599), any_text(), st.lists(any_text(), max_size=3),
    st.dictionaries(any_text(), any_text()),
    st.sampled_from(["t", "$", "$[", "", "a.b", "\x00"]), st.sampled_from(["body", "header", "cookie"]),
)  # fmt: skip
def test_no_answer_is_a_crash(status, text, cookies, headers, name, kind):
    """Any response is a token that can be sent, or a typed error."""
    try:
        token = read_session(
            TokenResponse("https://a.test/l", status, headers, text, tuple(cookies)),
            TokenLocation(kind, name),
        )
    except watchword.TokenError as error:
        assert error.findings
    else:
        assert token.access_token.isascii()
        assert token.access_token.isprintable()


def test_a_refused_login_shows_the_servers_words_and_no_secret(acme):
    """A refusal shows status and the masked beginning of the response, and the login isn't repeated."""
    pair = base64.b64encode(f"joe:{PASSWORD}".encode()).decode()
    acme.opens = lambda _: acme.reply(401, {"message": f"wrong: {PASSWORD} ({pair})"})
    with acme.connection(login_auth="basic").session() as api:
        for _ in range(3):
            with pytest.raises(watchword.TokenError) as error:
                api.get("/a")
    text = str(error.value)
    assert error.value.code == "login_refused"
    assert not error.value.retryable
    assert "wrong: ***" in text
    assert "s3cret" not in text
    assert pair not in text
    assert len(acme.requests_to("/login")) == 1


def test_a_missing_token_is_described_by_names_alone(acme):
    """A missing token is reported with the names of fields, headers or cookies, without values."""
    acme.opens = lambda token: acme.reply(body={"jwt": token}, headers={"Set-Cookie": f"other={token}"})
    for fields, name in (({}, "jwt"), ({"response_cookie": "sid", "add_to": "cookie"}, "other")):
        with pytest.raises(watchword.TokenError) as error:
            acme.call(**fields)
        assert error.value.code == "token_field_missing"
        assert name in str(error.value)
        assert "session-" not in str(error.value)


def test_a_login_that_is_moved_is_not_followed(acme, serve, reply):
    """The password is sent only to the login URL."""
    foreign = serve(reply(body={"data": {"token": "x"}}))
    acme.opens = lambda _: reply(307, headers={"Location": f"{foreign.url}/login?x=s3cret"})
    with pytest.raises(watchword.TokenError) as error:
        acme.call()
    assert foreign.seen == []
    assert error.value.code == "reply_not_token"
    assert f"{foreign.url}/login" in str(error.value)


def test_a_server_that_is_down_is_a_finding_of_the_network(acme, nobody):
    """A login server that is down is named, and the login can be retried."""
    with pytest.raises(watchword.TokenError) as error:
        acme.call(login_url=f"{nobody}/login")
    assert (error.value.code, error.value.retryable) == ("connect_refused", True)
    assert "the login at 127.0.0.1" in str(error.value)


def test_a_cookie_for_whoever_comes_is_no_proof(acme):
    """A login that only seems to succeed doesn't make a validation valid: the test URL decides."""
    acme.opens = lambda _: acme.reply(headers={"Set-Cookie": "sid=anonymous"})
    acme.shown = lambda seen: seen.headers.get("Cookie")
    made = acme.connection(response_cookie="sid", add_to="cookie")
    assert made.validate().deciding.code.name == "not_proven"
    report = made.validate(f"{acme.url}/a")
    assert (report.ok, report.deciding.code.name) == (False, "unauthorized_401")


FAULTS = [
    ({"password": None}, "missing_field"),
    ({"username": None, "login_auth": "basic", "login_body": {"a": 1}}, "missing_field"),
    ({"password": None, "login_body": {"p": "{{secret:password}}"}}, "missing_field"),
    ({"response_access_path": None}, "missing_field"),
    ({"response_header": "X"}, "given_twice"),
    ({"add_to": "cookie"}, "missing_field"),
    ({"login_body": {"a": "{{secret:NONE}}"}}, "template_unresolved"),
    ({"login_body": {"a": ["{{ password }}"]}}, "template_unresolved"),
    ({"login_headers": {"X": "{{user}}"}}, "template_unresolved"),
    ({"login_body": {"password": "hunter2"}}, "secret_in_clear"),
    ({"login_headers": {"X-Api-Key": "k"}}, "secret_in_clear"),
    ({"login_headers": {"X-CSRF-Token": "Fetched"}}, "secret_in_clear"),
    ({"login_body": {"password": "secret"}}, "secret_in_clear"),
    ({"login_headers": {"a b": "k"}}, "header_illegal"),
    ({"login_headers": {"X": "a\nb"}}, "header_illegal"),
    ({"prefix": "a\nb"}, "header_illegal"),
    ({"login_auth": "basic", "username": "a:b"}, "username_illegal"),
    ({"login_auth": "basic", "login_headers": {"authorization": "{{secret:password}}"}}, "header_conflict"),
    ({"login_url": "a.test/login"}, "url_not_absolute"),
    ({"logout_url": "http://a.test/logout"}, "url_plain_http"),
]


@pytest.mark.parametrize(
    "headers", [{"X-CSRF-Token": "Fetch"}, {"x-csrf-token": "fetch"}, {"X-CSRF-Token": "Required"}]
)
def test_a_word_that_asks_for_a_token_is_no_secret(headers):
    """SAP gives a token to a request with X-CSRF-Token: Fetch, which doesn't count as a secret in clear."""
    document = {
        "base_url": "https://a.test", "method": "session_login", "login_url": "https://a.test/login",
        "username": "joe", "password": "s3cret", "response_header": "x-csrf-token", "login_headers": headers,
    }  # fmt: skip
    assert watchword.load(document).lint() == []


@pytest.mark.parametrize(("fields", "code"), FAULTS)
def test_lint_finds_what_is_wrong_before_anything_is_sent(fields, code):
    """Each fault in the document has its code."""
    document = {
        "base_url": "https://a.test", "method": "session_login", "login_url": "https://a.test/login",
        "username": "joe", "password": "s3cret", "response_access_path": "token",
    }  # fmt: skip
    assert [item.code.name for item in watchword.load(document).lint()] == []
    assert {item.code.name for item in watchword.load({**document, **fields}).lint()} == {code}


SOAP = (
    '<?xml version="1.0" encoding="utf-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">'
    '<env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{{username}}</n1:username>'
    "<n1:password>{{secret:password}}{{secret:TOKEN}}</n1:password></n1:login></env:Body></env:Envelope>"
)
SOAP_LOGIN = {
    "login_format": "xml",
    "login_body": {"$": SOAP},
    "login_headers": {"SOAPAction": "login"},
    "password": "s3cret<&\"'>ü",
    "secret_parameters": {"template:TOKEN": "s3cret&more"},
    "response_access_path": "Body.loginResponse.result.sessionId",
    "response_expires_path": "Body.loginResponse.result.userInfo.sessionSecondsValid",
}
OPENED = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap">'
    "<soapenv:Body><loginResponse><result><sessionId>{}</sessionId><userInfo><sessionSecondsValid>7200"
    "</sessionSecondsValid></userInfo></result></loginResponse></soapenv:Body></soapenv:Envelope>"
)
FAULT = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>'
    "<faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security "
    "token {}; or user locked out.</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)
XML = {"Content-Type": "text/xml; charset=utf-8"}


def test_a_soap_service_gets_its_login_as_xml(acme):
    """The text is sent as it is, with its values escaped, and the session is read from the XML response."""
    acme.opens = lambda token: acme.reply(body=OPENED.format(token), headers=XML)
    assert acme.call(**SOAP_LOGIN) == 200
    sent = acme.login
    root = ElementTree.fromstring(sent.body)
    values = [each.text for each in root.iter() if each.text]
    assert values == ["joe", "s3cret<&\"'>üs3cret&more"]
    assert (sent.headers["Content-Type"], sent.headers["SOAPAction"]) == ("text/xml; charset=utf-8", "login")
    assert "json" not in sent.headers["Accept"]


@pytest.mark.parametrize(
    "text",
    [
        SOAP,
        '<a password="{{secret:password}}" xmlns:token="urn:acme"/>',
        '<Password Type="urn:oasis#PasswordText">{{secret:password}}</Password>',
        '<a token=""><password></password></a>',
    ],
)
def test_xml_without_a_secret_in_it_has_no_finding(acme, text):
    """A template, a namespace and an empty value aren't secrets in clear."""
    assert [str(each) for each in acme.connection(**SOAP_LOGIN | {"login_body": {"$": text}}).lint()] == []


def test_xml_needs_no_json_around_it(acme):
    """A text that is XML is the body itself, as people paste it into a form."""
    acme.opens = lambda token: acme.reply(body=OPENED.format(token), headers=XML)
    assert acme.call(**SOAP_LOGIN | {"login_body": SOAP}) == 200
    assert b"<n1:username>joe</n1:username>" in acme.login.body


def test_a_document_may_name_another_type_of_xml(acme):
    """SOAP 1.2 has a content type of its own."""
    acme.opens = lambda token: acme.reply(body=OPENED.format(token), headers=XML)
    assert acme.call(**SOAP_LOGIN | {"login_headers": {"content-type": "application/soap+xml"}}) == 200
    assert acme.login.headers["content-type"] == "application/soap+xml"


def test_a_soap_fault_refuses_a_login_in_the_servers_words(acme):
    """SOAP sends a refused login with status 500: it is no outage, and no form of the password is shown."""
    acme.opens = lambda _: acme.reply(
        500, body=FAULT.format(html.escape(SOAP_LOGIN["password"])), headers=XML
    )
    with pytest.raises(watchword.TokenError) as error:
        acme.call(**SOAP_LOGIN)
    assert error.value.code == "login_refused"
    assert "INVALID_LOGIN" in str(error.value.findings)
    assert "s3cret" not in str(error.value.findings)


@pytest.mark.parametrize(
    ("fields", "code", "word"),
    [
        ({"login_body": {}}, "wrong_type", "$"),
        ({"login_body": {"user": "{{username}}"}}, "wrong_type", "$"),
        ({"login_body": {"$": "<a>{{username}}</a>", "b": "1"}}, "wrong_type", "one entry"),
        ({"login_body": {"$": "<a>{{username}}"}}, "wrong_type", "well-formed"),
        ({"login_body": {"$": "<a>A & B</a>"}}, "wrong_type", "well-formed"),
        ({"login_body": {"$": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}}, "wrong_type", "DTD"),
        ({"login_body": {"$": "<a>{{other}}</a>"}}, "template_unresolved", "other"),
        ({"login_body": {"$": "<a><n:password>hunter2</n:password></a>"}}, "secret_in_clear", "password"),
        ({"login_body": {"$": '<a user="joe" n:password="hunter2"/>'}}, "secret_in_clear", "password"),
        ({"login_body": {"$": "<a b='' token = 'hunter2'>{{username}}</a>"}}, "secret_in_clear", "token"),
        ({"login_format": "json"}, "wrong_type", "login_format json"),
        ({"login_body": SOAP, "login_format": "json"}, "wrong_type", "login_format json"),
    ],
)
def test_a_wrong_body_of_xml_is_found_before_it_is_sent(acme, fields, code, word):
    """A text that is missing, not XML, or in another format's body is named, without its secret."""
    found = [each for each in acme.connection(**SOAP_LOGIN | fields).lint() if each.code.name == code]
    assert [each for each in found if word in each.message], found
    assert "hunter2" not in str(found)


@settings(max_examples=usually(500, 10_000))
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co"]), min_size=1))
def test_no_value_leaves_its_place_in_xml(password):
    """Whatever characters a password has, the server reads it in its place, and nothing else."""
    filled = '<a b="{0}"><c>{0}</c></a>'.format(xml_body.escaped({"p": password})["p"])
    root = ElementTree.fromstring(filled.encode())
    assert (root.attrib, [(each.tag, each.text) for each in root]) == ({"b": password}, [("c", password)])


@pytest.mark.parametrize("cookie", ["sid=", 'sid=""'])
def test_an_empty_cookie_is_no_session(acme, cookie):
    """PHP and Java clear a cookie after a failed login, some of them in quotes."""
    acme.opens = lambda _: acme.reply(200, headers={"Set-Cookie": f"{cookie}; Path=/"})
    with pytest.raises(watchword.TokenError) as error:
        acme.call(response_cookie="sid", add_to="cookie")
    assert error.value.code == "token_field_missing"
