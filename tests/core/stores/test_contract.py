"""What every store does, whichever it is."""

from __future__ import annotations

import math
import pickle  # noqa: TID251 - to see it refused
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from watchword.stores.memory import MemoryStore
from watchword.tokens.record import Lease, Pause, Record, Refusal, StoreTime
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", "Bearer", 3600.0, "read", "canary-refresh", 86400.0)
MOMENT = StoreTime("boot", 12.5, 1.7e9)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    return request.getfixturevalue({"sqlite": "sqlite", "postgres": "shared"}[request.param]).open()


def named(name, generation=1):
    return lambda record, _: replace(record, name=name, generation=generation, token=TOKEN)


def grow(record, _):
    return replace(record, generation=record.generation + 1)


def test_nothing_is_an_empty_record(store):
    """A key under which nothing is kept gives an empty record of generation 0, and leaves no trace."""
    assert store.load("k").record == Record("k")
    assert store.change("k", lambda record, _: record).record == Record("k")
    assert list(store.records()) == []


def test_a_record_comes_back_as_it_was_kept(store):
    """Every field of a record survives, the token's secrets included."""
    kept = Record(
        key="k",
        name="acme \N{SNOWMAN} \0 \udcff \\",
        method="m",
        host="h",
        generation=7,
        token=replace(TOKEN, lifetime=math.inf),
        request_fingerprint="g",
        obtained=MOMENT,
        rotates=False,
        lease=Lease("o", MOMENT),
        attempt=2,
        pause=Pause(MOMENT, "c", "m"),
        refusal=Refusal("of", "c", "m", MOMENT),
        renewed=MOMENT,
    )
    assert store.change("k", lambda *_: kept).record == kept
    assert store.load("k").record == kept
    assert [snapshot.record for snapshot in store.records()] == [kept]


@pytest.mark.parametrize("key", ["a\0b", "a\\0b", "\udcff", "\\udcff", "\N{SNOWMAN}", "'; --", ""])
def test_keys_are_any_text(store, key):
    """Keys of any characters are kept apart and come back."""
    for other in ("a\0b", "a\\0b", "\udcff", "\\udcff"):
        store.change(other, named(f"of {other!r}"))
    store.change(key, named("mine"))
    assert store.load(key).record == Record(key, name="mine", generation=1, token=TOKEN)
    assert store.load("a\0b" if key != "a\0b" else "\udcff").record.name != "mine"
    store.delete(key)
    assert store.load(key).record == Record(key)


def test_records_are_ordered(store):
    """Records come by name, then by method."""
    for key, name, method in [("1", "b", "z"), ("2", "a", "z"), ("3", "b", "a")]:
        store.change(
            key, lambda record, _, name=name, method=method: replace(record, name=name, method=method)
        )
    assert [snapshot.record.key for snapshot in store.records()] == ["2", "3", "1"]


def test_a_step_that_fails_changes_nothing(store):
    """An exception of a step comes out as it is, and the record stays."""
    store.change("k", named("before"))

    def fail(record, _):
        raise ZeroDivisionError

    for key in ("k", "new"):
        with pytest.raises(ZeroDivisionError):
            store.change(key, fail)
    assert store.load("k").record.name == "before"
    assert len(store.records()) == 1


def test_delete_forgets(store):
    """A record that was deleted is gone, and deleting it again raises nothing."""
    store.change("k", named("n"))
    store.delete("k")
    store.delete("k")
    assert store.load("k").record == Record("k")


def test_no_change_is_lost_among_threads(store):
    """32 threads that change one record, new at first, each see what those before left."""
    with ThreadPoolExecutor(32) as pool:
        seen = list(pool.map(lambda _: store.change("k", grow).record.generation, range(96)))
    assert sorted(seen) == list(range(1, 97))
    assert store.load("k").record.generation == 96


