"""How long secrets are masked: as long as an owner lives, a little longer, and then no more."""

from __future__ import annotations

import gc
import threading

import pytest

from watchword.redact import registry as registry_module
from watchword.redact.registry import LATE, MOST_LATE, Registry


class Owner:
    """Something that holds secrets."""


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def registry(clock):
    return Registry(clock)


def finds(registry, text):
    return bool(list(registry.index.matches(text.encode())))


def test_a_secret_is_masked_until_its_last_owner_is_gone(registry, clock):
    """Two connections with one secret: it is masked until the second one is gone."""
    first, second = Owner(), Owner()
    registry.register(["shared-secret", "first-secret"], first)
    registry.register(["shared-secret"], second)
    del first
    registry.known()
    clock.now = LATE + 1
    assert "shared-secret" in registry.known()
    assert "first-secret" not in registry.known()
    del second
    registry.known()
    clock.now = 2 * (LATE + 1)
    assert registry.known() == frozenset()
    assert not finds(registry, "shared-secret")


def test_an_owner_that_registers_a_secret_again_holds_it_once(registry, clock):
    """Registering twice needs no second end."""
    owner = Owner()
    for _ in range(3):
        registry.register(["secret-again"], owner)
    del owner
    registry.known()
    clock.now = LATE + 1
    assert registry.known() == frozenset()


def test_a_late_line_is_still_clean(registry, clock):
    """A secret stays masked for a while after its owner is gone: an error may be printed later."""
    owner = Owner()
    registry.register(["late-secret"], owner)
    del owner
    registry.known()
    clock.now = LATE - 1
    assert finds(registry, "the late-secret")
    assert registry.is_known("late-secret")


def test_only_so_many_secrets_are_masked_late(registry):
    """Of many secrets whose owners are gone, the last thousand forms stay masked, and no more."""
    for number in range(3 * MOST_LATE):
        registry.register([f"secret-{number:05}"], Owner())
    assert len(registry.known()) <= MOST_LATE + 2
    assert finds(registry, f"secret-{3 * MOST_LATE - 1:05}")
    assert not finds(registry, "secret-00000")


def test_a_secret_that_comes_back_is_new_to_nobody(registry, clock):
    """A secret whose owner is gone is known for a while: a next owner holds it, and no listener is told."""
    told = []
    registry.subscribe(told.append)
    registry.register(["secret-back"], Owner())
    owner = Owner()
    registry.register(["secret-back"], owner)
    clock.now = LATE + 1
    assert finds(registry, "secret-back")
    assert told.count("secret-back") == 1
    del owner


def test_a_lasting_secret_stays_masked(registry, clock):
    """A secret without an owner is masked for ever, even if an owner held it too."""
    registry.register(["key-of-a-store"])
    registry.register(["key-of-a-store"], Owner())
    registry.known()
    clock.now = LATE + 1
    assert "key-of-a-store" in registry.known()


def test_an_owner_may_end_while_its_thread_registers(registry, monkeypatch):
    """The garbage collector may end an owner in the middle of a registration, in the same thread."""
    cycle = Owner()
    cycle.itself = cycle
    registry.register(["secret-of-cycle"], cycle)
    del cycle

    def collecting(secret):
        gc.collect()
        return frozenset({secret})

    monkeypatch.setattr(registry_module, "forms", collecting)
    real = registry.index.add
    monkeypatch.setattr(registry.index, "add", lambda form: (gc.collect(), real(form)))
    done = threading.Thread(target=registry.register, args=(["other-secret"],), daemon=True)
    done.start()
    done.join(30)
    assert not done.is_alive()
    assert "other-secret" in registry.known()


def test_threads_that_register_and_search_see_whole_forms(registry):
    """A thread that searches while others register and release finds what is registered all the time."""
    kept = Owner()
    registry.register(["eyJhbGciOi-kept-secret"], kept)
    stop = threading.Event()

    def churn(thread):
        for number in range(1000):
            registry.register([f"eyJhbGciOi-{thread}-{number}"], Owner())
        stop.set()

    threads = [threading.Thread(target=churn, args=(thread,)) for thread in range(3)]
    for thread in threads:
        thread.start()
    searches = 0
    while not stop.is_set() or searches < 10:
        assert finds(registry, "before eyJhbGciOi-kept-secret after")
        searches += 1
    for thread in threads:
        thread.join()
