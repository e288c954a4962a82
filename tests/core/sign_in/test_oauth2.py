"""The sign-in with a browser: the URL, the exchange of the code, and where the token is stored."""

from __future__ import annotations

import base64
import hashlib
import logging
import threading

import pytest

from watchword.errors import DocumentError
from watchword.sign_in import oauth2
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.memory import MemoryStore
from watchword.stores.sql_store import SqlStore
from watchword.stores.store_failures import failure
from watchword.tokens.token_store import StoreError
from watchword_playground import Fault

CALLBACK = "http://127.0.0.1:4711/callback"


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize("user", ["ada", "grace"])
def test_a_person_signs_in(connect, begun, me, public, user):
    """A confidential and a public client get the token of the user who signed in, with its refresh token."""
    connection = connect(public=public)
    _, url = begun(connection, person=user)
    assert oauth2.finish(connection, url) == []
    assert me(connection) == user
    health = stored_sign_in(connection).health()
    assert health.can_renew
    assert health.signed_in is not None
    connection.renew_token()
    assert me(connection) == user


def test_the_question_is_that_of_the_rfcs(connect, query_of):
    """The URL has the parameters of RFC 6749 section 4.1.1 and RFC 7636, none twice, and keeps its query."""
    connection = connect(
        authorize_url="https://sso.test/authorize?tenant=a%20b&client_id=old&flag#part",
        scope="one two",
        scope_separator=",",
        authorize_parameters={"access_type": "offline", "max_age": 60, "prompt": None, "state": "mine"},
    )
    sign_in = oauth2.begin(connection, CALLBACK)
    assert sign_in.authorize_url.startswith("https://sso.test/authorize?tenant=a%20b&flag&")
    assert "#" not in sign_in.authorize_url
    assert sign_in.authorize_url.count("client_id=") == 1
    asked = query_of(sign_in.authorize_url)
    challenge = asked.pop("code_challenge")
    assert asked == {
        "tenant": "a b",
        "response_type": "code",
        "client_id": "playground-web-client",
        "redirect_uri": CALLBACK,
        "scope": "one,two",
        "state": sign_in.state,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "max_age": "60",
    }
    assert len(base64.urlsafe_b64decode(sign_in.state + "=")) == 32
    draft = connection.store.take_draft(sign_in.state)
    digest = hashlib.sha256(draft["verifier"].encode()).digest()
    assert challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(draft["verifier"]) >= 43
    assert (draft["verifier"] in sign_in.authorize_url, sign_in.state in repr(sign_in)) == (False, False)


def test_a_parameter_may_be_left_out(connect, query_of):
    """`null` in authorize_parameters leaves a parameter out."""
    connection = connect(pkce=False, authorize_parameters={"scope": None})
    asked = query_of(oauth2.begin(connection, CALLBACK).authorize_url)
    assert set(asked) == {"response_type", "client_id", "redirect_uri", "state"}


def test_two_sign_ins_differ(connect):
    """Two sign-ins have different states."""
    one, two = (oauth2.begin(connect(), CALLBACK) for _ in range(2))
    assert one.state != two.state


def test_without_pkce_the_sign_in_works_too(connect, begun, me):
    """A server that refuses PKCE works with pkce false."""
    connection = connect(pkce=False)
    _, url = begun(connection)
    oauth2.finish(connection, url)
    assert me(connection) == "ada"


def test_the_code_is_bound_to_the_verifier(connect, begun, refused, store):
    """The server issues no token for another verifier, and the advice says what to check."""
    connection = connect()
    sign_in, url = begun(connection)
    draft = dict(store.take_draft(sign_in.state))
    store.keep_draft(sign_in.state, {**draft, "verifier": "x" * 43}, 60)
    refused("invalid_grant", connection, url, "a code can be used once")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400, "error": "invalid_grant"}, "invalid_grant"),
        ({"status": 401, "error": "invalid_client"}, "invalid_client"),
        ({"status": 400, "error": "unauthorized_client"}, "unauthorized_client"),
        ({"status": 400, "error": "of_its_own"}, "token_refused"),
        ({"status": 200, "error": "invalid_grant"}, "invalid_grant"),
        ({"status": 503}, "temporarily_unavailable"),
    ],
)
def test_a_code_that_brings_no_token(connect, begun, refused, playground, fault, code):
    """A failed exchange of the code is reported as such, and nothing is stored."""
    connection = connect()
    _, url = begun(connection)
    playground.add_fault(Fault(path="/oauth/token", **fault))
    refused(code, connection, url, "Exchanging the sign-in's code")


