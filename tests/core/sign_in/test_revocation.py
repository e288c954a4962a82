"""Signing out: the store forgets the sign-in, the server revokes it, and a remark says if that failed."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs

import pytest

from watchword.errors import DocumentError, SignInRequired
from watchword.sign_in import oauth2
from watchword.sign_in.revocation import sign_out
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.health import health
from watchword.tokens.token import Token
from watchword_playground import Fault

TOKEN = Token("t0ken-of-the-provider", refresh_token="r3fresh-of-the-provider")


@pytest.mark.parametrize("public", [False, True])
def test_a_sign_in_ends_at_both_ends(connect, begun, store, me, public):
    """The store forgets the sign-in, the server revokes its tokens, and its next use says what to do."""
    connection = connect(public=public)
    _, url = begun(connection)
    oauth2.finish(connection, url)
    kept = store.records()[0].record.token
    ended = sign_out(connection)
    assert (ended.was_kept, ended.is_revoked, ended.remark) == (True, True, None)
    assert list(health(store)) == []
    with pytest.raises(SignInRequired):
        me(connection)
    stored_sign_in(connection).accept(kept)
    with pytest.raises(SignInRequired, match="invalid_grant"):
        me(connection)


def test_there_is_nothing_to_end(connect, playground):
    """Without a sign-in no request is sent."""
    ended = sign_out(connect("nobody", revocation_endpoint="http://127.0.0.1:9/revoke"))
    assert (ended.was_kept, ended.is_revoked, ended.remark) == (False, None, None)


REFUSALS = [
    {"ok": False, "error": "invalid_auth"},
    {"error": "invalid_request"},
    {"success": False, "message": "The token is unknown."},
    {"errors": [{"code": 1201, "message": "Not allowed"}]},
    {"code": 40001, "msg": "bad token"},
]


@pytest.mark.parametrize("body", REFUSALS, ids=str)
def test_an_error_with_a_status_of_success_is_no_revocation(connect, serve, reply, body):
    """The sign-out says that the provider still has the sign-in, in the provider's words."""
    server = serve(reply(200, body))
    connection = connect(revocation_endpoint=f"{server.url}/revoke")
    stored_sign_in(connection).accept(TOKEN)
    ended = sign_out(connection)
    assert (ended.was_kept, ended.is_revoked, ended.remark.code.name) == (True, False, "not_revoked")
    assert len(ended.remark.evidence) > 1


@pytest.mark.parametrize(
    "body", ["", "{}", {"ok": True}, {"success": True, "error": None}, {"code": 0}, "revoked"]
)
def test_other_bodies_of_a_success_are_a_revocation(connect, serve, reply, body):
    """A revocation needs no body (section 2.2), and may have one."""
    server = serve(reply(200, body))
    connection = connect(revocation_endpoint=f"{server.url}/revoke")
    stored_sign_in(connection).accept(TOKEN)
    assert sign_out(connection).is_revoked


@pytest.mark.parametrize("refresh_token", [TOKEN.refresh_token, None])
def test_what_the_server_is_told(connect, serve, reply, refresh_token):
    """The refresh token, or else the access token, is sent with its kind and the client's authentication."""
    server = serve(reply(200, ""))
    connection = connect(revocation_endpoint=f"{server.url}/revoke")
    stored_sign_in(connection).accept(Token(TOKEN.access_token, refresh_token=refresh_token))
    assert sign_out(connection).is_revoked
    (seen,) = server.seen
    kind = "refresh_token" if refresh_token else "access_token"
    assert parse_qs(seen.body.decode()) == {
        "token": [refresh_token or TOKEN.access_token],
        "token_type_hint": [kind],
    }
    assert seen.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 503}, "[status: 503]"),
        ({"status": 400, "error": "unsupported_token_type"}, "[error: unsupported_token_type]"),
        ({"status": 401, "error": "invalid_client"}, "[error: invalid_client]"),
    ],
)
def test_a_server_that_refuses(connect, playground, store, fault, words):
    """If the server refuses, the sign-in is removed all the same, and the remark quotes the server."""
    connection = connect()
    stored_sign_in(connection).accept(TOKEN)
    playground.add_fault(Fault(path="/oauth/revoke", **fault))
    ended = sign_out(connection)
    assert (ended.was_kept, ended.is_revoked, ended.remark.code.name) == (True, False, "not_revoked")
    assert words in str(ended.remark)
    assert list(health(store)) == []


@pytest.mark.parametrize(
    ("url", "words", "is_revoked"),
    [("http://127.0.0.1:9/revoke", "was refused", False), (None, "no revocation_endpoint", None)],
)
def test_a_server_that_can_t_be_reached(connect, store, url, words, is_revoked):
    """If the server can't be reached, the sign-in is removed, and the remark says why it was not revoked."""
    connection = connect(revocation_endpoint=url)
    stored_sign_in(connection).accept(TOKEN)
    ended = sign_out(connection)
    assert words in str(ended.remark)
    assert ended.is_revoked is is_revoked
    assert list(health(store)) == []


def test_a_method_without_a_sign_in(connect):
    """A method without a sign-in is refused."""
    with pytest.raises(DocumentError) as error:
        sign_out(connect(method="bearer"))
    assert error.value.code == "unknown_method"


def test_nothing_secret_is_logged(connect, serve, reply, caplog):
    """A token in the request's query or in the server's response is masked in logs and remarks."""
    caplog.set_level(logging.DEBUG)
    server = serve(lambda seen: reply(400, {"error": "invalid_request", "error_description": seen.path}))
    connection = connect(revocation_endpoint=f"{server.url}/revoke", grant_format="query")
    stored_sign_in(connection).accept(TOKEN)
    output = str(sign_out(connection).remark) + caplog.text
    assert "/revoke?token=***" in output
    assert TOKEN.refresh_token not in output
