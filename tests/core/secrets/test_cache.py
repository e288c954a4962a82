"""The cache of secrets: one call serves all threads, and old content serves while the service fails."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets.cache import MAX_ENTRIES, Cache, Caching
from watchword.secrets.circuit_breaker import FAILURE_LIMIT, PAUSE, CircuitBreaker

CACHING = Caching(fresh=100, missing=10, grace=1000)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Service:
    """Returns or raises its outcomes one after the other, and counts the calls."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def error(code="secrets_timeout"):
    return SecretError([finding(code, "The service did not answer.")])


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return Cache(CACHING, clock)


def test_a_secret_is_asked_for_once_while_it_is_fresh(cache, clock):
    """Content is served until its time is over, to the second."""
    service = Service(b"one", b"two")
    for _ in range(100):
        assert cache.get("a", service) == b"one"
    clock.now += CACHING.fresh - 1
    assert (cache.get("a", service), service.calls) == (b"one", 1)
    clock.now += 1
    assert (cache.get("a", service), service.calls) == (b"two", 2)


def test_that_there_is_none_is_remembered_for_a_shorter_time(cache, clock):
    """A missing secret is asked for once, and again after its own, shorter time."""
    service = Service(None, b"made meanwhile")
    assert [cache.get("a", service) for _ in range(100)] == [None] * 100
    assert service.calls == 1
    clock.now += CACHING.missing
    assert cache.get("a", service) == b"made meanwhile"


@pytest.mark.parametrize(
    "code",
    ["secrets_denied", "secrets_throttled", "secrets_timeout", "secrets_unreachable", "secret_corrupt"],
)
def test_old_content_serves_while_no_new_can_be_had(cache, clock, caplog, code):
    """After any failure old content is served until the grace period ends; an error is logged each time."""
    service = Service(b"one", error(code))
    cache.get("a", service)
    clock.now += CACHING.fresh
    with caplog.at_level(logging.ERROR):
        assert cache.get("a", service) == b"one"
    assert code in caplog.text
    assert "one" not in caplog.text.replace("None", "")
    clock.now += CACHING.grace
    with pytest.raises(SecretError) as raised:
        cache.get("a", service)
    assert raised.value.code == code


def test_that_there_is_none_has_no_grace(cache, clock):
    """If a secret was missing before, a failure raises: there is no old content to serve."""
    service = Service(None, error("secrets_denied"))
    cache.get("a", service)
    clock.now += CACHING.missing
    with pytest.raises(SecretError):
        cache.get("a", service)


def test_a_failure_is_remembered_for_a_moment(cache, clock):
    """1000 lookups of a denied secret make one call; a second later there is another."""
    service = Service(error("secrets_denied"), b"granted")
    for _ in range(1000):
        with pytest.raises(SecretError):
            cache.get("a", service)
    assert service.calls == 1
    clock.now += 1.1
    assert cache.get("a", service) == b"granted"


def test_a_failing_service_is_not_asked_at_every_lookup(cache, clock):
    """While old content is served, the service is asked again only at intervals."""
    service = Service(b"one", error())
    cache.get("a", service)
    clock.now += CACHING.fresh
    for _ in range(100):
        assert cache.get("a", service) == b"one"
    assert service.calls == 2


def test_new_content_takes_over_when_the_service_is_back(cache, clock):
    """The grace period ends with the first successful call."""
    service = Service(b"one", error(), b"two")
    cache.get("a", service)
    clock.now += CACHING.fresh
    assert cache.get("a", service) == b"one"
    clock.now += 10
    assert cache.get("a", service) == b"two"


def test_fifty_threads_ask_once(cache):
    """One thread fetches a secret that is not cached, and its result serves all threads."""
    service, threads = Service(b"one"), 50
    together, contents = threading.Barrier(threads), []

    def slow():
        threading.Event().wait(0.1)
        return service()

    def ask():
        together.wait()
        contents.append(cache.get("a", slow))

    _run(ask, threads)
    assert (contents, service.calls) == ([b"one"] * threads, 1)


