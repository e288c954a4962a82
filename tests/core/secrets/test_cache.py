"""What was read is used again, and old content while no new can be had."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from watchword.errors import SecretError
from watchword.findings.codes import finding
from watchword.secrets.cache import MOST, Cache, Caching
from watchword.secrets.circuit_breaker import LIMIT, PAUSE, CircuitBreaker

CACHING = Caching(fresh=100, missing=10, grace=1000)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Service:
    """Answers what it is told to, and counts."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def error(code="secrets_timeout"):
    return SecretError([finding(code, "The service did not answer.")])


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return Cache(CACHING, clock)


def test_a_secret_is_asked_for_once_while_it_is_fresh(cache, clock):
    """Content serves until its time is over, to the second."""
    service = Service(b"one", b"two")
    for _ in range(100):
        assert cache.get("a", service) == b"one"
    clock.now += CACHING.fresh - 1
    assert (cache.get("a", service), service.calls) == (b"one", 1)
    clock.now += 1
    assert (cache.get("a", service), service.calls) == (b"two", 2)


def test_that_there_is_none_is_remembered_for_a_shorter_time(cache, clock):
    """A missing secret is asked for once, then again when its own time is over."""
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
    """Whatever it fails by, what is known serves through the grace period, said loudly, and no longer."""
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
    """Where nothing was known but that a secret is missing, a failure is a failure."""
    service = Service(None, error("secrets_denied"))
    cache.get("a", service)
    clock.now += CACHING.missing
    with pytest.raises(SecretError):
        cache.get("a", service)


def test_a_failure_is_remembered_for_a_moment(cache, clock):
    """A thousand lookups of a refused secret are one call, and a second later another."""
    service = Service(error("secrets_denied"), b"granted")
    for _ in range(1000):
        with pytest.raises(SecretError):
            cache.get("a", service)
    assert service.calls == 1
    clock.now += 1.1
    assert cache.get("a", service) == b"granted"


def test_a_failing_service_is_not_asked_at_every_lookup(cache, clock):
    """While old content serves, the service is asked again now and then only."""
    service = Service(b"one", error())
    cache.get("a", service)
    clock.now += CACHING.fresh
    for _ in range(100):
        assert cache.get("a", service) == b"one"
    assert service.calls == 2


def test_new_content_takes_over_when_the_service_is_back(cache, clock):
    """The grace ends with the first good answer."""
    service = Service(b"one", error(), b"two")
    cache.get("a", service)
    clock.now += CACHING.fresh
    assert cache.get("a", service) == b"one"
    clock.now += 10
    assert cache.get("a", service) == b"two"


def test_fifty_threads_ask_once(cache):
    """A cold secret is asked for by one thread, whose answer serves all."""
    service, threads = Service(b"one"), 50
    together, answers = threading.Barrier(threads), []

    def slow():
        threading.Event().wait(0.1)
        return service()

    def ask():
        together.wait()
        answers.append(cache.get("a", slow))

    _run(ask, threads)
    assert (answers, service.calls) == ([b"one"] * threads, 1)


def test_fifty_threads_share_a_failure(cache):
    """Those who waited for a call that failed get its error, and don't wait for calls of their own."""
    service, threads = Service(error()), 50
    together, failures = threading.Barrier(threads + 1), []
    asked = threading.Event()

    def slow():
        asked.wait(5)
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
    threading.Event().wait(0.2)  # all have asked by now
    asked.set()
    for worker in workers:
        worker.join()
    assert len(failures) == threads
    assert service.calls == 1


def test_nobody_waits_who_has_something_to_serve(cache, clock):
    """While one thread asks anew, the others go on with what is known."""
    cache.get("a", Service(b"one"))
    clock.now += CACHING.fresh
    asking, answer = threading.Event(), threading.Event()

    def slow():
        asking.set()
        answer.wait(5)
        return b"two"

    thread = threading.Thread(target=cache.get, args=("a", slow))
    thread.start()
    asking.wait(5)
    assert cache.get("a", Service(b"three")) == b"one"
    answer.set()
    thread.join()
    assert cache.get("a", Service(b"three")) == b"two"


def test_what_was_written_is_known(cache):
    """Whoever writes a secret reads it back from memory, and others' old answers are gone."""
    cache.get("a", Service(None))
    cache.keep("a", b"written")
    assert cache.get("a", Service(b"lagging")) == b"written"


def test_it_stays_small(cache):
    """However many names are asked for, the oldest go."""
    for number in range(MOST + 10):
        cache.get(str(number), Service(b"x"))
    assert len(cache._slots) == MOST


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_child_is_not_held_by_its_parents_threads(cache):
    """A fork while a thread asks leaves the child a cache that answers."""
    asking, answer = threading.Event(), threading.Event()

    def slow():
        asking.set()
        answer.wait(10)
        return b"parent's"

    thread = threading.Thread(target=cache.get, args=("a", slow))
    thread.start()
    asking.wait(5)
    child, status = os.fork(), 1
    if not child:
        try:
            status = 0 if cache.get("a", Service(b"child's")) == b"child's" else 1
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    answer.set()
    thread.join()
    assert status == 0


@pytest.mark.parametrize("code", ["secrets_timeout", "secrets_unauthenticated"])
def test_a_service_that_is_down_is_left_alone(clock, code):
    """After so many failures in a row calls fail at once with the last reason, until one tries again."""
    breaker, service = CircuitBreaker(clock), Service(*[error(code)] * (LIMIT + 1), b"back")
    for _ in range(LIMIT + 20):
        with pytest.raises(SecretError, match="did not answer"):
            breaker.call(service)
    assert service.calls == LIMIT
    clock.now += PAUSE
    with pytest.raises(SecretError):
        breaker.call(service)
    with pytest.raises(SecretError):
        breaker.call(service)
    assert service.calls == LIMIT + 1
    clock.now += PAUSE
    assert [breaker.call(service) for _ in range(3)] == [b"back"] * 3


@pytest.mark.parametrize("code", ["secret_corrupt", "secrets_denied"])
def test_one_bad_secret_breaks_no_circuit(clock, code):
    """A secret that arrives altered, or is denied, keeps no other from being read."""
    breaker = CircuitBreaker(clock)
    for _ in range(LIMIT * 2):
        with pytest.raises(SecretError):
            breaker.call(Service(error(code)))
    assert breaker.call(Service(b"healthy")) == b"healthy"


def test_what_was_disabled_stops_at_once(cache, clock):
    """That a version is disabled is an answer, and no reason to serve it on."""
    service = Service(b"leaked", error("secret_not_enabled"))
    cache.get("a", service)
    clock.now += CACHING.fresh
    for _ in range(3):
        with pytest.raises(SecretError):
            cache.get("a", service)
        clock.now += 20


def test_what_no_waiting_changes_does_not_break_the_circuit(clock):
    """A denied secret keeps no other from being read."""
    breaker, service = CircuitBreaker(clock), Service(error("secrets_denied"))
    for _ in range(LIMIT * 2):
        with pytest.raises(SecretError):
            breaker.call(service)
    assert service.calls == LIMIT * 2


def _run(target, number):
    workers = [threading.Thread(target=target) for _ in range(number)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
