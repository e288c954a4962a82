"""The histories in a database: encrypted, rekeyed, swept; a store that fails is named."""

from __future__ import annotations

import pytest

from watchword.stores import sql_history, sweeping
from watchword.stores.encryption import new_key
from watchword.stores.rows import column, from_column
from watchword.tokens.token_store import StoreError

DAY = 86400.0


def note(store, name, content=b"canary"):
    return store.history.change(name, lambda *_: content)


def note_before(monkeypatch, store, name, days):
    """Note something so many days ago."""
    with monkeypatch.context() as patched:
        database = store._session.database
        now = database.now
        patched.setattr(database, "now", lambda connection: now(connection).after(-days * DAY), raising=False)
        note(store, name)


@pytest.mark.parametrize("text", ["", "a", "\\", "\\\\0", "\0", "\udcff\\udcff", "a\0b:\\\N{SNOWMAN}"])
def test_a_column_gives_its_text_back(text):
    """Every text comes back from the form that it has in a column."""
    assert from_column(column(text)) == text


def test_reading_makes_no_store(sqlite, sqlite_file):
    """A store that doesn't exist has no history, and looking for one doesn't create it."""
    assert sqlite.open().history.get("acme") is None
    assert sqlite.open().history.all() == {}
    assert not sqlite_file.exists()


def test_no_content_lies_in_the_tables(shared):
    """What is noted stands in no table of PostgreSQL, its name does."""
    note(shared.open(), "acme")
    rows = str(shared.run("SELECT t::text FROM watchword_history t"))
    assert "acme" in rows
    assert b"canary".hex() not in rows


def test_histories_are_rekeyed(place):
    """After rekeying, a history opens with the new key alone."""
    old, new = new_key(), new_key()
    note(place.open(old), "acme")
    assert place.open(f"{new},{old}").rekey() == 1
    assert place.open(new).history.get("acme").content == b"canary"
    with pytest.raises(StoreError) as caught:
        place.open(old).history.get("acme")
    assert caught.value.code == "store_key_wrong"


def test_a_history_of_a_key_that_is_gone_stops_a_rekeying_until_it_begins_anew(place):
    """A history that no key opens is named with what to do, and after the next note rekeying goes on."""
    old, new, lost = new_key(), new_key(), new_key()
    note(place.open(old), "acme")
    note(place.open(f"{lost},{old}"), "acme")
    both = place.open(f"{new},{old}")
    with pytest.raises(StoreError, match=r"the history of 'acme'.*Validate the connection again") as caught:
        both.rekey()
    assert caught.value.code == "store_key_wrong"
    assert note(both, "acme", b"new").code == "store_key_wrong"
    assert both.rekey() == 1
    assert place.open(new).history.get("acme").content == b"new"


def test_a_store_that_can_t_be_used_is_named(place):
    """With another key or a newer version each call fails with an error that says so, and changes nothing."""
    place.key = new_key()
    note(place.open(), "acme")
    stranger = place.open(new_key())
    for use in (stranger.history.all, lambda: stranger.history.get("acme"), lambda: note(stranger, "acme")):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.code == "store_key_wrong"
    [(version,)] = place.run("SELECT value FROM watchword_meta WHERE name = 'version'")
    place.run("UPDATE watchword_meta SET value = '9' WHERE name = 'version'")
    store = place.open()
    for use in (store.history.all, lambda: store.history.get("acme"), lambda: note(store, "acme")):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.code == "store_newer"
    place.run("UPDATE watchword_meta SET value = ? WHERE name = 'version'", version)
    assert place.open().history.get("acme").content == b"canary"


def test_a_history_ends_a_year_after_its_last_verdict(place, monkeypatch):
    """A new history deletes those that nobody has added to for a year; younger and damaged ones stay."""
    store = place.open()
    monkeypatch.setattr(sweeping, "sweep_histories", lambda *_: None)
    for name, days in [("old", 366), ("young", 364), ("damaged", 366), ("ahead", -366)]:
        note_before(monkeypatch, store, name, days)
    monkeypatch.undo()
    place.run("UPDATE watchword_history SET changed = '{}' WHERE name = 'damaged'")
    note(store, "young")
    assert set(store.history.all()) == {"old", "young", "damaged", "ahead"}
    note(store, "new")
    assert set(store.history.all()) == {"young", "damaged", "ahead", "new"}


def test_a_sweep_that_fails_takes_no_note_away(place, monkeypatch):
    """A note is stored although looking for old histories fails."""

    def fail(*_):
        raise StoreError([])

    monkeypatch.setattr(sql_history.sweeping, "sweep_histories", fail)
    store = place.open()
    assert note(store, "acme") is None
    assert store.history.get("acme").content == b"canary"
