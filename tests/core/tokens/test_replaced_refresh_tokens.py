"""A server that replaces a refresh token in a response that is wrong otherwise: the new one is never lost."""

from __future__ import annotations

import logging
import threading

import pytest

import watchword
from watchword.errors import SignInRequired, TokenError
from watchword.stores.memory import MemoryStore


class Strict:
    """A server that ends a sign-in if a refresh token is used twice; `spoil` changes its replies."""

    def __init__(self, serve, reply):
        self.reply, self.spoil, self.lifetime = reply, None, 600
        self.number, self.reused, self.lock = 0, [], threading.Lock()
        self.store = MemoryStore()
        self.url = serve(self.answer).url

    def answer(self, seen):
        if not seen.path.startswith("/token"):
            return self.reply(200 if f"s3cret-access-{self.number}" in seen.headers["Authorization"] else 401)
        with self.lock:
            if f"s3cret-refresh-{self.number}" not in seen.text:
                self.reused.append(seen.text)
                return self.reply(400, {"error": "invalid_grant"})
            self.number += 1
            issued = {
                "access_token": f"s3cret-access-{self.number}",
                "refresh_token": f"s3cret-refresh-{self.number}",
                "expires_in": self.lifetime,
            }
            return self.spoil(issued) if self.spoil else self.reply(200, issued)

    def connection(self, **fields):
        document = {
            "method": "oauth2_authorization_code",
            "base_url": self.url,
            "token_url": f"{self.url}/token",
            "client_id": "c",
            "client_secret": "s3cret-client",
            "refresh_token": "s3cret-refresh-0",
        }
        return watchword.load({**document, **fields}, name="acme", store=self.store)


@pytest.fixture
def server(serve, reply):
    return Strict(serve, reply)


SPOILT = {
    "no access token": lambda issued: {**issued, "access_token": None},
    "an empty access token": lambda issued: {**issued, "access_token": ""},
    "the access token is left out": lambda issued: {"refresh_token": issued["refresh_token"]},
    "a line break in it": lambda issued: {**issued, "access_token": "s3cret\nx"},
    "an object in its place": lambda issued: {**issued, "access_token": {"value": "s3cret-x"}},
    "a lifetime of zero": lambda issued: {**issued, "expires_in": 0},
    "an error beside it": lambda issued: {**issued, "error": "partial", "error_description": "scope reduced"},
    "success is false": lambda issued: {**issued, "success": False},
    "a word in its place": lambda issued: {**issued, "access_token": "undefined"},
    "it says that the grant is dead": lambda issued: {**issued, "access_token": "", "error": "invalid_grant"},
}


@pytest.mark.parametrize("kind", SPOILT)
def test_the_new_refresh_token_is_kept_whatever_else_is_wrong(server, reply, caplog, kind):
    """The refresh fails with what is wrong; the next one sends the new refresh token and works."""
    caplog.set_level(logging.DEBUG)
    server.spoil = lambda issued: reply(200, SPOILT[kind](issued))
    with pytest.raises(TokenError) as raised:
        server.connection().credential.renew_token()
    assert not isinstance(raised.value, SignInRequired)
    assert "The new refresh token in the response is kept." in str(raised.value)
    server.spoil = None
    made = server.connection()  # another process
    made.credential.renew_token()
    with made.session() as session:
        assert session.get("/orders").status_code == 200
    assert server.reused == []
    assert "s3cret" not in str(raised.value) + caplog.text


@pytest.mark.parametrize("status", [201, 202, 203, 206])
def test_every_status_of_success_brings_the_new_refresh_token(server, reply, status):
    """A gateway's 202 is doubted as a token, but its refresh token is kept."""
    server.spoil = lambda issued: reply(status, issued)
    made = server.connection()
    if status == 202:
        with pytest.raises(TokenError, match="202"):
            made.credential.renew_token()
    else:
        made.credential.renew_token()
    server.spoil = None
    made.credential.renew_token()
    assert server.reused == []


def test_a_mistyped_path_does_not_use_up_an_import(server, reply):
    """The token of the document was imported by a wrong document; the right one continues."""
    server.spoil = lambda issued: reply(200, {"code": 0, "data": issued})
    paths = {"response_refresh_path": "data.refresh_token", "response_expires_path": "data.expires_in"}
    with pytest.raises(TokenError) as raised:
        server.connection(response_access_path="data.accessToken", **paths).credential.renew_token()
    assert raised.value.code == "token_field_missing"
    server.connection(response_access_path="data.access_token", **paths).credential.renew_token()
    assert server.reused == []
    assert server.number == 2


def test_the_access_token_before_serves_as_long_as_it_lasts(server, reply):
    """A refresh before the end that brings no access token leaves the former one in use, by every process."""
    made = server.connection()
    made.credential.renew_token()
    server.spoil = lambda issued: reply(200, {**issued, "access_token": None})
    with pytest.raises(TokenError):
        made.credential.renew_token()
    server.number -= 1  # so the API takes the former access token
    with server.connection().session() as session:
        assert session.get("/orders").status_code == 200
    (found,) = server.store.records()
    assert found.record.token.refresh_token == "s3cret-refresh-2"
    assert 0 < found.record.token.lifetime <= 600


def test_a_rule_of_refusals_that_matches_success_ends_no_sign_in(server, reply):
    """`refused_on_body` was meant for refusals: a response with a token is none."""
    server.spoil = lambda issued: reply(200, {"code": 0, **issued})
    made = server.connection(refused_on_body={"code": 0})
    made.credential.renew_token()
    made.credential.renew_token()
    assert server.number == 2
    assert server.reused == []


@pytest.mark.parametrize(
    "spoilt", [{"error": "invalid_grant"}, {"error": "invalid_grant", "refresh_token": ""}]
)
def test_without_a_new_refresh_token_a_refusal_ends_the_sign_in(server, reply, spoilt):
    """The reverse: a refusal in a success brings nothing to keep."""
    server.spoil = lambda _: reply(200, spoilt)
    with pytest.raises(SignInRequired):
        server.connection().credential.renew_token()


@pytest.mark.parametrize("status", [400, 500, 502])
def test_a_response_of_failure_replaces_nothing(server, reply, status):
    """A refresh token in the body of a failure may be an echo."""
    server.spoil = lambda issued: reply(status, {**issued, "error": "server_error"})
    with pytest.raises(TokenError) as raised:
        server.connection().credential.renew_token()
    assert "is kept" not in str(raised.value)
    (found,) = server.store.records()
    assert found.record.token is None


def test_the_same_refresh_token_again_is_nothing_new(server, reply):
    """A server that does not rotate and sends no access token: the failure counts as before."""
    server.spoil = lambda _: reply(200, {"refresh_token": "s3cret-refresh-0"})
    with pytest.raises(TokenError) as raised:
        server.connection().credential.renew_token()
    assert raised.value.code == "token_field_missing"
    assert "is kept" not in str(raised.value)
