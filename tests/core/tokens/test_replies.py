"""Odd replies of real servers: what a connection does with them, from the first request on."""

from __future__ import annotations

import gzip
import json
import logging
import time
import zlib
from email.utils import formatdate

import pytest

import watchword
from watchword.errors import SignInRequired
from watchword.tokens import refresh_failures

SECRET = "s3cret-client-0123456789"
FIRST = {"access_token": "s3cret-access-1", "expires_in": 3600, "refresh_token": "s3cret-refresh-2"}


class Bytes(str):
    """A body that arrives as other bytes than its text."""

    __slots__ = ("content",)

    def encode(self, *_):
        return self.content


def as_bytes(content):
    body = Bytes()
    body.content = content
    return body


class Api:
    """An API with a token endpoint: `answers` are its next responses, the last one for ever."""

    def __init__(self, serve, reply):
        self.reply, self.answers, self.asked = reply, [], 0
        self.accepts = "s3cret-access"
        self.server = serve(self.answer)
        self.url = self.server.url

    def answer(self, seen):
        if not seen.path.startswith("/token"):
            return self.reply(200 if self.accepts in seen.headers.get("Authorization", "") else 401)
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def connection(self, method="oauth2_client_credentials", **fields):
        own = {
            "session_login": {"login_url": f"{self.url}/token", "username": "joe", "password": SECRET},
            "oauth2_client_credentials": {
                "token_url": f"{self.url}/token", "client_id": "c", "client_secret": SECRET,
            },
            "oauth2_authorization_code": {
                "token_url": f"{self.url}/token", "client_id": "c", "client_secret": SECRET,
                "refresh_token": "s3cret-refresh-1",
            },
        }[method]  # fmt: skip
        document = {"base_url": self.url, "method": method, **own, **fields}
        return watchword.load(document, name="acme", store="memory://")


@pytest.fixture
def api(serve, reply):
    return Api(serve, reply)


REFUSALS = [
    (400, {"errors": [{"errorType": "invalid_grant", "message": "s3cret-refresh-2"}], "success": False}, {}),
    (400, {"status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"}, {}),
    (200, {"error": "bad_refresh_token"}, {}),
    (403, {"code": 36009, "info": "s3cret-refresh-2 is no more"}, {"refused_on_body": {"code": 36009}}),
    (400, "<r><state>dead</state></r>", {"refused_on_body": {"//state": "dead"}}),
    (403, {"error": "unauthorized_client", "error_description": "refresh_token is invalid"}, {}),
    (400, "Invalid refresh token", {}),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "fields"), REFUSALS)
def test_a_dead_refresh_token_ends_the_sign_in_and_is_never_shown_again(api, reply, status, body, fields):
    """The first refusal raises SignInRequired, and so does every later call, without another request."""
    api.accepts, api.answers = "nothing", [reply(body=FIRST), reply(status, body)]
    made = api.connection("oauth2_authorization_code", **fields)
    for _ in range(3):
        with made.session() as session, pytest.raises(SignInRequired) as raised:
            session.get("/orders")
        assert "has ended" in raised.value.findings[0].message
        assert "s3cret" not in str(raised.value)
        made.credential.token_cache.forget()  # another process remembers nothing but the store
    assert api.asked == 2
    (health,) = made.credential.store.records()
    assert health.record.refusal.code == "invalid_grant"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {
                "error": "interaction_required",
                "error_description": "AADSTS50076: use a second factor.",
            },
            "interaction_required. The server said: AADSTS50076: use a second factor. This",
        ),
        ({"reason": "Invalid Token!", "error": "invalid_grant"}, "The server said: Invalid Token!. This"),
        (
            {"error": "invalid_grant", "error_description": "s3cret-refresh-2 was used up in Rome"},
            "The server said: *** was used up in Rome. This",
        ),
        ({"error": "invalid_grant"}, "refused the request: invalid_grant. This was"),
        ({"error": "invalid_grant", "error_description": "long words " * 99}, "long words"),
    ],
)
def test_who_has_to_sign_in_again_reads_why_in_the_servers_words(api, reply, body, words):
    """The first error, later ones and those of other processes have them; nobody is told to wait."""
    api.accepts, api.answers = "nothing", [reply(body=FIRST), reply(400, body)]
    made = api.connection("oauth2_authorization_code")
    for forgets in (False, True, False):
        with made.session() as session, pytest.raises(SignInRequired) as raised:
            session.get("/orders")
        message = raised.value.findings[0].message
        assert words in message
        assert "not asked again" not in message
        assert len(message) < 700
        if forgets:
            made.credential.token_cache.forget()  # another process remembers nothing but the store
    assert api.asked == 2


