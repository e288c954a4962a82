"""Calls with a token that is bound to a key: each client sends proofs that PyJWT accepts."""

from __future__ import annotations

import itertools

import jwt
import pytest

import watchword
from tests.support.dpop import BEGINS_WITH, DpopServer
from watchword.errors import DocumentError, RequestError
from watchword.protocols.dpop import api_requests, nonces, token_requests

SECRET = "s3cret-client-0123456789abcdef"


@pytest.fixture(autouse=True)
def _no_nonces(monkeypatch):
    """Give each test nonces of its own: a server of another test may have had the same port."""
    monkeypatch.setattr(api_requests, "OF_APIS", nonces.Nonces())
    monkeypatch.setattr(token_requests, "OF_TOKEN_ENDPOINTS", nonces.Nonces())


@pytest.fixture(autouse=True)
def _fixed_chance():
    """Let each proof have an id of its own, in the place of the fixture that fixes nonces."""


@pytest.fixture
def server(serve, reply):
    """Give a token endpoint and API that verify proofs; `redirects` are locations by path."""
    verifier, redirects = DpopServer(reply), {}

    def answer(seen):
        answered = verifier(seen)
        target = redirects.get(seen.path)
        return reply(307, None, {"Location": target(seen)}) if target and answered.status == 200 else answered

    running = serve(answer)
    verifier.url, verifier.seen, verifier.redirects = running.url, running.seen, redirects
    return verifier


@pytest.fixture
def connection(server):
    return watchword.load(document(server))


def document(server, **fields):
    return {
        "base_url": server.url,
        "method": "oauth2_client_credentials",
        "token_url": f"{server.url}/token",
        "client_id": "client-1",
        "client_secret": SECRET,
        "dpop": True,
        **fields,
    }


def test_each_client_sends_a_proof_of_what_arrives(server, connection, senders):
    """Verb and URL of each proof are those that arrive, whatever is in the query and the path."""
    paths = ("/v1/rows", "/a//b%7e%2Fc?cursor=x%20y#part", "/%C3%BC/{x}?a=1&a=2")
    for client, path in itertools.product(senders, paths):
        sent = senders[client](connection, "POST", f"{server.url}{path}", content=b"a=1")
        assert sent.status == 200, (client, path)
    assert (server.refused, len(server.keys)) == ([], 1)


def test_an_api_gets_its_nonce_in_a_second_request(server, connection, send):
    """A demand for a nonce is followed by one call with it; later calls of the process have it at once."""
    server.api_nonce = "nonce-1"
    assert send(connection, "POST", f"{server.url}/v1/rows", content=b"a=1").status == 200
    assert [seen.body for seen in server.seen[1:]] == [b"a=1", b"a=1"]
    assert send(connection, "GET", f"{server.url}/v1/rows").status == 200
    assert (server.refused, len(server.seen)) == (["nonce"], 4)


def test_a_new_nonce_of_a_success_is_used_next(serve, reply, connection, send, server):
    """An API may give the next nonce beside its data (section 8.2)."""
    given = iter(["nonce-1", "nonce-2", "nonce-3"])
    api = serve(lambda _: reply(200, {}, {"DPoP-Nonce": next(given)}))
    made = watchword.load(document(server, base_url=api.url))
    for _ in range(3):
        send(made, "GET", f"{api.url}/v1/rows")
    proofs = [seen.headers["DPoP"] for seen in api.seen]
    assert [claims_of(proof).get("nonce") for proof in proofs] == [None, "nonce-1", "nonce-2"]


def claims_of(proof):
    return jwt.decode(proof, options={"verify_signature": False})