def test_fifty_threads_share_a_failure(cache):
    """Threads that waited for a call that failed get its error and make no calls of their own."""
    service, threads = Service(error()), 50
    together, failures = threading.Barrier(threads + 1), []
    asked = threading.Event()

    def slow():
        asked.wait(60)
        return service()

    def ask():
        together.wait()
        with pytest.raises(SecretError):
            cache.get("a", slow)
        failures.append(1)

    workers = [threading.Thread(target=ask) for _ in range(threads)]
    for worker in workers:
        worker.start()
    together.wait()
    threading.Event().wait(0.2)  # all threads have asked
    asked.set()
    for worker in workers:
        worker.join()
    assert len(failures) == threads
    assert service.calls == 1


def test_nobody_waits_who_has_something_to_serve(cache, clock):
    """While one thread fetches new content, the other threads serve the old content without waiting."""
    cache.get("a", Service(b"one"))
    clock.now += CACHING.fresh
    fetching, response = threading.Event(), threading.Event()

    def slow():
        fetching.set()
        response.wait(60)
        return b"two"

    thread = threading.Thread(target=cache.get, args=("a", slow))
    thread.start()
    fetching.wait(60)
    assert cache.get("a", Service(b"three")) == b"one"
    response.set()
    thread.join()
    assert cache.get("a", Service(b"three")) == b"two"


def test_what_was_written_is_known(cache):
    """Content that was just written is served from memory and replaces what was cached."""
    cache.get("a", Service(None))
    cache.put("a", b"written")
    assert cache.get("a", Service(b"lagging")) == b"written"


def test_it_stays_small(cache):
    """The oldest entries are dropped, so the cache never exceeds its limit."""
    for number in range(MAX_ENTRIES + 10):
        cache.get(str(number), Service(b"x"))
    assert len(cache._entries) == MAX_ENTRIES


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_child_is_not_held_by_its_parents_threads(cache):
    """A child that is forked while a thread fetches gets a cache that works."""
    fetching, response = threading.Event(), threading.Event()

    def slow():
        fetching.set()
        response.wait(60)
        return b"parent's"

    thread = threading.Thread(target=cache.get, args=("a", slow))
    thread.start()
    fetching.wait(60)
    child, status = os.fork(), 1
    if not child:
        try:
            status = 0 if cache.get("a", Service(b"child's")) == b"child's" else 1
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    response.set()
    thread.join()
    assert status == 0


@pytest.mark.parametrize("code", ["secrets_timeout", "secrets_unauthenticated"])
def test_a_service_that_is_down_is_left_alone(clock, code):
    """After too many failures in a row calls fail at once with the last error, until one call tries again."""
    breaker, service = CircuitBreaker(clock), Service(*[error(code)] * (FAILURE_LIMIT + 1), b"back")
    for _ in range(FAILURE_LIMIT + 20):
        with pytest.raises(SecretError, match="did not answer"):
            breaker.call(service)
    assert service.calls == FAILURE_LIMIT
    clock.now += PAUSE
    with pytest.raises(SecretError):
        breaker.call(service)
    with pytest.raises(SecretError):
        breaker.call(service)
    assert service.calls == FAILURE_LIMIT + 1
    clock.now += PAUSE
    assert [breaker.call(service) for _ in range(3)] == [b"back"] * 3


@pytest.mark.parametrize("code", ["secret_corrupt", "secrets_denied"])
def test_one_bad_secret_breaks_no_circuit(clock, code):
    """One secret that is denied or arrives altered does not stop other secrets from being read."""
    breaker = CircuitBreaker(clock)
    for _ in range(FAILURE_LIMIT * 2):
        with pytest.raises(SecretError):
            breaker.call(Service(error(code)))
    assert breaker.call(Service(b"healthy")) == b"healthy"


def test_what_was_disabled_stops_at_once(cache, clock):
    """A version that was disabled is not served from the cache any longer."""
    service = Service(b"leaked", error("secret_not_enabled"))
    cache.get("a", service)
    clock.now += CACHING.fresh
    for _ in range(3):
        with pytest.raises(SecretError):
            cache.get("a", service)
        clock.now += 20


def test_what_no_waiting_changes_does_not_break_the_circuit(clock):
    """Denied calls never open the circuit, however many there are."""
    breaker, service = CircuitBreaker(clock), Service(error("secrets_denied"))
    for _ in range(FAILURE_LIMIT * 2):
        with pytest.raises(SecretError):
            breaker.call(service)
    assert service.calls == FAILURE_LIMIT * 2


def _run(target, number):
    workers = [threading.Thread(target=target) for _ in range(number)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
