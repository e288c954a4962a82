"""Secrets by name in every store, whichever it is, for its threads and for its processes."""

from __future__ import annotations

import pickle  # noqa: TID251 - to see it refused
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from watchword.errors import SecretError
from watchword.secrets.vault import Vault
from watchword.stores.memory import MemoryStore
from watchword.tokens.token import Token

TOKEN = Token("canary-access", refresh_token="canary-refresh")


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


def version(place, name):
    return place.run("SELECT version FROM watchword_vault WHERE name = ?", name)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    return request.getfixturevalue({"sqlite": "sqlite", "postgres": "shared"}[request.param]).open()


@pytest.fixture
def vault(store):
    return Vault(store)


def test_nothing_is_none(vault):
    """A name under which nothing is kept has no secret, and none can be removed."""
    assert vault.get("a") is None
    assert not vault.remove("a")
    assert list(vault.names()) == []


@pytest.mark.parametrize("payload", [b"", b"\0\xff", b'{"canary": 1}', b"x" * 65536], ids=len)
def test_a_secret_comes_back_as_it_was_kept(vault, payload):
    """Any bytes up to 64 KiB survive."""
    vault.put("a", payload)
    assert vault.get("a") == payload
    assert vault.remove("a")
    assert vault.get("a") is None


def test_a_secret_is_replaced(vault):
    """What is put again stands in the place of what was, and another name is untouched."""
    vault.put("a", b"1")
    vault.put("b", b"2")
    vault.put("a", b"3")
    assert (vault.get("a"), vault.get("b")) == (b"3", b"2")


def test_names_differ_in_case_and_are_sorted(vault):
    """Names come in the order of their characters, those with a prefix alone if one is given."""
    for name in ("b", "A_b", "a_b", "a-b", "aXb"):
        vault.put(name, name.encode())
    assert vault.names() == ["A_b", "a-b", "aXb", "a_b", "b"]
    assert vault.names("a_") == ["a_b"]
    assert vault.names("a%") == vault.names("\0") == []
    assert vault.get("A_b") == b"A_b"
    assert vault.get("B") is None


def test_all_contents_are_read_at_once(vault):
    """The secrets with a prefix come with their names, sorted, and without a prefix all come."""
    assert vault.contents() == {}
    for name in ("b_2", "a_1", "a_0"):
        vault.put(name, name.encode())
    assert list(vault.contents("a_").items()) == [("a_0", b"a_0"), ("a_1", b"a_1")]
    assert list(vault.contents()) == ["a_0", "a_1", "b_2"]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "a.b", "a\n", "\N{SNOWMAN}", "x" * 256])
def test_an_illegal_name_is_refused(vault, name):
    """A text that can't be a name is refused by each call, before anything is kept."""
    for use in (vault.get, vault.remove, lambda name: vault.put(name, b"canary")):
        with pytest.raises(SecretError) as caught:
            use(name)
        assert caught.value.code == "secret_name_illegal"
    assert list(vault.names()) == []


def test_what_is_too_large_is_refused(vault):
    """More than 64 KiB are refused, and what was there stays."""
    vault.put("x" * 255, b"1")
    with pytest.raises(SecretError) as caught:
        vault.put("x" * 255, b"x" * 65537)
    assert caught.value.code == "secret_too_large"
    assert vault.get("x" * 255) == b"1"


def test_threads_never_see_a_torn_secret(vault):
    """Of 16 threads that put and read one secret, each reads what one of them has put."""
    payloads = [bytes([number]) * 20_000 for number in range(16)]

    def use(payload):
        vault.put("a", payload)
        return vault.get("a")

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(use, payloads)) <= set(payloads)
    assert vault.get("a") in payloads


def test_secrets_and_tokens_leave_each_other_alone(store, vault):
    """A secret isn't read as a token's record, nor the other way round."""
    store.change("a", save)
    vault.put("a", b"1")
    store.delete("a")
    assert vault.get("a") == b"1"
    assert len(store.records()) == 0
    store.change("a", save)
    assert vault.remove("a")
    assert store.load("a").record.token == TOKEN


def test_a_vault_says_where_it_is_and_no_more(store, vault):
    """Its name for messages is the store's; it is never pickled, and its repr shows nothing."""
    vault.put("a", b"canary")
    assert vault.display_name == f"the vault {store.display_url}"
    assert vault.is_made
    for secretive in (vault, store.vault):
        assert "canary" not in f"{secretive!r} {vars(vault)!r}"
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(secretive)


def test_versions_grow_by_one_and_begin_anew(place):
    """Each put is the next version of its name; one that was removed begins at 1."""
    vault = Vault(place.open())
    for _ in range(3):
        vault.put("a", b"1")
    assert version(place, "a") == [(3,)]
    vault.remove("a")
    vault.put("a", b"2")
    assert version(place, "a") == [(1,)]


def test_the_time_of_a_change_is_the_stores(place):
    """Beside a secret stands when it was kept, by the clock that tokens live by."""
    store = place.open()
    before = store.load("k").now
    Vault(store).put("a", b"1")
    [(first,)] = place.run("SELECT changed FROM watchword_vault")
    Vault(store).put("a", b"1")
    [(second,)] = place.run("SELECT changed FROM watchword_vault")
    assert f'"epoch":"{before.epoch}"' in first
    assert first != second


def test_no_put_is_lost_among_processes(place, start):
    """8 processes that put one new secret each write a version of it, and what stays is one's whole."""
    workers = start(place, 8, "put", "a", 10)
    assert workers.results() == [True] * 8
    assert version(place, "a") == [(80,)]
    found = Vault(place.open()).get("a")
    assert len(set(found.split(b" "))) == 1


def test_processes_may_fork_while_secrets_are_put(place, start):
    """Children that are forked while threads put secrets use the vault as others do."""
    worker = start(place, 1, "fork_vault", "a", 6, 10)
    assert worker.results() == [True]
    assert version(place, "a") == [(60,)]


def test_another_process_finds_the_secrets(place):
    """Two processes that open the same store read and replace each other's secrets."""
    Vault(place.open()).put("a", b"1")
    other = Vault(place.open())
    assert other.get("a") == b"1"
    other.put("a", b"2")
    assert Vault(place.opened[0]).get("a") == b"2"
