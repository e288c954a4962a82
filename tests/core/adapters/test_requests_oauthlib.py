"""Sessions of requests-oauthlib that the shared token cache feeds."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests_oauthlib import OAuth1Session, OAuth2Session

import watchword
from watchword.errors import TokenError
from watchword.stores.memory import MemoryStore

CLIENT = {
    "method": "oauth2_client_credentials",
    "client_id": "c",
    "client_secret": "s3cret-client",
}


@pytest.fixture
def issuer(serve, reply):
    """Give a server that issues numbered tokens; a token of `revoked` is refused by its API."""

    def start():
        def answer(seen):
            if seen.path == "/token":
                server.issued += 1
                body = {"access_token": f"s3cret-issued-{server.issued}", "expires_in": 3600, "scope": "read"}
                return reply(body=body)
            token = seen.headers.get("Authorization", "").removeprefix("Bearer ")
            return reply(401 if not token or token in server.revoked else 200)

        server = serve(answer)
        server.issued, server.revoked = 0, set()
        return server

    return start


def loaded(server, **changes):
    document = {"base_url": server.url, "token_url": f"{server.url}/token", **CLIENT, **changes}
    return watchword.load(document, store=MemoryStore())


def test_code_that_takes_an_oauth2_session_gets_the_shared_token(issuer):
    """The session is an OAuth2Session; its requests and the connection's own carry one token."""
    server = issuer()
    connection = loaded(server)
    with connection.requests_oauthlib() as api, connection.session() as own:
        assert isinstance(api, OAuth2Session)
        assert api.get(f"{server.url}/v1/me").status_code == 200
        assert api.post("/v1/orders", json={"a": 1}).status_code == 200
        assert own.get("/v1/me").status_code == 200
        assert (api.authorized, api.access_token) == (True, "s3cret-issued-1")
        shown = api.token
        assert 3500 < shown.pop("expires_in") <= 3600
        assert 3500 < shown.pop("expires_at") - time.time() <= 3600
        assert shown == {"access_token": "s3cret-issued-1", "token_type": "Bearer", "scope": "read"}
        assert api.fetch_token(f"{server.url}/token", client_secret="other").items() >= shown.items()
    assert server.issued == 1
    tokens = [seen.headers["Authorization"] for seen in server.seen if seen.path != "/token"]
    assert tokens == ["Bearer s3cret-issued-1"] * 3


def test_a_token_without_an_end_shows_none(serve, reply):
    """Without a known end, the token has no `expires_at`, so that code does not take it for ended."""
    server = serve(reply(body={"access_token": "s3cret-endless"}))
    with loaded(server).requests_oauthlib() as api:
        assert api.token == {"access_token": "s3cret-endless", "token_type": "Bearer"}


@pytest.mark.parametrize(
    ("scope", "shown"), [("read write", ["read", "write"]), ("read,write", ["read", "write"]), ("", None)]
)
def test_the_session_shows_client_and_scopes_of_the_document(issuer, scope, shown):
    """Code that reads `client_id` and `scope` gets those of the document, without a request."""
    server = issuer()
    with loaded(server, scope=scope).requests_oauthlib() as api:
        assert (api.client_id, api.scope) == ("c", shown)
    assert server.seen == []


def test_a_refused_token_is_renewed_by_the_connection(issuer):
    """After a 401 the request is sent again with a newer token, which the session shows from then on."""
    server = issuer()
    with loaded(server).requests_oauthlib() as api:
        assert api.get("/v1/me").status_code == 200
        server.revoked.add("s3cret-issued-1")
        response = api.get("/v1/me")
        assert (response.status_code, api.access_token) == (200, "s3cret-issued-2")
        assert "Authorization" not in response.request.headers
    assert server.issued == 2


def test_a_renewal_that_the_code_asks_for_is_shared(issuer):
    """`refresh_token` renews by the connection, at most once a minute, however many threads call it."""
    server = issuer()
    with loaded(server).requests_oauthlib() as api:
        assert api.access_token == "s3cret-issued-1"
        barrier = threading.Barrier(8)

        def renew(_):
            barrier.wait()
            return api.refresh_token(f"{server.url}/token", refresh_token="mine")["access_token"]

        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(renew, range(8)))
    assert found == {"s3cret-issued-2"}
    assert server.issued == 2


