"""Tokens that are bound to a key: they are requested, renewed and stored with it."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from urllib.parse import parse_qsl

import pytest

import watchword
from tests.support.dpop import BEGINS_WITH
from watchword import redact
from watchword.errors import TokenError
from watchword.http.transport_options import TransportOptions
from watchword.sign_in import oauth2
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.rows import to_row
from watchword.tokens import token_caches
from watchword.tokens.record import Record
from watchword.tokens.token import Token

SIGN_IN = {"method": "oauth2_authorization_code", "client_auth": "none", "client_secret": None}


def token_of(connection):
    return connection.credential.token_cache.get()


def used_keys(server):
    return set(server.keys.values())


def test_a_call_proves_the_key_of_its_token(server, document):
    """The token is sent as DPoP, and each of two calls has a proof of its own by the token's key."""
    connection = watchword.load(document, name="acme")
    with connection.session() as api:
        assert api.get("/v1/rows?page=1").json() == {"verb": "GET", "path": "/v1/rows?page=1"}
        assert api.post("/v1/rows", json={}).ok
    assert (server.refused, len(server.keys), len(server.seen)) == ([], 1, 3)
    assert [claims["htm"] for claims in server.proofs] == ["POST", "GET", "POST"]


def test_thirty_two_threads_of_four_connections_share_one_token_and_its_key(server, document):
    """All threads make one token request together, and all of their calls are accepted with one key."""
    connections = [watchword.load(document, name="acme") for _ in range(4)]
    statuses = []

    def work(connection):
        with connection.session() as api:
            statuses.append(api.get("/v1/rows").status_code)

    threads = [threading.Thread(target=work, args=(connections[number % 4],)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses, server.refused, len(server.keys)) == ([200] * 32, [], 1)


def test_another_process_uses_the_stored_token_with_its_key(server, document, tmp_path, monkeypatch):
    """A new cache, as in another process, finds the token in the store, and its calls are accepted."""
    url = f"sqlite:///{tmp_path / 'tokens.db'}"
    for _ in range(2):
        monkeypatch.setattr(token_caches, "_token_caches", token_caches.TokenCaches())
        with watchword.load(document, name="acme", store=url).session() as api:
            assert api.get("/v1/rows").ok
    assert (server.refused, len(server.keys)) == ([], 1)


def test_a_renewed_token_keeps_the_key(server, document):
    """A machine's next token is bound to the key of the former one."""
    connection = watchword.load(document, name="acme")
    first = token_of(connection)
    second = connection.renew_token().token
    assert first.access_token != second.access_token
    assert (first.proof_key, len(used_keys(server))) == (second.proof_key, 1)


def test_a_refreshed_sign_in_keeps_the_key(server, document):
    """A refresh proves the key that the refresh token is bound to, and the next one does so too."""
    server.answer = {"refresh_token": "s3cret-refresh-2"}
    connection = watchword.load({**document, **SIGN_IN, "refresh_token": "s3cret-refresh-1"}, name="acme")
    tokens = [token_of(connection), connection.renew_token().token, connection.renew_token().token]
    assert len({token.proof_key for token in tokens}) == len(used_keys(server)) == 1
    assert b"s3cret-refresh-2" in server.bodies[-1]


def test_a_replaced_refresh_token_is_kept_with_the_key_that_it_is_bound_to(server, document):
    """Without a usable access token the new refresh token is saved, and the next refresh has the same key."""
    server.answer = {"refresh_token": "s3cret-refresh-2", "access_token": None}
    connection = watchword.load({**document, **SIGN_IN, "refresh_token": "s3cret-refresh-1"}, name="acme")
    with pytest.raises(TokenError) as caught:
        token_of(connection)
    assert caught.value.code == "token_field_missing"
    server.answer = {}
    connection.renew_token()
    assert b"s3cret-refresh-2" in server.bodies[-1]
    assert (len(server.keys), len(used_keys(server))) == (2, 1)


def test_a_bearer_token_from_before_is_not_sent_as_bound(server, document):
    """If a server replaces the refresh token and still binds nothing, the former token is not used on."""
    server.answer = {"refresh_token": "s3cret-refresh-2", "token_type": "Bearer"}
    fields = {**document, **SIGN_IN, "authorize_url": f"{server.url}/authorize"}
    former = Token("s3cret-former", lifetime=3600.0, refresh_token="s3cret-refresh-1")
    stored_sign_in(watchword.load({**fields, "dpop": False}, name="acme")).accept(former)
    with watchword.load(fields, name="acme").session() as api, pytest.raises(TokenError) as caught:
        api.get("/v1/rows")
    assert (caught.value.code, len(server.seen)) == ("token_not_bound", 1)
    server.answer = {"refresh_token": "s3cret-refresh-3"}
    connection = watchword.load(fields, name="acme")
    connection.renew_token()
    with connection.session() as api:
        assert api.get("/v1/rows").ok
    assert b"s3cret-refresh-2" in server.bodies[-1]


def test_no_log_shows_a_key_a_token_or_a_proof(server, document, caplog):
    """At level DEBUG calls, a demand for a nonce, a renewal and a refusal log nothing secret."""
    caplog.set_level(logging.DEBUG)
    server.nonce, server.api_nonce = "nonce-1", "nonce-2"
    connection = watchword.load(document, name="acme")
    with connection.session() as api:
        api.get("/v1/rows")
        token = token_of(connection)
        server.keys[token.access_token] = "revoked"
        api.get("/v1/rows")
    shown = f"{caplog.text} {connection!r} {connection.credential.source!r} {connection.document!r}"
    keys = {token.proof_key, token_of(connection).proof_key}
    assert "/v1/rows" in shown
    assert [secret for secret in (*keys, *server.keys, "eyJ") if secret in shown] == []


def test_the_key_is_stored_encrypted(server, document, tmp_path):
    """The store's file holds neither the token nor its key in clear, and the row's state names neither."""
    path = tmp_path / "tokens.db"
    token = token_of(watchword.load(document, name="acme", store=f"sqlite:///{path}"))
    content = b"".join(each.read_bytes() for each in tmp_path.glob("tokens.db*"))
    assert token.proof_key.encode() not in content
    assert token.access_token.encode() not in content
    with sqlite3.connect(path) as database:
        ((state,),) = database.execute("SELECT state FROM watchword_tokens").fetchall()
    database.close()
    assert "proof_key" not in json.loads(state)["token"]


def test_the_key_is_masked_as_long_as_its_token_lives(server, document):
    """No text and no repr shows the key of a held token, nor a proof."""
    connection = watchword.load(document, name="acme")
    token = token_of(connection)
    with connection.session() as api:
        api.get("/v1/rows")
    proof = server.seen[-1].headers["DPoP"]
    assert redact.text(f"key={token.proof_key} DPoP: {proof}") == "key=*** DPoP: ***"
    assert token.proof_key not in repr(token)
    assert token.proof_key in token.secrets


def test_a_token_without_a_key_is_stored_as_before():
    """The row of a token that is bound to no key mentions none, so that earlier releases can read it."""
    row = to_row(Record("key", token=Token("s3cret-token")))
    assert (b"proof_key" in row.secrets, "proof_key" in row.state) == (False, False)


@pytest.mark.parametrize("token_type", ["Bearer", "bearer", None, "mac"])
def test_a_token_that_the_server_has_not_bound_is_not_used(server, document, token_type):
    """A server that ignores the proof is an error with advice, and nothing is sent to the API."""
    server.answer = {"token_type": token_type}
    with watchword.load(document).session() as api, pytest.raises(TokenError) as caught:
        api.get("/v1/rows")
    assert caught.value.code == "token_not_bound"
    assert "remove dpop from the document" in str(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize("token_type", ["DPoP", "dpop", "DPOP"])
def test_the_type_of_a_bound_token_is_read_without_case(server, document, token_type):
    """RFC 6749 section 5.1: the type is case-insensitive; the scheme is always sent as DPoP."""
    server.answer = {"token_type": token_type}
    with watchword.load(document).session() as api:
        assert api.get("/v1/rows").ok


def test_a_token_endpoint_gets_its_nonce_in_a_second_request(server, document):
    """The refusal with a nonce is followed by one request with it; the next token needs one request alone."""
    server.nonce = "nonce-1"
    connection = watchword.load(document, name="acme")
    token_of(connection)
    assert (server.refused, len(server.seen)) == (["nonce"], 2)
    connection.renew_token()
    assert (server.refused, len(server.seen)) == (["nonce"], 3)
    server.nonce = "nonce-2"
    connection.renew_token()
    assert (server.refused, len(server.seen)) == (["nonce", "nonce"], 5)


def test_the_second_request_has_an_assertion_of_its_own(server, document):
    """A client's JWT serves once: the request with the nonce has another one than the request before."""
    server.nonce = "nonce-1"
    method = {"client_auth": "client_secret_jwt", "client_secret": "s3cret" * 8}
    token_of(watchword.load({**document, **method}))
    forms = [dict(parse_qsl(seen.body.decode())) for seen in server.seen]
    assert len(forms) == len({form["client_assertion"] for form in forms}) == 2


def test_a_token_endpoint_that_refuses_its_own_nonce_is_asked_twice(serve, reply, document):
    """The request isn't repeated a second time; the finding names the server's error."""
    refusal = {"error": "use_dpop_nonce", "error_description": "Use the nonce."}
    server = serve(reply(400, refusal, {"DPoP-Nonce": "always"}))
    found = watchword.load({**document, "token_url": f"{server.url}/token"}).validate().deciding
    assert (found.code.name, len(server.seen)) == ("use_dpop_nonce", 2)


@pytest.mark.parametrize("nonce", [None, 'a"b', "a b", "", "x" * 1001])
def test_a_demand_for_a_nonce_without_one_is_not_repeated(serve, reply, document, nonce):
    """A response without a nonce that can be sent (RFC 9449 section 8.1) ends the attempt."""
    server = serve(reply(400, {"error": "use_dpop_nonce"}, {} if nonce is None else {"DPoP-Nonce": nonce}))
    with pytest.raises(TokenError):
        token_of(watchword.load({**document, "token_url": f"{server.url}/token"}))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("Mon, 01 Jan 2001 00:00:00 GMT", "ahead of the server's"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "behind the server's"),
        (None, ""),
    ],
)
@pytest.mark.parametrize("sign_in", [False, True])
def test_a_refused_proof_says_how_far_the_clocks_are_apart(serve, reply, document, date, words, sign_in):
    """The finding has the server's words, and the difference of the clocks if there is one."""
    refusal = {"error": "invalid_dpop_proof", "error_description": "The iat is out of range."}
    server = serve(reply(400, refusal, {"Date": date} if date else {}))
    fields = {**document, "token_url": f"{server.url}/token", "base_url": "https://api.test"}
    fields |= {**SIGN_IN, "refresh_token": "s3cret-refresh-1"} if sign_in else {}
    connection = watchword.load(fields, name="acme")
    with pytest.raises(TokenError) as caught:
        token_of(connection)
    (found,) = caught.value.findings
    assert found.code.name == "invalid_dpop_proof"
    assert found.evidence["error_description"] == "The iat is out of range."
    assert words in found.message
    assert ("clock is" in found.message) is bool(words)