def test_a_lease_is_one_threads(store):
    """Of 32 threads that want a lease at once one has it."""
    barrier = threading.Barrier(32)

    def take(owner):
        barrier.wait()
        granted = store.change(
            "k", lambda record, now: record.leased(owner, now.after(60)) if record.free(now) else record
        )
        return granted.record.held_by(owner, granted.now)

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(take, map(str, range(32)))) == 1


def test_a_lease_ends(store):
    """A lease that is over is free for the next one."""
    store.change("k", lambda record, now: record.leased("first", now.after(-1)))
    found = store.load("k")
    assert found.record.free(found.now)


def test_the_clock_runs(store):
    """The store's time grows, by one epoch, beside the wall clock."""
    first, second = store.change("k", grow).now, store.load("k").now
    assert second.epoch == first.epoch
    assert second.tick >= first.tick
    assert second.since(first) >= 0
    assert store.records()[0].now.tick >= second.tick


def test_a_draft_serves_once(store):
    """Of 16 threads that want a draft one has it, and nobody afterwards."""
    store.keep_draft("state", {"verifier": "canary \N{SNOWMAN}"}, 600)
    with ThreadPoolExecutor(16) as pool:
        found = [draft for draft in pool.map(lambda _: store.take_draft("state"), range(16)) if draft]
    assert found == [{"verifier": "canary \N{SNOWMAN}"}]
    assert store.take_draft("state") is None
    assert store.take_draft("another") is None


def test_a_draft_ends(store):
    """A draft that is over is none, and is swept away when another is kept."""
    store.keep_draft("state", {}, 0)
    assert store.take_draft("state") is None
    store.keep_draft("old", {}, -1)
    store.keep_draft("new", {"a": "b"}, 600)
    assert store.take_draft("old") is None
    assert store.take_draft("new") == {"a": "b"}


def test_a_draft_is_replaced(store):
    """What is kept for a state again stands in the place of what was."""
    store.keep_draft("state", {"n": "1"}, 0)
    store.keep_draft("state", {"n": "2"}, 600)
    assert store.take_draft("state") == {"n": "2"}


def test_a_draft_may_be_read_before_it_serves(store):
    """A draft that is read stays until it is taken; one that is over or unknown can't be read."""
    store.keep_draft("state", {"verifier": "canary"}, 600)
    assert [store.read_draft("state") for _ in range(2)] == [{"verifier": "canary"}] * 2
    assert store.take_draft("state") == {"verifier": "canary"}
    assert store.read_draft("state") is None
    store.keep_draft("old", {}, 0)
    assert store.read_draft("old") is None


def test_a_claim_can_be_given_back_by_its_owner(store):
    """A record that gives its claim back lets another one claim the refresh token; no other record can."""
    assert store.claim("imported", "a")
    store.unclaim("imported", "b")
    assert not store.claim("imported", "b")
    store.unclaim("imported", "a")
    assert store.claim("imported", "b")
    assert not store.claim("imported", "a")


def test_a_claim_is_for_ever(store):
    """The first record that claims a refresh token has it, also after it was deleted."""
    assert store.claim("imported", "a")
    assert store.claim("imported", "a")
    assert not store.claim("imported", "b")
    store.delete("a")
    assert not store.claim("imported", "b")
    assert store.claim("another", "b")


def test_one_of_many_claims_wins(store):
    """Of 16 threads that claim a refresh token for a record each, one succeeds."""
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(lambda key: store.claim("imported", key), map(str, range(16)))) == 1


def test_what_is_sealed_opens_in_its_context_alone(store):
    """Sealed content shows nothing, comes back in its context, and is refused in another or when changed."""
    sealed = store.seal(b"canary", "spill a")
    assert b"canary" not in sealed
    assert sealed != store.seal(b"canary", "spill a")
    assert store.unseal(sealed, "spill a") == b"canary"
    for wrong, context in [(sealed, "spill b"), (sealed[:-1] + b"\0\0", "spill a"), (b"", "spill a")]:
        with pytest.raises(StoreError) as caught:
            store.unseal(wrong, context)
        assert caught.value.code == "store_key_wrong"
        assert store.display_url in str(caught.value)