def test_a_token_endpoint_that_is_down(connect, begun, refused):
    """A token endpoint that does not answer is a temporary failure."""
    connection = connect(token_url="http://127.0.0.1:9/token")
    _, url = begun(connection)
    refused("connect_refused", connection, url)


def test_a_refresh_token_that_does_not_come(connect, serve, reply):
    """A missing refresh token and a reduced scope are returned as warnings."""
    server = serve(reply(200, {"access_token": "t0ken-of-the-provider", "expires_in": 60, "scope": "a"}))
    connection = connect(token_url=f"{server.url}/token", scope="a b")
    sign_in = oauth2.begin(connection, CALLBACK)
    remarks = oauth2.finish(connection, f"/callback?code=abcdef&state={sign_in.state}")
    assert {found.code.name for found in remarks} == {"no_refresh_token", "scope_reduced"}
    assert b"scope" not in server.seen[0].body
    assert stored_sign_in(connection).health().can_renew is False


def test_two_sign_ins_at_the_same_time(connect, begun, me):
    """Two connections that are signed in at the same time each get their own user's token."""
    people = {"one": "ada", "two": "grace"}
    connections = {name: connect(name) for name in people}
    urls = {name: begun(connections[name], person=user)[1] for name, user in people.items()}
    threads = [
        threading.Thread(target=oauth2.finish, args=(connections[name], urls[name])) for name in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: me(connections[name]) for name in people} == people


def test_a_new_sign_in_takes_the_place_of_the_old(connect, begun, me):
    """A new sign-in as another user takes effect at once, also for connections in use."""
    connection = connect()
    for user in ("ada", "grace"):
        oauth2.finish(connection, begun(connection, person=user)[1])
        assert me(connection) == user
        assert me(connect()) == user


class _Full(MemoryStore):
    def change(self, *_):
        raise failure("store_full", "sqlite:///full.db")


def test_a_store_that_takes_nothing(connect, begun):
    """Where the token can't be kept, this is output, and that somebody has to sign in again after that."""
    connection = connect(kept=_Full())
    _, url = begun(connection)
    with pytest.raises(StoreError, match="sign in again after that") as error:
        oauth2.finish(connection, url)
    assert error.value.code == "store_full"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"method": "oauth2_device_code"}, "unknown_method"),
        ({"authorize_url": None, "refresh_token": "imported-token"}, "missing_field"),
        ({"authorize_url": None}, "missing_field"),
        ({"name": None}, "name_missing"),
        ({"authorize_url": "http://sso.test/authorize"}, "url_plain_http"),
    ],
)
def test_a_document_that_can_t_sign_in(connect, fields, code):
    """Errors of the document are raised before anybody signs in."""
    with pytest.raises(DocumentError) as error:
        oauth2.begin(connect(**fields), CALLBACK)
    assert error.value.code == code


@pytest.mark.parametrize("fault", [None, "invalid_grant"])
def test_nothing_secret_is_logged_or_shown(
    connect, begun, refused, query_of, playground, caplog, store, fault
):
    """DEBUG logs, errors and results hold neither code nor verifier nor tokens."""
    caplog.set_level(logging.DEBUG)
    connection = connect(client_auth="client_secret_post")
    sign_in, url = begun(connection)
    draft = dict(store.take_draft(sign_in.state))
    store.keep_draft(sign_in.state, draft, 60)
    secrets = {query_of(url)["code"], draft["verifier"], "playground-client-secret-4c7de1"}
    caplog.clear()
    if fault:
        playground.add_fault(Fault(path="/oauth/token", status=400, error=fault))
        output = refused(fault, connection, url)
    else:
        output = repr(oauth2.finish(connection, url))
        token = store.records()[0].record.token
        secrets |= {token.access_token, token.refresh_token}
    assert "/oauth/token" in caplog.text
    assert not [secret for secret in secrets if secret in output + caplog.text]


def test_a_server_that_quotes_the_code(connect, refused, serve, reply):
    """A code that the server's refusal repeats is masked in the error."""
    quote = lambda seen: reply(400, {"error": "invalid_grant", "error_description": seen.body.decode()})  # noqa: E731
    connection = connect(token_url=f"{serve(quote).url}/token")
    sign_in = oauth2.begin(connection, CALLBACK)
    output = refused("invalid_grant", connection, f"/callback?code=s3cret-code&state={sign_in.state}")
    assert "s3cret-code" not in output
    assert "code=***" in output


def test_another_process_finishes(connect, begun, me, tmp_path):
    """Another process can finish a sign-in if it shares the store."""
    url = f"sqlite:///{tmp_path}/tokens.db"
    _, redirected_url = begun(connect(kept=SqlStore(url)))
    other = connect(kept=SqlStore(url))
    oauth2.finish(other, redirected_url)
    assert me(other) == "ada"
