"""What a process keeps of connections that it no longer uses: a bounded number of things."""

from __future__ import annotations

import asyncio
import gc

import pytest

import watchword
from tests.support.leftovers import left, threads_now
from watchword import redact
from watchword.adapters.origin_guard import OriginGuard
from watchword.redact import registry, texts
from watchword.tokens import token_caches
from watchword.tokens.token_caches import MOST_UNUSED

MOST_FORMS = registry.MOST_LATE + 20 * MOST_UNUSED
MANY = 3000


def api_key(number, _):
    return {"method": "api_key", "api_key": f"secret+key/{number}"}


def basic(number, _):
    return {"method": "basic", "username": f"user-{number}", "password": f"pass word {number}"}


def custom(number, _):
    return {
        "method": "custom",
        "secret_parameters": {"header:X-Key": f"secret-{number}", "query:sig": f"signature-{number}"},
        "proxy": f"http://user:proxy-password-{number}@proxy.test:3128",
    }


def jwt(number, _):
    return {"method": "jwt_bearer", "algorithm": "HS256", "jwt_secret": f"secret-{number:>040}"}


def oauth1(number, _):
    return {
        "method": "oauth1", "signature_method": "PLAINTEXT", "consumer_key": "client-1",
        "consumer_secret": f"consumer secret {number}", "access_token": f"token-{number}",
        "token_secret": f"token secret {number}",
    }  # fmt: skip


def client_credentials(number, url):
    return {
        "method": "oauth2_client_credentials", "token_url": f"{url}/token", "client_id": f"client-{number}",
        "client_secret": f"client secret {number}",
    }  # fmt: skip


def session_login(number, url):
    return {
        "method": "session_login", "login_url": f"{url}/login", "username": f"user-{number}",
        "password": f"pass word {number}", "response_access_path": "access_token",
    }  # fmt: skip


@pytest.fixture
def api(serve, reply):
    """An API, with a token endpoint and a login that issue a new token for each request."""

    def answer(seen):
        number = len(server.seen)
        issued = {"access_token": f"issued-access-token-{number}", "expires_in": 3600}
        return reply(body=issued if seen.path in {"/token", "/login"} else {})

    server = serve(answer)
    return server


def use(document, url):
    """Use a connection for one call, and drop it."""
    with watchword.load({"base_url": url, **document}).session() as session:
        assert session.get("/a").status_code == 200


def prepare(document, _):
    """Do what a call does before it is sent, without a network."""
    connection = watchword.load({"base_url": "https://api.test", **document})
    authenticator = connection.authenticator()
    if authenticator.token_cache is not None:
        authenticator.token_cache.get()


def kept():
    """Return how many forms and token caches the process keeps."""
    gc.collect()
    return len(redact.known()), len(token_caches._token_caches)


@pytest.mark.parametrize(
    ("method", "times", "act"),
    [
        pytest.param(api_key, MANY, prepare, marks=pytest.mark.nightly),
        pytest.param(basic, MANY, prepare, marks=pytest.mark.nightly),
        pytest.param(custom, MANY, prepare, marks=pytest.mark.nightly),
        (jwt, MANY, prepare),
        pytest.param(oauth1, MANY, prepare, marks=pytest.mark.nightly),
        (client_credentials, 3 * MOST_UNUSED, use),
        (session_login, 3 * MOST_UNUSED, use),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_connections_that_are_dropped_leave_little(method, times, act, api):
    """Thousands of connections that were used once leave few forms and caches, and no thread."""
    before = threads_now()
    for number in range(times):
        act(method(number, api.url), api.url)
    assert left(threads_now, before) == set()
    forms, caches = kept()
    assert forms <= MOST_FORMS
    assert caches <= MOST_UNUSED
    assert len(texts._registry._owned) <= 5 * MOST_UNUSED
    assert redact.text(f"a late line: {next(iter(redact.known()))}") == "a late line: ***"


def test_tokens_of_ended_caches_are_forgotten(api, monkeypatch):
    """When the cache of a token ends, the token is no longer masked, nor are its connection's secrets."""
    monkeypatch.setattr(registry, "MOST_LATE", 0)
    monkeypatch.setattr(token_caches, "MOST_UNUSED", 1)
    for number in range(3):
        use(client_credentials(number, api.url), api.url)
        gc.collect()
        known = redact.known()
        assert "issued-access-token-" in "".join(known)
        assert sum(form.startswith("issued-access-token-") for form in known) == 1
        assert f"client secret {number}" in known
        assert f"client secret {number - 1}" not in known


def test_a_client_keeps_the_secrets_of_its_dropped_connection_masked(api, monkeypatch):
    """A session masks its secrets for as long as it can send them, even if its connection is gone."""
    monkeypatch.setattr(registry, "MOST_LATE", 0)
    session = watchword.load({"base_url": api.url, **api_key(1, "")}).session()
    gc.collect()
    assert redact.text("secret+key/1") == "***"
    session.close()
    del session
    gc.collect()
    assert redact.known() == frozenset()


@pytest.mark.parametrize("method", [client_credentials, session_login])
def test_a_loop_that_loads_a_connection_again_uses_its_token_again(method, api):
    """Connections that are loaded in turns, used and dropped share one token request each."""
    for _ in range(3):
        for number in range(4):
            use(method(number, api.url), api.url)
            gc.collect()
    assert sum(seen.path in {"/token", "/login"} for seen in api.seen) == 4


def test_a_cache_in_use_outlives_any_number_of_others(api):
    """A connection in use keeps its token, however many others come and go."""
    with watchword.load({"base_url": api.url, **client_credentials("kept", api.url)}).session() as session:
        session.get("/a")
        requests = len(api.seen)
        for number in range(2 * MOST_UNUSED):
            prepare(jwt(number, ""), "")
        session.get("/a")
        assert len(api.seen) == requests + 1
        again = watchword.load({"base_url": api.url, **client_credentials("kept", api.url)})
        assert again.credential.token_cache is session.get_adapter(api.url).authenticator.token_cache


def test_threads_of_asynchronous_clients_end(api):
    """The threads that fetched the tokens of asynchronous clients end with their work."""
    pytest.importorskip("httpx")

    async def call(number):
        connection = watchword.load({"base_url": api.url, **client_credentials(number, api.url)})
        async with connection.async_httpx_client() as client:
            assert (await client.get("/a")).status_code == 200

    async def call_all():
        for number in range(20):
            await call(number)

    asyncio.run(call_all())
    assert (
        left(lambda: {each for each in threads_now() if each.name.startswith("watchword-token")}, set())
        == set()
    )


def test_a_guard_names_a_bounded_number_of_foreign_origins(caplog):
    """An API that links to ever new origins fills neither the log nor the memory."""
    connection = watchword.load({"base_url": "https://api.test", "method": "none"})
    guard = OriginGuard(connection.authenticator())
    for number in range(1500):
        guard.url_for_foreign_origin(f"https://host-{number}.test/")
    assert len(guard._warned) == len(caplog.records) == 1000