@pytest.fixture(params=["history", "contrasts"])
def notes(request, store):
    """Give each table of notes of a store."""
    return getattr(store, request.param)


def add(notes, name, more):
    return notes.change(name, lambda content, _: content + more)


def test_nothing_noted_is_none(store, notes):
    """A name under which nothing is noted has no note, and counts no record."""
    assert notes.get("a") is None
    assert notes.all() == {}
    assert (store.count("a"), store.forget("a")) == (0, 0)


def test_notes_of_any_names_are_kept_apart(notes):
    """What is noted comes back by the same name alone, with the store's time, whatever the name holds."""
    names = [
        "a\0b",
        "a\\0b",
        "\udcff",
        "\\udcff",
        "a:b",
        "'; --",
        "\\",
        "\U0001f511" * 250,
    ]
    for number, name in enumerate(names):
        assert add(notes, name, b"%d" % number) is None
    for name in names:
        add(notes, name, b" canary \0\xff\n")
    assert {name: notes.get(name).content for name in names} == {
        name: b"%d canary \0\xff\n" % number for number, name in enumerate(names)
    }
    found = notes.all()
    assert {name: noted.content for name, noted in found.items()} == {
        name: notes.get(name).content for name in names
    }
    assert not notes.get(names[0]).now.before(found[names[0]].now)


def test_forgetting_a_name_deletes_its_history(store):
    """A history counts as a record of its name: it is forgotten with the name, and no other is."""
    store.change("k", named("a"))
    for name in ("a", "a:b", "b"):
        add(store.history, name, b"1")
    assert (store.count("a"), store.forget("a"), store.count("a")) == (2, 2, 0)
    assert set(store.history.all()) == {"a:b", "b"}
    add(store.history, "a", b"2")
    assert store.history.get("a").content == b"2"


def test_contrasts_belong_to_no_connection(store):
    """A contrast neither counts as a record of a name nor is it forgotten with one, or seen as a history."""
    add(store.contrasts, "a", b"refused")
    add(store.history, "a", b"noted")
    assert (store.count("a"), store.forget("a"), store.count("a")) == (1, 1, 0)
    assert store.history.all() == {}
    assert store.contrasts.get("a").content == b"refused"


def test_a_note_that_fails_changes_nothing(notes):
    """An exception of a note comes out as it is, and the note stays."""
    add(notes, "a", b"before")

    def fail(content, _):
        raise ZeroDivisionError

    for name in ("a", "new"):
        with pytest.raises(ZeroDivisionError):
            notes.change(name, fail)
    assert {name: noted.content for name, noted in notes.all().items()} == {"a": b"before"}


def test_no_note_is_lost_among_threads(notes):
    """32 threads that note under one name, new at first, each add to what those before left."""
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: add(notes, "a", b"%d," % number), range(96)))
    assert sorted(map(int, notes.get("a").content.split(b",")[:-1])) == list(range(96))


def test_fingerprints_tell_apart_and_tell_nothing(store):
    """Equal parts have equal fingerprints, others differ, and no part shows."""
    found = store.fingerprint("canary", None, ("a", 1))
    assert found == store.fingerprint("canary", None, ("a", 1))
    others = [("canary", "None", ("a", 1)), ("canary", None, "a", 1), ("canary",), (("canary", None),)]
    assert len({found, *(store.fingerprint(*parts) for parts in others)}) == 5
    assert "canary" not in found
    assert MemoryStore().fingerprint("canary", None, ("a", 1)) != found


def test_a_store_is_never_pickled(store):
    """Neither a store nor what it holds goes into a pickle, and no secret into a repr."""
    store.change("k", named("n"))
    for secretive in (store, store.load("k").record):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(secretive)
    assert "canary" not in f"{store!r} {store.load('k')!r} {vars(store)!r}".replace("canary-access'", "")