@pytest.mark.parametrize(
    "headers",
    [
        {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"'},
        {"WWW-Authenticate": 'DPoP error="invalid_token"', "DPoP-Nonce": "nonce-1"},
        {"DPoP-Nonce": "nonce-1"},
    ],
)
def test_a_call_is_repeated_only_for_a_nonce(serve, reply, server, headers):
    """Without the demand or without a nonce, a 401 means a refused token, which is renewed as usual."""
    api = serve(reply(401, None, headers))
    with watchword.load(document(server, base_url=api.url)).session() as session:
        assert session.get("/v1/rows").status_code == 401
    assert [seen.headers["Authorization"] for seen in api.seen] == [f"DPoP {BEGINS_WITH}{n}" for n in (1, 2)]


def test_an_api_that_demands_nonces_without_end_gets_two_calls_for_each_token(serve, reply, server):
    """A nonce that is refused again is a refusal: no call is repeated without end."""
    headers = {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"', "DPoP-Nonce": "always"}
    api = serve(reply(401, None, headers))
    with watchword.load(document(server, base_url=api.url)).session() as session:
        assert session.get("/v1/rows").status_code == 401
    assert len(api.seen) == 4


@pytest.mark.parametrize("send", ["requests", "httpx", "async httpx", "aiohttp"], indirect=True)
def test_each_hop_within_the_origin_has_its_own_proof(server, connection, send):
    """A redirect is followed with a proof for its own URL: the first one's would be refused."""
    server.redirects["/first"] = lambda _: "/second?page=2"
    assert send(connection, "GET", f"{server.url}/first").status == 200
    assert [claims["htu"] for claims in server.proofs[1:]] == [f"{server.url}/first", f"{server.url}/second"]
    assert server.refused == []


def test_a_foreign_origin_gets_neither_token_nor_proof(server, connection, serve, reply, send):
    """A redirect that echoes the proof leads to a foreign origin without it, and without the token."""
    other = serve(reply(200, {}))

    def echo(seen):
        return f"{other.url}/?proof={seen.headers['DPoP']}&page=2"

    server.redirects["/first"] = echo
    send(connection, "GET", f"{server.url}/first")
    send(connection, "GET", f"{other.url}/direct")
    everything = "".join(seen.text for seen in other.seen)
    assert len(other.seen) == 2
    assert "page=2" in everything
    assert [word for word in ("eyJ", BEGINS_WITH, "DPoP") if word in everything] == []


def test_a_link_that_echoes_the_last_proof_is_called_without_it(server, connection, serve, reply):
    """A page may name its next page with the proof in the URL: a foreign origin doesn't get it."""
    other = serve(reply(200, {}))
    with connection.session() as session:
        session.get("/v1/rows")
        session.get(f"{other.url}/?proof={server.seen[-1].headers['DPoP']}&page=2")
    assert [seen.path for seen in other.seen] == ["/?page=2"]


def test_pages_are_read_with_a_proof_each(server, connection):
    """Paging by dlt's kind of loop, with the URLs that the API names, is one proof for each page."""
    with connection.session() as session:
        for page in range(5):
            assert session.get(f"{server.url}/v1/rows?page={page}").ok
    assert len({claims["jti"] for claims in server.proofs}) == 6


def test_a_refused_token_is_renewed_with_the_same_key(server, connection, send):
    """A 401 for the token leads to a new token that is bound to the same key, and to one more call."""
    send(connection, "GET", f"{server.url}/v1/rows")
    (key,) = server.keys.values()
    server.keys[f"{BEGINS_WITH}1"] = "revoked"
    assert send(connection, "GET", f"{server.url}/v1/rows").status == 200
    assert (server.refused, server.keys[f"{BEGINS_WITH}2"]) == (["token"], key)


def test_nothing_that_a_caller_sees_shows_a_proof(server, connection, senders, secrets_in):
    """Responses, their requests and their history hold neither the token nor the proof of any client."""
    server.redirects["/first"] = lambda _: "/second"
    for client, send in senders.items():
        text = send(connection, "GET", f"{server.url}/first").text
        assert (client, secrets_in(text), "eyJ" in text) == (client, [], False)


def test_a_streamed_body_is_not_sent_twice(server, connection):
    """A call whose body can't be repeated ends in an error that says so; the next one has the nonce."""
    server.api_nonce = "nonce-1"
    with connection.session() as session:
        with pytest.raises(RequestError) as caught:
            session.post("/v1/rows", data=iter([b"a"]))
        assert caught.value.code == "body_not_replayable"
        assert session.post("/v1/rows", data=iter([b"a"])).ok


def test_httpx_auth_is_refused_since_it_would_take_proofs_along(connection):
    """Httpx keeps the header DPoP in a redirect to another origin."""
    with pytest.raises(DocumentError):
        connection.httpx_auth()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"add_to": "query"}, "dpop_misplaced"),
        ({"header_name": "X-Token"}, "dpop_misplaced"),
        ({"prefix": "Token"}, "dpop_misplaced"),
        ({"use_prefix": False}, "dpop_misplaced"),
        ({"grant_headers": {"dpop": "x"}}, "header_conflict"),
        ({"extra_parameters": {"header:DPoP": "x"}}, "header_conflict"),
        ({"prefix": "Bearer"}, None),
        ({"prefix": "dpop", "header_name": "authorization"}, None),
        ({"dpop": False, "prefix": "Token", "grant_headers": {"DPoP": "x"}}, None),
    ],
)
def test_what_does_not_fit_together_is_found_before_anything_is_sent(server, fields, code):
    """A bound token is sent as Authorization: DPoP, and nothing else fills the header of proofs."""
    found = watchword.load(document(server, **fields)).lint()
    assert [each.code.name for each in found] == ([code] if code else [])


def test_values_are_asked_for_with_a_proof(server):
    """The values_url gets the token with a proof, once more with its nonce."""
    server.api_nonce = "nonce-1"
    fields = {"values_url": f"{server.url}/values", "response_values": {"header:X-Path": "path"}}
    with watchword.load(document(server, **fields)).session() as session:
        assert session.get("/v1/rows").ok
    assert server.refused == ["nonce"]
    assert server.seen[-1].headers["X-Path"] == "/values"


def test_a_token_request_is_authenticated_by_a_login_with_a_bound_token(server, serve, reply):
    """The nested login of login_with sends its own proof to the token endpoint that wants it."""
    outer = serve(reply(200, {"access_token": "s3cret-outer"}))
    login = {"method": "oauth2_client_credentials", "token_url": f"{server.url}/token", "dpop": True}
    fields = {
        "base_url": outer.url,
        "method": "oauth2_client_credentials",
        "token_url": f"{outer.url}/exchange",
        "login_with": {**login, "client_id": "c", "client_secret": "{{secret:inner}}"},
        "secret_parameters": {"template:inner": SECRET},
    }
    with watchword.load(fields).session() as session:
        assert session.get("/v1/rows").ok
    exchange, call = outer.seen
    assert exchange.headers["Authorization"] == f"DPoP {BEGINS_WITH}1"
    assert claims_of(exchange.headers["DPoP"])["htu"] == f"{outer.url}/exchange"
    assert (call.headers["Authorization"], call.headers.get("DPoP")) == ("Bearer s3cret-outer", None)
