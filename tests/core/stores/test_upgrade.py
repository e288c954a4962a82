"""Stores that an earlier version has made: brought up to date at their first use, and nothing is lost."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

import psycopg
import pytest

from tests.support.former_store import TOKEN, FormerStore, former_version
from watchword.stores import schema, upgrades
from watchword.stores.encryption import new_key
from watchword.stores.rows import to_text
from watchword.stores.sql_session import SqlSession
from watchword.tokens.fingerprint import fingerprint
from watchword.tokens.record import Record, StoreTime
from watchword.tokens.token_store import StoreError

LATER = to_text(StoreTime("another boot", 0.0, 1e11))


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


@pytest.fixture(params=[1, 2])
def former(request, place):
    """Give a store of an earlier version with a token, a record without one, a claim, a draft and secrets."""
    store = FormerStore(place, request.param)
    store.add_token("k", "acme")
    store.add_row("l", "signed out", 4, '{"key":"l","name":"signed out","imported":"i"}', None)
    store.add_claim("imported", "k")
    store.add_draft(fingerprint(b"salt" * 8, ("draft", "state")), {"a": "b"}, LATER)
    if request.param > 1:
        store.add_secret("a", b"canary")
    return store


def test_what_an_earlier_store_holds_is_found(former):
    """At its first use an earlier store is upgraded, and keeps everything that it holds."""
    had_vault = former.version == "2"
    store = former.place.open()
    assert store.load("k").record == Record("k", "acme", generation=1, token=TOKEN)
    assert former.version == str(schema.VERSION)
    assert store.load("l").record == Record("l", "signed out", generation=4, imported="i")
    assert len(store.records()) == 2
    assert store.change("k", save).record.generation == 2
    assert (store.claim("imported", "k"), store.claim("imported", "another")) == (True, False)
    assert store.take_draft("state") == {"a": "b"}
    assert store.vault.get("a") == (b"canary" if had_vault else None)
    store.vault.put("a", b"canary of now")
    assert former.place.open().vault.get("a") == b"canary of now"
    assert store.history.all() == {}
    store.history.change("acme", lambda *_: b"noted")
    assert former.place.open().history.get("acme").content == b"noted"
    assert store.contrasts.all() == {}
    store.contrasts.change("n", lambda *_: b"refused")
    assert former.place.open().contrasts.get("n").content == b"refused"


def test_the_vault_is_there_at_once(former):
    """A first read of the vault upgrades the store, and the token is still there."""
    names = ["a"] if former.version == "2" else []
    assert list(former.place.open().vault.names()) == names
    assert former.place.open().load("k").record.token == TOKEN


def test_a_key_of_many_decrypts_an_earlier_store(former):
    """A store whose rows are of the second key is upgraded, and sealed with the first one."""
    old, new = former.place.key, new_key()
    assert former.place.open(f"{new},{old}").load("k").record.token == TOKEN
    assert former.place.open(new).load("k").record.token == TOKEN


def test_a_token_in_the_clear_is_not_taken_over(former):
    """A row of an earlier store that holds a token without encryption is refused before and after."""
    forged = {"access_token": "forged", "token_type": "Bearer", "lifetime": 1e9}
    former.add_row("f", "forged", 1, json.dumps({"key": "f", "name": "forged", "token": forged}), None)
    store = former.place.open()
    for use in (lambda: store.load("f"), lambda: store.change("f", save), store.records):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.code in {"store_damaged", "store_key_wrong"}
        assert "'forged'" in str(caught.value)
    assert store.load("k").record.token == TOKEN
    assert store.forget("forged") == 1
    assert len(store.records()) == 2


def test_a_row_that_no_key_opens_stops_no_upgrade(former):
    """A row of another key, or one that was altered, is refused after the upgrade, and the others serve."""
    former.place.run("UPDATE watchword_tokens SET generation = 7 WHERE key = 'k'")
    former.add_token("m", "other")
    store = former.place.open()
    assert store.load("m").record.token == TOKEN
    with pytest.raises(StoreError) as caught:
        store.load("k")
    assert caught.value.code == "store_key_wrong"


@pytest.mark.parametrize("is_open", [True, False])
def test_the_version_is_not_set_back(former, is_open):
    """A store that was upgraded doesn't become an earlier one by its version or an earlier check value."""
    store = former.place.open()
    store.load("k")
    place = former.place
    if not is_open:
        store = place.open()
    for version in ("1", "2"):
        place.run("UPDATE watchword_meta SET value = ? WHERE name = 'version'", version)
        with pytest.raises(StoreError) as caught:
            store.load("k")
        assert caught.value.code == "store_damaged"
    former.describe(2)  # with all that the earlier store knew about itself, and its keys
    for use in (place.open().records, place.open().rekey, lambda: place.open().vault.put("a", b"1")):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.code == "store_damaged"
        assert "watchword_revisions" in str(caught.value)


def test_an_earlier_version_leaves_an_upgraded_store_alone(place, monkeypatch):
    """A process of an earlier version says that the store is newer, if it has it open or not."""
    old = place.open()
    old.change("k", save)
    place.run("UPDATE watchword_meta SET value = ? WHERE name = 'version'", str(schema.VERSION + 1))
    for store in (old, place.open()):
        with pytest.raises(StoreError) as caught:
            store.load("k")
        assert caught.value.code == "store_newer"


def test_what_the_earlier_version_writes_later_is_not_believed(former):
    """PostgreSQL refuses a row without encryption after the upgrade; other late rows are not believed."""
    store = former.place.open()
    store.load("k")
    former.add_token("late", "late")
    with pytest.raises(StoreError) as caught:
        store.load("late")
    assert caught.value.code == "store_key_wrong"
    if former.place.url.startswith("sqlite"):
        former.add_row("empty", "late", 0, '{"key":"empty","name":"late"}', None)
        with pytest.raises(StoreError) as caught:
            store.load("empty")
        assert caught.value.code == "store_damaged"
    else:
        with pytest.raises(psycopg.errors.NotNullViolation):
            former.add_row("empty", "late", 0, '{"key":"empty","name":"late"}', None)