def test_a_sign_in_that_an_administrator_had_stopped_goes_on(api, reply, monkeypatch):
    """For five minutes the server is not asked again; then the same refresh token serves."""
    stopped = reply(400, {"error": "invalid_grant", "error_description": "ip restricted"})
    good = reply(body={"access_token": "s3cret-access-3", "expires_in": 3600})
    api.accepts, api.answers = "s3cret-access-3", [reply(body=FIRST), stopped, good]
    made = api.connection("oauth2_authorization_code")
    for _ in range(3):
        with made.session() as session, pytest.raises(watchword.TokenError) as raised:
            session.get("/orders")
        assert (type(raised.value), raised.value.code) == (watchword.TokenError, "access_denied")
        assert "ip restricted" in str(raised.value)
        made.credential.token_cache.forget()
    assert api.asked == 2
    monkeypatch.setattr(refresh_failures, "_STANDS", 0.0)  # as if five minutes had passed
    with made.session() as session:
        assert session.get("/orders").status_code == 200
    assert api.asked == 3


@pytest.mark.parametrize("body", ["<html>Forbidden</html>", "Forbidden"])
def test_a_refusal_without_words_keeps_the_refresh_token(api, reply, body):
    """A firewall's page for a refresh rotated nothing: its outcome is known, and no sign-in ends."""
    api.accepts, api.answers = "nothing", [reply(body=FIRST), reply(403, body)]
    made = api.connection("oauth2_authorization_code")
    with made.session() as session, pytest.raises(watchword.TokenError) as raised:
        session.get("/orders")
    assert raised.value.code == "reply_not_token"
    (health,) = made.credential.store.records()
    assert health.record.refusal is None
    assert health.record.attempt == 0


def test_a_refresh_may_have_the_standard_fields_at_its_top(api, reply):
    """A sign-in of a user of Slack has its token in an object; its refresh has it at the top."""
    api.answers = [reply(200, {"ok": True, "access_token": "s3cret-access-9", "refresh_token": "s3cret-r-9"})]
    paths = {"response_access_path": "authed_user.access_token"}
    paths["response_refresh_path"] = "authed_user.refresh_token"
    made = api.connection("oauth2_authorization_code", **paths)
    with made.session() as session:
        assert session.get("/orders").status_code == 200
    made.credential.renew_token()
    assert "s3cret-r-9" in api.server.seen[-1].text


def test_a_first_token_is_never_taken_from_another_place(api, reply):
    """Without a refresh the configured path alone counts: the token at the top may be another one."""
    api.answers = [reply(200, {"access_token": "s3cret-access-9"})]
    made = api.connection(response_access_path="authed_user.access_token")
    with made.session() as session, pytest.raises(watchword.TokenError) as raised:
        session.get("/orders")
    assert raised.value.code == "token_field_missing"


