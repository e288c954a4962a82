"""The token cache: one fetch for all, renewal in time, no storms."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.tokens.local_tokens import LocalTokens
from watchword.tokens.token import Token, jwt_account, jwt_expiry
from watchword.tokens.token_cache import TokenCache

HUGE = "a." + base64.urlsafe_b64encode(b'{"exp": ' + b"9" * 400 + b"}").decode() + ".c"
DEEP = "a." + base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".c"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    """A source of numbered tokens that can be told to fail."""

    def __init__(self, lifetime=3600.0, delay=0.0) -> None:
        self.calls, self.lifetime, self.delay = 0, lifetime, delay
        self.failure = None

    def __call__(self) -> Token:
        self.calls += 1
        time.sleep(self.delay)
        if self.failure:
            raise TokenError([self.failure])
        return Token(f"token-{self.calls}", lifetime=self.lifetime)


def keeping(endpoint, clock=time.monotonic) -> TokenCache:
    return TokenCache(LocalTokens(endpoint, clock), clock)


def test_a_fresh_token_is_fetched_once():
    """A thousand asks while the token is fresh are one fetch."""
    endpoint = Endpoint()
    token_cache = keeping(endpoint, Clock())
    assert {token_cache.get().access_token for _ in range(1000)} == {"token-1"}
    assert endpoint.calls == 1


def test_thirty_two_threads_are_one_fetch():
    """Threads that ask at once for a token that nobody has wait for one fetch."""
    endpoint = Endpoint(delay=0.05)
    token_cache = keeping(endpoint)
    start = threading.Barrier(32)

    def ask(_):
        start.wait()
        return token_cache.get().access_token

    with ThreadPoolExecutor(32) as pool:
        assert set(pool.map(ask, range(32))) == {"token-1"}
    assert endpoint.calls == 1


@pytest.mark.parametrize(("lifetime", "fresh"), [(3600, 3540), (100, 80), (float("inf"), float("inf"))])
def test_a_token_is_renewed_before_it_ends(lifetime, fresh):
    """Fresh means: until a minute or a fifth of the lifetime before the end, whichever is less."""
    assert Token("t", lifetime=lifetime).fresh_for == fresh


def test_a_stale_token_serves_while_one_thread_renews():
    """Inside the margin nobody waits: one thread renews, the others go on with the valid token."""
    clock, endpoint = Clock(), Endpoint(lifetime=100)
    token_cache = keeping(endpoint, clock)
    token_cache.get()
    clock.now += 90
    entered, leave = threading.Event(), threading.Event()
    original = endpoint.__call__

    def slow():
        entered.set()
        leave.wait(60)
        return original()

    token_cache._provider._fetch = slow
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(token_cache.get)
        entered.wait(60)
        assert token_cache.get().access_token == "token-1"
        leave.set()
        assert renewing.result().access_token == "token-2"


def test_a_refused_token_is_renewed_once_for_all():
    """Thirty-two workers whose token was revoked cause one fetch and go on with the new token."""
    endpoint = Endpoint(delay=0.02)
    token_cache = keeping(endpoint)
    old = token_cache.get()
    with ThreadPoolExecutor(32) as pool:
        assert {token.access_token for token in pool.map(lambda _: token_cache.get(old), range(32))} == {
            "token-2"
        }
    assert endpoint.calls == 2


def test_a_token_refused_right_after_renewal_causes_no_storm():
    """A new token that is refused too comes back, and the refusal stands, until a minute later."""
    clock, endpoint = Clock(), Endpoint()
    token_cache = keeping(endpoint, clock)
    second = token_cache.get(token_cache.get())
    assert [token_cache.get(second) for _ in range(32)] == [second] * 32
    assert endpoint.calls == 2
    clock.now += 61
    assert token_cache.get(second).access_token == "token-3"


def test_a_failure_stands_for_a_while_for_all_who_ask():
    """A refused client is not asked for again by every worker; a passing fault only briefly stands."""
    clock, endpoint = Clock(), Endpoint()
    token_cache = keeping(endpoint, clock)
    for code, pause in (("invalid_client", 300), ("temporarily_unavailable", 1)):
        endpoint.calls, endpoint.failure = 0, finding(code, "no")
        said = []
        for _ in range(10):
            with pytest.raises(TokenError) as error:
                token_cache.get()
            said.append(str(error.value))
        assert endpoint.calls == 1
        assert "is not asked again" not in said[0]
        assert all(f"is not asked again for {pause} seconds" in words for words in said[1:])
        clock.now += pause + 1
    endpoint.failure = None
    assert token_cache.get().access_token == "token-2"


def test_the_server_s_wish_to_wait_is_honoured():
    """Retry-After of the token endpoint holds back everybody."""
    clock, endpoint = Clock(), Endpoint()
    token_cache = keeping(endpoint, clock)
    endpoint.failure = finding("temporarily_unavailable", "busy", retry_after=30)
    for pause in (0, 29, 2):
        clock.now += pause
        with pytest.raises(TokenError):
            token_cache.get()
    assert endpoint.calls == 2


@pytest.mark.parametrize(
    ("code", "retry_after", "stands"), [("invalid_client", 0, 300), ("temporarily_unavailable", 1e8, 300)]
)
def test_no_retry_after_makes_a_storm_or_a_standstill(code, retry_after, stands):
    """A refused client stays refused, and nobody is held back for longer than five minutes."""
    clock, endpoint = Clock(), Endpoint()
    token_cache = keeping(endpoint, clock)
    endpoint.failure = finding(code, "no", retry_after=retry_after)
    for pause, calls in ((0, 1), (stands - 1, 1), (2, 2)):
        clock.now += pause
        with pytest.raises(TokenError):
            token_cache.get()
        assert endpoint.calls == calls


def test_a_hiccup_at_a_renewal_does_not_bring_the_refused_token_back():
    """If the endpoint fails once while a refused token is renewed, the next who asks gets a new one."""
    clock, endpoint = Clock(), Endpoint()
    token_cache = keeping(endpoint, clock)
    refused = token_cache.get()
    endpoint.failure = finding("temporarily_unavailable", "down")
    with pytest.raises(TokenError):
        token_cache.get(refused)
    endpoint.failure = None
    clock.now += 2
    assert token_cache.get(refused).access_token == "token-3"


def test_a_valid_token_outlives_a_failed_renewal():
    """While the token is valid, a call doesn't fail because the endpoint is down."""
    clock, endpoint = Clock(), Endpoint(lifetime=100)
    token_cache = keeping(endpoint, clock)
    token = token_cache.get()
    endpoint.failure = finding("temporarily_unavailable", "down")
    clock.now += 90
    assert token_cache.get() == token
    clock.now += 20
    with pytest.raises(TokenError):
        token_cache.get()