def test_a_wrong_key_upgrades_nothing(former):
    """A process that can't open the store leaves it as it is."""
    version = former.version
    with pytest.raises(StoreError) as caught:
        former.place.open(new_key()).vault.put("a", b"canary")
    assert caught.value.code == "store_key_wrong"
    assert former.version == version


def test_an_upgrade_is_all_or_nothing(former, monkeypatch):
    """One that fails leaves the store of its version, for the next to bring up to date."""
    version = former.version

    def fail(work):
        upgrades.seal_rows(work)
        raise ZeroDivisionError

    monkeypatch.setattr(upgrades, "UPGRADES", MappingProxyType({**upgrades.UPGRADES, 2: fail}))
    with pytest.raises(ZeroDivisionError):
        former.place.open().load("k")
    monkeypatch.undo()
    assert former.version == version
    assert former.place.open().load("k").record.token == TOKEN


def test_processes_may_upgrade_at_once(former, start):
    """Of 8 processes that find an earlier store each uses one that was upgraded once."""
    assert start(former.place, 8, "put", "a", 2).results() == [True] * 8
    assert former.place.open().load("k").record.token == TOKEN
    assert former.version == str(schema.VERSION)


def test_a_backup_of_an_earlier_version_is_upgraded_in_its_turn(former):
    """A process that has the store open finds an earlier one in its place, which is upgraded too."""
    version, place = int(former.version), former.place
    tables = ["meta", "tokens", "claims", "drafts", *(["vault"] if version > 1 else [])]
    copies = {name: place.run(f"SELECT * FROM watchword_{name}") for name in tables}  # noqa: S608 - ours
    store = place.open()
    store.change("k", save)
    for name in ("meta", "tokens", "claims", "drafts", "vault", "revisions"):
        place.run(f"DROP TABLE watchword_{name}")
    former.create(version)
    place.run("DELETE FROM watchword_meta")
    for name, rows in copies.items():
        for row in rows:
            marks = ", ".join("?" for _ in row)
            place.run(f"INSERT INTO watchword_{name} VALUES ({marks})", *row)  # noqa: S608 - ours
    assert store.load("k").record.generation == 1
    assert former.version == str(schema.VERSION)


@pytest.fixture(params=[3, 4])
def sealed_version(request):
    """Give a former version whose rows are sealed as those of the present one, but which has fewer tables."""
    return request.param


@pytest.fixture
def sealed(place, sealed_version, monkeypatch):
    """Give the place of a store of such a version, with a token, a secret and, from 4 on, a history."""
    place.key = place.key or new_key()
    with as_version(sealed_version, monkeypatch):
        store = place.open()
        store.change("k", save)
        store.vault.put("a", b"canary")
        if sealed_version > 3:
            store.history.change("old", lambda *_: b"noted before")
    assert version_of(place) == str(sealed_version)
    return place


def version_of(place):
    [(version,)] = place.run("SELECT value FROM watchword_meta WHERE name = 'version'")
    return version


@contextmanager
def as_version(version, monkeypatch):
    """Have this process work as a former version did, whose tables were the same but for the later ones."""
    with monkeypatch.context() as patched:
        former_version(version, patched.setattr)
        yield


def note(store):
    store.history.change("acme", lambda *_: b"noted")
    store.contrasts.change("n", lambda *_: b"refused")


def has_notes(store):
    return store.history.get("acme").content == b"noted" and store.contrasts.get("n").content == b"refused"


def test_a_former_store_gets_the_later_tables(sealed, sealed_version):
    """A store of version 3 or 4 keeps what it has, which isn't sealed again, and gets the missing tables."""
    rows = "SELECT * FROM watchword_revisions ORDER BY 1, 2"
    before = sealed.run(rows)
    store = sealed.open()
    assert store.contrasts.all() == {}
    assert {name: noted.content for name, noted in store.history.all().items()} == (
        {"old": b"noted before"} if sealed_version > 3 else {}
    )
    assert version_of(sealed) == str(schema.VERSION)
    assert sealed.run(rows) == before
    assert store.load("k").record.token == TOKEN
    assert store.vault.get("a") == b"canary"
    note(store)
    assert has_notes(sealed.open())


def test_a_rolling_upgrade_loses_nothing(sealed, sealed_version, start):
    """Processes of a former version write until one of this version comes, then they say `store_newer`."""
    workers = [start(sealed, 3, "until_newer", "k", sealed_version)]
    store = sealed.open()
    note(store)
    found = [each for worker in workers for each in worker.results()]
    assert {code for _, code in found} == {"store_newer"}
    assert store.load("k").record.generation == 1 + sum(changes for changes, _ in found)
    assert has_notes(store)


def test_a_former_version_that_sets_the_version_back_harms_nothing(sealed, sealed_version, monkeypatch):
    """A former process that ends a rekeying during the upgrade leaves a store to be upgraded again."""
    store = sealed.open()
    note(store)
    with as_version(sealed_version, monkeypatch):  # its transaction has begun before the upgrade
        work = SqlSession(sealed.url, sealed.key)
        with work.database.transaction() as connection:
            opened = store._session.opener.open_store
            schema.seal(connection, opened.keyring, opened.salt)
    assert version_of(sealed) == str(sealed_version)
    for each in (store, sealed.open()):
        assert each.load("k").record.token == TOKEN
        assert has_notes(each)
    assert version_of(sealed) == str(schema.VERSION)
