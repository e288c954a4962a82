"""Signing out: forgotten here, revoked there, and what is said where only one of the two came about."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs

import pytest

from watchword.errors import DocumentError, SignInRequired
from watchword.sign_in import oauth2
from watchword.sign_in.revocation import sign_out
from watchword.tokens.health import health
from watchword.tokens.token import Token
from watchword_playground import Fault

TOKEN = Token("t0ken-of-the-provider", refresh_token="r3fresh-of-the-provider")


@pytest.mark.parametrize("public", [False, True])
def test_a_sign_in_ends_at_both_ends(connect, begun, store, me, public):
    """The store forgets the sign-in, the server lets its tokens in no more, and using it says what to do."""
    connection = connect(public=public)
    _, url = begun(connection)
    oauth2.finish(connection, url)
    kept = store.records()[0].record.token
    ended = sign_out(connection)
    assert (ended.was_kept, ended.is_revoked, ended.remark) == (True, True, None)
    assert list(health(store)) == []
    with pytest.raises(SignInRequired):
        me(connection)
    connection.accept_sign_in(kept)
    with pytest.raises(SignInRequired, match="invalid_grant"):
        me(connection)


def test_there_is_nothing_to_end(connect, playground):
    """Without a sign-in nothing is asked of the server."""
    ended = sign_out(connect("nobody", revoke_url="http://127.0.0.1:9/revoke"))
    assert (ended.was_kept, ended.is_revoked, ended.remark) == (False, None, None)


@pytest.mark.parametrize("refresh_token", [TOKEN.refresh_token, None])
def test_what_the_server_is_told(connect, serve, reply, refresh_token):
    """The refresh token where there is one, else the access token, with its kind, by the client itself."""
    server = serve(reply(200, ""))
    connection = connect(revoke_url=f"{server.url}/revoke")
    connection.accept_sign_in(Token(TOKEN.access_token, refresh_token=refresh_token))
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
    """The token is gone all the same, and the remark quotes the server."""
    connection = connect()
    connection.accept_sign_in(TOKEN)
    playground.add_fault(Fault(path="/oauth/revoke", **fault))
    ended = sign_out(connection)
    assert (ended.was_kept, ended.is_revoked, ended.remark.code.name) == (True, False, "not_revoked")
    assert words in str(ended.remark)
    assert list(health(store)) == []


@pytest.mark.parametrize(
    ("url", "words", "is_revoked"),
    [("http://127.0.0.1:9/revoke", "was refused", False), (None, "no revoke_url", None)],
)
def test_a_server_that_can_t_be_reached(connect, store, url, words, is_revoked):
    """The token is gone all the same, and the remark says why the server does not know."""
    connection = connect(revoke_url=url)
    connection.accept_sign_in(TOKEN)
    ended = sign_out(connection)
    assert words in str(ended.remark)
    assert ended.is_revoked is is_revoked
    assert list(health(store)) == []


def test_a_method_without_a_sign_in(connect):
    """There is nothing to sign out of where nobody signs in."""
    with pytest.raises(DocumentError) as error:
        sign_out(connect(method="bearer"))
    assert error.value.code == "unknown_method"


def test_nothing_secret_is_logged(connect, serve, reply, caplog):
    """A token in a revocation's query or in the server's answer shows nowhere."""
    caplog.set_level(logging.DEBUG)
    server = serve(lambda seen: reply(400, {"error": "invalid_request", "error_description": seen.path}))
    connection = connect(revoke_url=f"{server.url}/revoke", grant_format="query")
    connection.accept_sign_in(TOKEN)
    said = str(sign_out(connection).remark) + caplog.text
    assert "/revoke?token=***" in said
    assert TOKEN.refresh_token not in said