def test_a_sign_in_stores_the_key_of_its_code(server, document):
    """The exchange of a code proves a new key, and the first refresh proves the same one."""
    server.answer = {"refresh_token": "s3cret-refresh-1"}
    fields = {**document, **SIGN_IN, "authorize_url": f"{server.url}/authorize"}
    connection = watchword.load(fields, name="acme")
    begun = oauth2.begin(connection, "http://127.0.0.1/callback")
    server.nonce = "nonce-1"
    oauth2.finish(connection, f"http://127.0.0.1/callback?code=c&state={begun.state}")
    with connection.session() as api:
        assert api.get("/v1/rows").ok
    connection.renew_token()
    assert (server.refused, len(server.keys), len(used_keys(server))) == (["nonce"], 2, 1)
    assert stored_sign_in(connection).is_usable()


def test_a_sign_in_from_before_is_renewed_before_its_first_use(server, document):
    """A token that is bound to no key is not sent once the document has dpop, not even within a minute."""
    fields = {**document, **SIGN_IN, "authorize_url": f"{server.url}/authorize"}
    former = watchword.load({**fields, "dpop": False}, name="acme")
    stored_sign_in(former).accept(Token("s3cret-former", refresh_token="s3cret-refresh-1"))
    with watchword.load(fields, name="acme").session() as api:
        assert api.get("/v1/rows").ok
    assert (server.refused, [*server.keys]) == ([], [f"{BEGINS_WITH}1"])


def test_documents_without_dpop_keep_the_identity_of_their_tokens(document):
    """A stored token is still found by a document that has no dpop, or has it turned off."""
    del document["dpop"]
    documents = (document, {**document, "dpop": False}, {**document, "dpop": True})
    identities = [watchword.load(each).credential.source.identity for each in documents]
    assert identities[0] == identities[1] != identities[2]
    assert "dpop" not in str(identities[0])


def test_a_document_without_dpop_sends_no_proof(serve, reply, document):
    """Neither the token request nor a call has the header, whatever nonces the servers offer."""
    answer = {"access_token": "s3cret-plain", "token_type": "Bearer"}
    server = serve(reply(200, answer, {"DPoP-Nonce": "nonce-1"}))
    fields = {**document, "base_url": server.url, "token_url": f"{server.url}/token", "dpop": False}
    connection = watchword.load(fields)
    with connection.session() as api:
        api.get("/v1/rows")
    assert [seen.headers.get("DPoP") for seen in server.seen] == [None, None]
    assert server.seen[-1].headers["Authorization"] == "Bearer s3cret-plain"
    assert connection.credential.source.fetch(TransportOptions()).proof_key is None
