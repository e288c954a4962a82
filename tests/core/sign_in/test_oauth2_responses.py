"""The sign-in with a browser: which responses of the page are accepted, and which are refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from tests.support.hostile_texts import any_text
from tests.support.nightly import usually
from watchword.errors import TokenError
from watchword.sign_in import oauth2
from watchword.sign_in.authorization_response import LONGEST_URL
from watchword.sign_in.stored_sign_in import stored_sign_in

CALLBACK = "http://127.0.0.1:4711/callback"


@pytest.mark.parametrize("state", [None, "", "x" * 43])
def test_a_wrong_state_brings_nothing(connect, begun, refused, changed, state):
    """A URL without a state, or with an unknown one, is refused."""
    connection = connect()
    _, url = begun(connection)
    refused("sign_in_refused", connection, changed(url, state=state))


def test_another_state_than_the_one_waited_for(connect, begun, refused):
    """A caller that waits for one sign-in refuses another, which can still be finished."""
    connection = connect()
    _, url = begun(connection)
    other = oauth2.begin(connection, CALLBACK)
    refused("sign_in_refused", connection, url, "another sign-in", state=other.state)
    oauth2.finish(connection, url)


def test_a_callback_serves_once(connect, begun, playground):
    """The same URL a second time is refused without a request, and the sign-in stays."""
    connection = connect()
    _, url = begun(connection)
    oauth2.finish(connection, url)
    asked = playground.token_requests
    with pytest.raises(TokenError, match="finished before"):
        oauth2.finish(connection, url)
    assert playground.token_requests == asked
    assert stored_sign_in(connection).health().can_renew


def test_a_draft_ends(connect, begun, refused, monkeypatch):
    """A sign-in that takes more than ten minutes has ended."""
    assert oauth2.TIMEOUT == 600
    monkeypatch.setattr(oauth2, "TIMEOUT", 0.0)
    connection = connect()
    _, url = begun(connection)
    refused("sign_in_refused", connection, url, "ten minutes")


@pytest.mark.parametrize(
    "other",
    [
        {"name": "other"},
        {"token_url": "https://elsewhere.test/token"},
        {"client_id": "another-client"},
    ],
)
def test_a_sign_in_of_another_connection(connect, begun, refused, other):
    """A sign-in can't be finished for another connection, or after its server was changed."""
    _, url = begun(connect())
    refused("sign_in_refused", connect(**other), url, "another connection")


def test_a_sign_in_of_another_user(connect, begun, refused):
    """Only the user who began a sign-in can finish it."""
    connection = connect()
    for told in ("", "eve"):
        _, url = begun(connection, "ann")
        refused("sign_in_refused", connection, url, "another user", user=told)
    _, url = begun(connection, "ann")
    oauth2.finish(connection, url, user="ann")


def test_the_user_says_no(connect, begun, refused):
    """A refusal has its own code, quotes the server, and advises to ask the user."""
    connection = connect()
    _, url = begun(connection, decision="deny")
    message = refused("access_denied", connection, url, "ask them")
    assert "[error: access_denied]" in message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("server_error", "temporarily_unavailable"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("invalid_scope", "invalid_scope"),
        ("unauthorized_client", "unauthorized_client"),
        ("consent_required", "sign_in_refused"),
        ("\x1b[31m<script>" + "x" * 5000, "sign_in_refused"),
    ],
)
def test_what_the_page_says_is_told(connect, begun, refused, changed, error, code):
    """Each error of the page has a code; its text is shortened and made printable."""
    connection = connect()
    _, url = begun(connection)
    url = changed(url, code=None, error=error, error_description="Because\nof\x07 this.")
    message = refused(code, connection, url, "Because of this.")
    assert "\x1b" not in message
    assert len(message) < 1500


@pytest.mark.parametrize(
    ("redirected_url", "words"),
    [
        ("", "no state"),
        ("nonsense", "no state"),
        ("http://127.0.0.1:4711/callback", "no state"),
        ("http://127.0.0.1:4711/callback?state=a&state=b&code=c", "twice"),
        ("?code=a&code=b&state=c", "twice"),
        ("\x00?%00=%ff", "no state"),
        pytest.param(f"?state=a&code={'c' * LONGEST_URL}", "has more than", id="too long"),
    ],
)
def test_what_is_no_redirected_url(connect, refused, redirected_url, words):
    """Text that is not a redirected URL is a TokenError."""
    refused("sign_in_refused", connect(), redirected_url, words)


def test_a_response_without_a_code(connect, begun, refused, changed):
    """A URL with neither a code nor an error is a refusal."""
    connection = connect()
    _, url = begun(connection)
    refused("sign_in_refused", connection, changed(url, code=None), "no code")


@pytest.mark.parametrize("iss", [None, "https://evil.test", "", "{url}/"])
def test_the_issuer_must_be_the_right_one(connect, begun, refused, changed, playground, iss):
    """If the document has an issuer, a response with another `iss`, or without one, is refused."""
    connection = connect(issuer=playground.url)
    for more in ({}, {"error": "access_denied", "code": None}):
        _, url = begun(connection)
        wrong = changed(url, iss=iss and iss.format(url=playground.url), **more)
        refused("sign_in_refused", connection, wrong, "issuer")


def test_the_right_issuer_passes(connect, begun, playground, me):
    """The server's own `iss` is accepted, whether or not the document names it."""
    for fields in ({"issuer": playground.url}, {}):
        connection = connect(**fields)
        _, url = begun(connection)
        assert "iss=" in url
        oauth2.finish(connection, url)
        assert me(connection) == "ada"


def test_without_an_issuer_the_sender_must_be_at_the_server(connect, begun, refused, changed, me, playground):
    """Without an issuer, an `iss` at another origin is refused, also with an error; no `iss` passes."""
    connection = connect()
    for iss in (
        "https://evil.test",
        f"{playground.url}.evil.test",
        "evil",
        playground.url.replace("http:", "https:"),
    ):
        for more in ({}, {"error": "access_denied", "code": None}):
            _, url = begun(connection)
            refused("sign_in_refused", connection, changed(url, iss=iss, **more), "set issuer")
    for iss in (None, f"{playground.url}/tenant"):
        _, url = begun(connection)
        oauth2.finish(connection, changed(url, iss=iss))
        assert me(connection) == "ada"


def test_a_code_alone(connect, begun, refused, query_of, me, playground):
    """A bare code is enough if PKCE binds it to the sign-in and the document has no issuer."""
    connection = connect()
    sign_in, url = begun(connection)
    oauth2.finish(connection, f" {query_of(url)['code']} ", state=sign_in.state)
    assert me(connection) == "ada"
    for fields in ({"pkce": False}, {"issuer": playground.url}):
        connection = connect("other", **fields)
        sign_in, url = begun(connection)
        refused("sign_in_refused", connection, query_of(url)["code"], "whole URL", state=sign_in.state)


@given(
    text=any_text() | any_text().map("http://127.0.0.1/callback?{}&state=s&code=c".format), state=any_text()
)
@settings(max_examples=usually(500, 10_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_for_a_response(connect, text, state):
    """Any text ends in a TokenError."""
    with pytest.raises(TokenError):
        oauth2.finish(connect(), text, state=state)