def test_the_token_stays_within_the_allowed_origins(issuer, serve, reply):
    """Neither a direct call nor a redirect takes the token to another origin."""
    foreign = serve(reply())
    server = issuer()
    with loaded(server).requests_oauthlib() as api:
        assert api.get(f"{foreign.url}/a").status_code == 200
    away = serve(
        lambda seen: (
            reply(body={"access_token": "s3cret-issued-1"})
            if seen.path == "/token"
            else reply(302, headers={"Location": f"{foreign.url}/b"})
        )
    )
    with loaded(away).requests_oauthlib() as api:
        assert api.get("/a").status_code == 200
    assert [seen.path for seen in foreign.seen] == ["/a", "/b"]
    assert not any("s3cret" in seen.text for seen in foreign.seen)


def test_nothing_secret_is_logged(issuer, caplog):
    """At DEBUG neither the library nor the transport logs the token."""
    caplog.set_level(logging.DEBUG)
    server = issuer()
    with loaded(server).requests_oauthlib() as api:
        assert api.get("/v1/me?page=1").status_code == 200
        assert "s3cret" not in f"{api!r}"
    lines = [record.getMessage() for record in caplog.records]
    assert any("/v1/me?page=1" in line for line in lines)
    assert not any("s3cret" in line for line in lines)


@pytest.mark.parametrize(
    "use",
    [
        lambda api: api.fetch_token("https://a.test/token", code="c"),
        lambda api: api.fetch_token("https://a.test", authorization_response="https://b.test?code=c"),
        lambda api: api.authorization_url("https://a.test/authorize"),
        lambda api: api.token_from_fragment("https://b.test/#access_token=a&token_type=Bearer"),
        lambda api: setattr(api, "token", {"access_token": "mine"}),
        lambda api: api.get("/public", withhold_token=True),
        lambda api: setattr(api, "access_token", "mine"),
        lambda api: delattr(api, "access_token"),
        lambda api: setattr(api, "client_id", "mine"),
        lambda api: delattr(api, "client_id"),
        lambda api: setattr(api, "scope", ["mine"]),
    ],
)
def test_what_would_go_past_the_connection_is_refused(issuer, use):
    """A sign-in, a token of the caller's and a request without the token are refused, and send nothing."""
    server = issuer()
    with loaded(server).requests_oauthlib() as api, pytest.raises(watchword.RequestError) as error:
        use(api)
    assert error.value.code == "adapter_unsuitable"
    assert server.seen == []


def test_a_hook_of_the_caller_is_called(issuer):
    """A registered hook may change a request, as in every OAuth2Session; the transport signs the result."""
    server = issuer()
    with loaded(server).requests_oauthlib() as api:
        api.register_compliance_hook("protected_request", lambda url, *rest: (f"{url}?hooked=1", *rest))
        assert api.get("/v1/me").status_code == 200
    assert server.seen[-1].path == "/v1/me?hooked=1"


def test_without_a_sign_in_nobody_is_authorized(issuer):
    """A method of a person who has not signed in is not authorized, and its requests say so."""
    server = issuer()
    document = {
        "base_url": server.url,
        "method": "oauth2_authorization_code",
        "client_id": "c",
        "client_auth": "none",
        "authorize_url": f"{server.url}/authorize",
        "token_url": f"{server.url}/token",
    }
    connection = watchword.load(document, name="acme", store=MemoryStore())
    with connection.requests_oauthlib() as api:
        assert api.authorized is False
        with pytest.raises(TokenError) as error:
            api.get("/v1/me")
    assert error.value.code == "sign_in_required"


def test_code_that_takes_an_oauth1_session_gets_signed_requests(documents, serve, reply):
    """The session is an OAuth1Session; its requests are signed as the connection's, and hold no secret."""
    server = serve(reply())
    connection = watchword.load(documents["oauth1, header"](server.url))
    with connection.requests_oauthlib() as api, connection.session() as own:
        assert isinstance(api, OAuth1Session)
        assert api.authorized
        assert api.token == {"oauth_token": "s3cret-token"}
        own.get("/v1/me?a=1")
        response = api.get("/v1/me?a=1")
        for step in (api.fetch_request_token, api.fetch_access_token, api.authorization_url):
            with pytest.raises(watchword.RequestError, match="sign-in"):
                step("https://a.test")
    assert server.seen[0].headers["Authorization"] == server.seen[1].headers["Authorization"]
    assert "Authorization" not in response.request.headers
    assert len(server.seen) == 2


def test_another_method_has_no_such_session():
    """A connection of another method is refused, with the session that works."""
    connection = watchword.load({"base_url": "https://a.test", "method": "api_key", "api_key": "k" * 20})
    with pytest.raises(watchword.DocumentError, match="api_key") as error:
        connection.requests_oauthlib()
    assert error.value.code == "adapter_unsuitable"