TEXT = json.dumps(FIRST)
XML = "<r><access_token>s3cret-access-1</access_token><expires_in>3600</expires_in></r>"
BODIES = {
    "UTF-16": (json.dumps(FIRST).encode("utf-16"), {}),
    "declared wrongly": (json.dumps({**FIRST, "user": "é"}, ensure_ascii=False).encode(), {
        "Content-Type": "text/plain; charset=iso-8859-1"}),
    "gzip, declared": (gzip.compress(json.dumps(FIRST).encode()), {"Content-Encoding": "gzip"}),
    "deflate": (zlib.compress(json.dumps(FIRST).encode()), {"Content-Encoding": "deflate"}),
    "deflate without header": (zlib.compress(json.dumps(FIRST).encode())[2:-4],
     {"Content-Encoding": "deflate"}),
    "gzip in members": (b"".join(gzip.compress(part.encode()) for part in (TEXT[:20], TEXT[20:])),
                        {"Content-Encoding": "gzip"}),
    "gzip, not declared": (gzip.compress(json.dumps(FIRST).encode()), {}),
    "gzip that is none": (json.dumps(FIRST).encode(), {"Content-Encoding": "gzip"}),
    "a form": (b"access_token=s3cret-access-1&expires_in=3600", {"Content-Type": "text/plain"}),
    "XML": (b"<?xml version='1.0' encoding='UTF-8'?>" + XML.encode(), {"Content-Type": "application/xml"}),
    "XML in UTF-16": (XML.encode("utf-16"), {"Content-Type": "text/xml; charset=utf-8"}),
    "JSON in a text": (json.dumps(json.dumps(FIRST)).encode(), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("method", ["oauth2_client_credentials", "session_login"])
def test_each_body_gives_the_token_and_its_lifetime(api, reply, kind, method):
    """A token endpoint and a login are read alike, whatever bytes arrive."""
    content, headers = BODIES[kind]
    api.answers = [reply(200, as_bytes(content), headers)]
    fields = {"response_access_path": "access_token"} if method == "session_login" else {}
    made = api.connection(method, **fields)
    token = made.renew_token().token
    assert (token.access_token, token.lifetime) == ("s3cret-access-1", 3600)
    with made.session() as session:
        assert session.get("/orders").status_code == 200


BOMB = gzip.compress(b'{"access_token": "' + b"a" * (64 << 20))


@pytest.mark.parametrize("method", ["oauth2_client_credentials", "session_login"])
def test_a_bomb_and_an_unknown_compression_are_findings(api, reply, method):
    """What can't be decompressed is named, and a bomb costs no more than the largest response."""
    fields = {"response_access_path": "access_token"} if method == "session_login" else {}
    for content, headers, words in (
        (BOMB, {"Content-Encoding": "gzip"}, "application/json"),
        (b"\x1b\x00\xf8", {"Content-Encoding": "br"}, "as br"),
    ):  # fmt: skip
        api.answers = [reply(200, as_bytes(content), headers)]
        found = api.connection(method, **fields).validate().deciding
        assert (found.code.name, words in found.message) == ("reply_not_token", True)


@pytest.mark.parametrize("method", ["oauth2_client_credentials", "session_login"])
def test_an_end_that_can_not_be_read_is_in_the_report_and_in_the_log(api, reply, caplog, method):
    """The validation's report has the warning, and the log of a run too; neither shows the value."""
    caplog.set_level(logging.WARNING)
    api.answers = [reply(body={"access_token": "s3cret-access-1", "expires_in": "s3cret soon"})]
    fields = {"response_access_path": "access_token"} if method == "session_login" else {}
    report = api.connection(method, **fields).validate()
    remarks = [found for found in report.findings if found.code.name == "lifetime_unreadable"]
    assert [found.message.count("'expires_in' as text like 'a9aaaa aaaa'") for found in remarks] == [1]
    assert "lifetime_unreadable" in caplog.text
    assert "s3cret" not in caplog.text + str(report.as_dict())


def test_an_absolute_end_is_compared_with_the_servers_clock(api, reply):
    """If this machine's clock is an hour off, the token lasts as long as the server means."""
    for ahead in (-3600, 3600):
        there = time.time() + ahead
        body = {"access_token": "s3cret-access-1", "expires_at": there + 600}
        api.answers = [reply(body=body, headers={"Date": formatdate(there, usegmt=True)})]
        assert api.connection().renew_token().token.lifetime == pytest.approx(600, abs=30)


@pytest.mark.parametrize("method", ["oauth2_client_credentials", "session_login"])
def test_a_token_that_has_ended_by_the_servers_clock_is_worthless(api, reply, method):
    """A server that gives out a cached token after its end is told, instead of a loop of refused calls."""
    body = {"access_token": "s3cret-access-1", "expires_on": str(int(time.time()) - 600)}
    api.answers = [reply(body=body)]
    fields = {"response_access_path": "access_token"} if method == "session_login" else {}
    found = api.connection(method, response_expires_path="expires_on", **fields).validate().deciding
    assert found.code.name == "token_worthless"
    assert "a token that has ended" in found.message


@pytest.mark.parametrize("wait", [lambda: formatdate(time.time() + 60, usegmt=True), lambda: "60.5"])
def test_a_wait_is_kept_in_every_form(api, reply, wait):
    """A date and a fraction in Retry-After keep all callers from asking the token endpoint again."""
    api.answers = [reply(429, {"error": "slow_down"}, {"Retry-After": wait()})]
    made = api.connection()
    for _ in range(2):
        with made.session() as session, pytest.raises(watchword.TokenError) as raised:
            session.get("/orders")
        assert raised.value.code == "temporarily_unavailable"
        made.credential.token_cache.forget()
    assert api.asked == 1


def test_a_redirect_is_not_followed_and_named(api, reply):
    """The target would receive the client's secret, so the report only says where the redirect leads."""
    api.answers = [reply(301, "", {"Location": "/token/?next=s3cret"})]
    found = api.connection().validate().deciding
    assert f"redirects to '{api.url}/token/'" in found.message
    assert "slash" in found.advice
    assert api.asked == 1