def test_a_token_that_is_given_out_again_lasts_again():
    """A server that answers with the same token is asked once in its lifetime, not once a request."""
    clock, endpoint = Clock(), Endpoint(lifetime=100)
    token_cache = keeping(lambda: endpoint() and Token("always the same", lifetime=100), clock)
    for _ in range(5):
        for _ in range(10):
            token_cache.get()
        clock.now += 90
    assert endpoint.calls == 5


def test_renew_always_fetches_and_keeps():
    """A validation's proof is a new token, which is then used by all."""
    endpoint = Endpoint()
    token_cache = keeping(endpoint, Clock())
    token_cache.get()
    assert token_cache.renew().token.access_token == token_cache.get().access_token == "token-2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_does_not_inherit_a_held_lock():
    """A child forked while a thread of the parent renews can ask for a token itself."""
    shared = keeping(Endpoint())
    with shared._lock:
        child = os.fork()
        if child == 0:
            os._exit(0 if shared.get().access_token == "token-1" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize(
    "text", ["", "a.b.c", "a.e30.c", "..", "a.W10.c", "a.\u20ac.c", "a.bnVsbA.c", HUGE, DEEP]
)
def test_what_is_no_jwt_has_no_expiry(text):
    """Opaque tokens and damaged JWTs say nothing about their end, nor about a person."""
    assert jwt_expiry(text) is None
    assert jwt_account(text) is None


def test_a_value_that_the_api_has_replaced_counts_only_within_its_session():
    """A late answer of the session before the last login neither replaces nor ends the token."""
    tokens = iter([Token("s3cret-first", lifetime=100), Token("s3cret-second", lifetime=100)])
    now = [0.0]
    cache = TokenCache(LocalTokens(lambda: next(tokens)), lambda: now[0])
    assert cache.get().access_token == "s3cret-first"
    cache.replace("s3cret-first", "s3cret-rolled", lifetime=1000)
    now[0] = 500.0
    assert cache.get().access_token == "s3cret-rolled"
    cache.end("s3cret-first")
    assert cache.get().access_token == "s3cret-second"
    cache.replace("s3cret-rolled", "s3cret-late")
    cache.end("s3cret-rolled")
    assert cache.get().access_token == "s3cret-second"
    assert "s3cret-late" not in redact.known()


def test_a_forked_child_does_not_give_back_what_the_api_has_replaced():
    """A session that a child has inherited belongs to its parent, also with a new value."""
    ended = []
    cache = TokenCache(LocalTokens(lambda: Token("s3cret-first")), discard=ended.append)
    cache.enter()
    cache.get()
    cache.begin_child()
    cache.enter()
    cache.replace("s3cret-first", "s3cret-rolled", lifetime=1000)
    cache.leave()
    assert ended == []


@pytest.mark.parametrize("stated", [1_800_000_000, "1800000000", 1_800_000_000.0])
def test_the_end_of_a_jwt_may_be_a_text(stated):
    """Some servers write the claim `exp` as a text."""
    claims = base64.urlsafe_b64encode(json.dumps({"exp": stated}).encode()).decode().rstrip("=")
    assert jwt_expiry(f"e30.{claims}.c2ln") == 1_800_000_000
