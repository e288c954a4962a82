"""Histories and contrasts in a database: encrypted, rekeyed, swept; a store that fails is named."""

from __future__ import annotations

from collections import Counter

import pytest

from watchword.stores import sql_notes, sweeping
from watchword.stores.encryption import new_key
from watchword.stores.rows import column, from_column
from watchword.tokens.token_store import StoreError

DAY = 86400.0
TABLES = {"history": "watchword_history", "contrasts": "watchword_contrasts"}


@pytest.fixture(params=TABLES)
def kind(request):
    """Give the name of each table of notes, as an attribute of a store."""
    return request.param


def note(store, kind, name, content=b"canary"):
    return getattr(store, kind).change(name, lambda *_: content)


def noted(store, kind, name):
    return getattr(store, kind).get(name)


def note_before(monkeypatch, store, kind, name, days):
    """Note something so many days ago."""
    with monkeypatch.context() as patched:
        database = store._session.database
        now = database.now
        patched.setattr(database, "now", lambda connection: now(connection).after(-days * DAY), raising=False)
        note(store, kind, name)


@pytest.mark.parametrize("text", ["", "a", "\\", "\\\\0", "\0", "\udcff\\udcff", "a\0b:\\\N{SNOWMAN}"])
def test_a_column_gives_its_text_back(text):
    """Every text comes back from the form that it has in a column."""
    assert from_column(column(text)) == text


def test_reading_makes_no_store(sqlite, sqlite_file, kind):
    """A store that doesn't exist has no notes, and looking for one doesn't create it."""
    assert noted(sqlite.open(), kind, "acme") is None
    assert getattr(sqlite.open(), kind).all() == {}
    assert not sqlite_file.exists()


def test_no_content_lies_in_the_tables(shared, kind):
    """What is noted stands in no table of PostgreSQL, its name does."""
    note(shared.open(), kind, "acme")
    rows = str(shared.run(f"SELECT t::text FROM {TABLES[kind]} t"))  # noqa: S608 - ours
    assert "acme" in rows
    assert b"canary".hex() not in rows


def test_notes_are_rekeyed(place, kind):
    """After rekeying, a note opens with the new key alone."""
    old, new = new_key(), new_key()
    note(place.open(old), kind, "acme")
    assert place.open(f"{new},{old}").rekey() == 1
    assert noted(place.open(new), kind, "acme").content == b"canary"
    with pytest.raises(StoreError) as caught:
        noted(place.open(old), kind, "acme")
    assert caught.value.code == "store_key_wrong"


def test_a_history_of_a_key_that_is_gone_stops_a_rekeying_until_it_begins_anew(place):
    """A history that no key opens is named with what to do, and after the next note rekeying goes on."""
    old, new, lost = new_key(), new_key(), new_key()
    note(place.open(old), "history", "acme")
    note(place.open(f"{lost},{old}"), "history", "acme")
    both = place.open(f"{new},{old}")
    with pytest.raises(StoreError, match=r"the history of 'acme'.*Validate the connection again") as caught:
        both.rekey()
    assert caught.value.code == "store_key_wrong"
    assert note(both, "history", "acme", b"new").code == "store_key_wrong"
    assert both.rekey() == 1
    assert noted(place.open(new), "history", "acme").content == b"new"


def test_a_contrast_of_a_key_that_is_gone_stops_no_rekeying(place):
    """A contrast that no key opens is deleted by a rekeying, and the others are encrypted anew."""
    old, new, lost = new_key(), new_key(), new_key()
    note(place.open(old), "contrasts", "kept")
    for name in ("lost", "replaced"):
        note(place.open(f"{lost},{old}"), "contrasts", name)
    both = place.open(f"{new},{old}")
    with pytest.raises(StoreError, match=r"the contrast of 'lost'.*Validate the connection again") as caught:
        noted(both, "contrasts", "lost")
    assert caught.value.code == "store_key_wrong"
    assert note(both, "contrasts", "replaced", b"new").code == "store_key_wrong"
    assert both.rekey() == 2
    found = place.open(new).contrasts.all()
    assert {name: each.content for name, each in found.items()} == {"kept": b"canary", "replaced": b"new"}


def test_a_store_that_can_t_be_used_is_named(place, kind):
    """With another key or a newer version each call fails with an error that says so, and changes nothing."""
    place.key = new_key()
    note(place.open(), kind, "acme")

    def assert_all_fail(store, code):
        notes = getattr(store, kind)
        for use in (notes.all, lambda: notes.get("acme"), lambda: note(store, kind, "acme")):
            with pytest.raises(StoreError) as caught:
                use()
            assert caught.value.code == code

    assert_all_fail(place.open(new_key()), "store_key_wrong")
    [(version,)] = place.run("SELECT value FROM watchword_meta WHERE name = 'version'")
    place.run("UPDATE watchword_meta SET value = '9' WHERE name = 'version'")
    assert_all_fail(place.open(), "store_newer")
    place.run("UPDATE watchword_meta SET value = ? WHERE name = 'version'", version)
    assert noted(place.open(), kind, "acme").content == b"canary"


def assert_swept(place, monkeypatch, kind, days):
    """Expect notes older than so many days to go when another begins; younger and damaged ones stay."""
    store = place.open()
    monkeypatch.setattr(sweeping, "sweep_notes", lambda *_: None)
    ages = [("old", days + 1), ("young", days - 1), ("damaged", days + 1), ("ahead", -days - 1)]
    for name, age in ages:
        note_before(monkeypatch, store, kind, name, age)
    monkeypatch.undo()
    place.run(f"UPDATE {TABLES[kind]} SET changed = '{{}}' WHERE name = 'damaged'")  # noqa: S608 - ours
    note(store, kind, "young")
    assert set(getattr(store, kind).all()) == {"old", "young", "damaged", "ahead"}
    note(store, kind, "new")
    assert set(getattr(store, kind).all()) == {"young", "damaged", "ahead", "new"}


def test_a_history_ends_a_year_after_its_last_verdict(place, monkeypatch):
    """A new history deletes those that nobody has added to for a year; younger and damaged ones stay."""
    assert_swept(place, monkeypatch, "history", 365)


def test_a_contrast_ends_two_days_after_its_last_change(place, monkeypatch):
    """A new contrast deletes those that nobody has changed for two days; younger and damaged ones stay."""
    assert_swept(place, monkeypatch, "contrasts", 2)


@pytest.mark.parametrize(("begun", "other"), [("contrasts", "history"), ("history", "contrasts")])
def test_a_new_note_deletes_none_of_the_other_table(place, monkeypatch, begun, other):
    """A new contrast leaves old histories alone, and a new history leaves old contrasts alone."""
    store = place.open()
    note_before(monkeypatch, store, other, "old", 366)
    note(store, begun, "new")
    assert set(getattr(store, other).all()) == {"old"}


def test_a_sweep_that_fails_takes_no_note_away(place, monkeypatch, kind):
    """A note is stored although looking for old ones fails."""

    def fail(*_):
        raise StoreError([])

    monkeypatch.setattr(sql_notes.sweeping, "sweep_notes", fail)
    store = place.open()
    assert note(store, kind, "acme") is None
    assert noted(store, kind, "acme").content == b"canary"


def test_processes_lose_no_change_of_a_contrast(place, start):
    """Of 8 processes that change one contrast, new at first, four times each, no change is lost."""
    processes = start(place, 8, "contrast", "n", 4).results()
    lines = place.open().contrasts.get("n").content.decode().splitlines()
    assert Counter(lines) == Counter(f"{process} {number}" for process in processes for number in range(4))
