"""Rows that a person without the keys has written, copied, put back or deleted: none of them is believed."""

from __future__ import annotations

import ast
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.nightly import usually
from watchword.stores.sql_store import SqlStore
from watchword.tokens import transitions
from watchword.tokens.record import Record
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", refresh_token="canary-refresh")
KEY = f"acme:{'0' * 64}"
FORGED = {"access_token": "forged", "token_type": "Bearer", "lifetime": 1e9, "refresh_token": None}
REFUSALS = {"store_damaged", "store_key_wrong", "store_row_replaced"}
TABLES = {
    "watchword_tokens": ("key", "name", "generation", "state", "secrets"),
    "watchword_vault": ("name", "version", "changed", "content"),
    "watchword_history": ("name", "changed", "content"),
    "watchword_contrasts": ("name", "changed", "content"),
    "watchword_claims": ("imported", "key", "seal"),
    "watchword_drafts": ("state", "content", "until"),
    "watchword_revisions": ("of", "key", "seal"),
    "watchword_meta": ("name", "value"),
}
NOTES = {"history": "watchword_history", "contrasts": "watchword_contrasts"}


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


def lease(record, now):
    return record.leased("owner", now.after(60))


def note(store, name, kind="history"):
    """Note one more thing under a name, and return the error of what could not be read."""
    return getattr(store, kind).change(name, lambda content, _: content + b"canary")


def refuse(use, *codes, word=""):
    """Expect a use to be refused with one of the codes, and without a secret in the message."""
    with pytest.raises(StoreError) as caught:
        use()
    assert caught.value.code in (codes or REFUSALS), caught.value
    assert word in str(caught.value)
    assert "canary" not in str(caught.value)
    return caught.value


def rows(place, table):
    return place.run(f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608 - ours


def put_back(place, table, copied):
    """Have a table hold rows that were copied before."""
    place.run(f"DELETE FROM {table}")  # noqa: S608 - ours
    for row in copied:
        marks = ", ".join("?" for _ in row)
        place.run(f"INSERT INTO {table} VALUES ({marks})", *row)  # noqa: S608 - ours


def without_constraints(place, table):
    """Let every column of a table take any value, as a person may who owns the database."""
    if place.url.startswith("sqlite"):
        place.run(f"ALTER TABLE {table} RENAME TO former")
        columns = TABLES[table]
        keys = columns[:2] if table == "watchword_revisions" else columns[:1]
        place.run(f"CREATE TABLE {table} ({', '.join(columns)}, UNIQUE ({', '.join(keys)}))")
        place.run(f"INSERT INTO {table} SELECT {', '.join(columns)} FROM former")  # noqa: S608 - ours
        place.run("DROP TABLE former")
        return
    place.run(f"ALTER TABLE {table} ALTER COLUMN {TABLES[table][-1]} DROP NOT NULL")


@pytest.fixture
def store(place):
    """Give a store that holds a token of 'acme', and a key if its database makes none."""
    opened = place.open()
    opened.change(KEY, save)
    return opened


@pytest.mark.parametrize("has_row", [True, False])
@pytest.mark.parametrize("revision", ["kept", "deleted"])
def test_a_token_in_the_clear_is_not_believed(place, store, has_row, revision):
    """A row with a token in its state and nothing encrypted is refused, whether there was a row or not."""
    without_constraints(place, "watchword_tokens")
    key = KEY if has_row else f"acme:{'1' * 64}"
    state = json.dumps({"key": key, "name": "acme", "token": FORGED})
    place.run("DELETE FROM watchword_tokens WHERE key = ?", key)
    if revision == "deleted":
        place.run("DELETE FROM watchword_revisions")
    insert = "INSERT INTO watchword_tokens (key, name, generation, state, secrets) VALUES (?, ?, ?, ?, ?)"
    for secrets in (None, b"", b"{}", json.dumps(FORGED).encode()):
        place.run("DELETE FROM watchword_tokens WHERE key = ?", key)
        place.run(insert, key, "acme", 1, state, secrets)
        for each in (store, place.open()):
            for use in (lambda each=each: each.load(key), lambda each=each: each.change(key, lease)):
                refuse(use, word="'acme'")
            refuse(each.records)
            refuse(each.rekey)


@pytest.mark.parametrize("column", ["name = 'other'", "generation = 2", "state = '{}'", "key = 'other:1'"])
def test_a_row_is_authenticated_as_a_whole(place, store, column):
    """Every column of a record belongs to what is encrypted: none of them can be changed alone."""
    store.change(KEY, lambda record, _: replace(record, token=None))  # also without a token
    place.run(f"UPDATE watchword_tokens SET {column}")  # noqa: S608 - ours
    refuse(lambda: store.load("other:1" if column.startswith("key") else KEY))
    refuse(store.records)


CHANGES = {
    "a token": [save, save],
    "a lease": [lease],
    "a lease given back": [lease, lambda record, _: record.released()],
    "the journal": [lease, transitions.journal("owner", 1, 60)],
    "a refusal": [transitions.settle("owner", 1, transitions.Failed("c", "m", 0, refused="of"))],
    "a sign-out": [transitions.forget("")],
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_an_old_row_that_is_put_back_is_noticed(place, store, changes):
    """A record as it was before any change of it is refused, by name and with what to do."""
    for change in changes:
        before = rows(place, "watchword_tokens")
        store.change(KEY, change)
    put_back(place, "watchword_tokens", before)
    for each in (store, place.open()):
        for use in (lambda each=each: each.load(KEY), lambda each=each: each.change(KEY, save), each.records):
            error = refuse(use, "store_row_replaced", word="'acme'")
            assert "watchword store forget" in str(error)
    assert (store.count("acme"), store.forget("acme"), store.count("acme")) == (1, 1, 0)
    assert store.change(KEY, save).record.generation == 1


def test_a_row_of_a_former_life_is_noticed(place, store):
    """A record that was deleted and made again is not the one that it was before, though nothing differs."""
    before = rows(place, "watchword_tokens")
    store.delete(KEY)
    assert store.change(KEY, save).record.generation == 1
    put_back(place, "watchword_tokens", before)
    refuse(lambda: store.load(KEY), "store_row_replaced")


def test_a_row_that_is_put_back_after_its_deletion_is_noticed(place, store):
    """A record that the store has deleted doesn't come back."""
    before = rows(place, "watchword_tokens")
    store.delete(KEY)
    put_back(place, "watchword_tokens", before)
    refuse(lambda: store.load(KEY), "store_row_replaced")
    refuse(store.records, "store_row_replaced")


def test_a_row_that_was_deleted_by_hand_is_noticed(place, store):
    """A record whose row is gone is not a record that never was: its sign-in is not begun anew unnoticed."""
    place.run("DELETE FROM watchword_tokens")
    for each in (store, place.open()):
        for use in (lambda each=each: each.load(KEY), lambda each=each: each.change(KEY, save), each.records):
            refuse(use, "store_row_replaced", word="'acme'")
        refuse(each.rekey, "store_row_replaced")
    assert (store.count("acme"), store.forget("acme")) == (1, 1)
    assert store.load(KEY).record == Record(KEY)
    assert store.change(KEY, save).record.generation == 1


def test_a_revision_is_not_taken_from_another_row(place, store):
    """A revision belongs to its table and key, and a row without one is refused."""
    other = f"other:{'2' * 64}"
    store.change(other, save)
    store.vault.put("a", b"canary")
    copy = "UPDATE watchword_revisions SET seal = (SELECT seal FROM watchword_revisions WHERE key = ?)"
    for change in ((copy, "a"), (copy, other), ("DELETE FROM watchword_revisions",)):
        place.run(f"{change[0]} WHERE key = ?", *change[1:], KEY)
        refuse(lambda: store.load(KEY))
        refuse(lambda: store.change(KEY, save))


def test_nothing_but_the_pair_can_be_put_back(place, store):
    """A row can be put back with its revision only: this is not noticed, as docs/security.md says."""
    before = {table: rows(place, table) for table in ("watchword_tokens", "watchword_revisions")}
    store.change(KEY, save)
    for table, copied in before.items():
        put_back(place, table, copied)
    assert store.load(KEY).record.generation == 1


@pytest.mark.parametrize("make_again", [False, True])
def test_an_old_secret_that_is_put_back_is_noticed(place, store, make_again):
    """A secret of the vault as it was before is refused, also if it was removed and stored again since."""
    vault = store.vault
    vault.put("a", b"canary-old")
    before = rows(place, "watchword_vault")
    if make_again:
        vault.remove("a")
    vault.put("a", b"canary-new")
    put_back(place, "watchword_vault", before)
    error = refuse(lambda: vault.get("a"), "store_row_replaced", word="'a'")
    assert "watchword secrets set" in str(error)
    assert (list(vault.names()), vault.contents()) == (["a"], {"a": None})
    vault.put("a", b"canary-newest")
    assert vault.get("a") == b"canary-newest"


def test_a_secret_that_was_deleted_by_hand_is_noticed(place, store):
    """A secret whose row is gone is not a secret that never was; it can be removed or stored again."""
    vault = store.vault
    for go_on in (lambda: vault.put("a", b"canary"), lambda: vault.remove("a")):
        vault.put("a", b"canary")
        place.run("DELETE FROM watchword_vault")
        refuse(lambda: vault.get("a"), "store_row_replaced", word="'a'")
        assert vault.contents() == {"a": None}
        assert list(vault.names()) == ["a"]
        go_on()
    assert vault.get("a") is None
    assert not vault.remove("a")


def test_a_removed_secret_does_not_come_back(place, store):
    """A secret that was removed is refused if its row is put back."""
    store.vault.put("a", b"canary")
    before = rows(place, "watchword_vault")
    store.vault.remove("a")
    put_back(place, "watchword_vault", before)
    refuse(lambda: store.vault.get("a"), "store_row_replaced")
    assert store.vault.remove("a")


@pytest.mark.parametrize("begin_again", [False, True])
def test_an_old_history_that_is_put_back_is_noticed(place, store, begin_again):
    """A history as it was before is refused, also if it was begun again; the next note says so."""
    note(store, "acme")
    before = rows(place, "watchword_history")
    if begin_again:
        store.forget("acme")
    note(store, "acme")
    assert store.history.all()["acme"].content  # what was read before is read again all the same
    put_back(place, "watchword_history", before)
    error = refuse(lambda: store.history.get("acme"), "store_row_replaced", word="'acme'")
    assert "Validate the connection again" in str(error)
    assert store.history.all()["acme"].code == "store_row_replaced"
    refuse(store.rekey, "store_row_replaced", word="'acme'")
    assert note(store, "acme").code == "store_row_replaced"
    assert note(store, "acme") is None
    assert store.history.get("acme").content == b"canarycanary"
    store.rekey()


def test_a_history_that_was_deleted_by_hand_is_noticed(place, store):
    """A history whose row is gone is not a history that never was; it can be deleted or begun again."""
    for go_on in (lambda: note(store, "acme"), lambda: store.forget("acme")):
        note(store, "acme")
        place.run("DELETE FROM watchword_history")
        refuse(lambda: store.history.get("acme"), "store_row_replaced", word="'acme'")
        assert store.history.all()["acme"].code == "store_row_replaced"
        go_on()
    assert store.history.get("acme") is None
    assert store.history.all() == {}


@pytest.mark.parametrize("kind", NOTES)
def test_a_note_belongs_to_its_name(place, store, kind):
    """A history or contrast that is copied or moved to another name is refused there."""
    notes, table = getattr(store, kind), NOTES[kind]
    note(store, "acme", kind)
    note(store, "other", kind)
    copy = f"UPDATE {table} SET content = (SELECT content FROM {table} WHERE name = 'acme')"  # noqa: S608 - ours
    place.run(f"{copy} WHERE name = 'other'")
    refuse(lambda: notes.get("other"), "store_key_wrong", word="'other'")
    place.run(f"DELETE FROM {table} WHERE name = 'other'")  # noqa: S608 - ours
    place.run(f"UPDATE {table} SET name = 'other'")  # noqa: S608 - ours
    refuse(lambda: notes.get("other"), "store_key_wrong", word="'other'")


@pytest.mark.parametrize(("source", "target"), [("history", "contrasts"), ("contrasts", "history")])
@pytest.mark.parametrize("with_revision", [False, True])
def test_a_note_belongs_to_its_table(place, store, source, target, with_revision):
    """A history isn't read as a contrast nor the other way round, also if its revision is moved with it."""
    note(store, "acme", source)
    place.run(f"INSERT INTO {NOTES[target]} SELECT * FROM {NOTES[source]}")  # noqa: S608 - ours
    place.run(f"DELETE FROM {NOTES[source]}")  # noqa: S608 - ours
    if with_revision:
        place.run("UPDATE watchword_revisions SET of = ? WHERE of = ?", NOTES[target], NOTES[source])
    for each in (store, place.open()):
        refuse(lambda each=each: getattr(each, target).get("acme"), "store_key_wrong", word="'acme'")
        assert getattr(each, target).all()["acme"].code == "store_key_wrong"
    assert note(store, "acme", target).code == "store_key_wrong"
    assert getattr(store, target).get("acme").content == b"canary"


def test_an_old_contrast_that_is_put_back_is_noticed(place, store):
    """A contrast as it was before is refused, and the next change says so and replaces it."""
    note(store, "n", "contrasts")
    before = rows(place, "watchword_contrasts")
    note(store, "n", "contrasts")
    put_back(place, "watchword_contrasts", before)
    error = refuse(lambda: store.contrasts.get("n"), "store_row_replaced", word="'n'")
    assert "Validate the connection again" in str(error)
    assert store.contrasts.all()["n"].code == "store_row_replaced"
    assert note(store, "n", "contrasts").code == "store_row_replaced"
    assert store.contrasts.get("n").content == b"canary"


@pytest.mark.parametrize("forgery", ["changed = '{}'", "name = 'other'", "content = ''"])
def test_a_forged_contrast_is_given_up_by_a_rekeying(sqlite, forgery):
    """A contrast that was altered by hand is refused, and a rekeying deletes it with its revision."""
    store = sqlite.open()
    note(store, "n", "contrasts")
    sqlite.run(f"UPDATE watchword_contrasts SET {forgery}")  # noqa: S608 - ours
    refuse(lambda: store.contrasts.get("n"))
    assert store.rekey() == 0
    assert store.contrasts.all() == {}
    assert rows(sqlite, "watchword_contrasts") == rows(sqlite, "watchword_revisions") == []


def test_a_contrast_that_was_deleted_by_hand_is_noticed(place, store):
    """A contrast whose row is gone is not one that never was; a rekeying or the next change goes on."""
    for go_on in (store.rekey, lambda: note(store, "n", "contrasts")):
        note(store, "n", "contrasts")
        place.run("DELETE FROM watchword_contrasts")
        refuse(lambda: store.contrasts.get("n"), "store_row_replaced", word="'n'")
        go_on()
    assert store.contrasts.get("n").content == b"canary"


def test_a_claim_is_not_forged(place, store):
    """A claim that was altered or added by hand is refused, and can be deleted with its name."""
    other = f"other:{'3' * 64}"
    store.claim("imported", KEY)
    place.run("UPDATE watchword_claims SET key = ?", other)
    for key in (KEY, other):
        refuse(lambda key=key: store.claim("imported", key), "store_key_wrong", word="'other'")
    refuse(store.rekey, "store_key_wrong", word="'other'")
    assert store.forget("other") == 0
    assert store.claim("imported", KEY)
    [(_, _, seal)] = rows(place, "watchword_claims")
    place.run("INSERT INTO watchword_claims (imported, key, seal) VALUES (?, ?, ?)", "another", KEY, seal)
    refuse(lambda: store.claim("another", KEY), "store_key_wrong")
    store.forget("acme")
    assert store.claim("another", other)
    assert not store.claim("imported", other)  # a true claim is for ever


def test_a_store_that_is_restored_as_a_whole_works(sqlite, sqlite_file, tmp_path):
    """A backup of the whole database is a store as before, for processes that have it open and for others."""
    store = sqlite.open()
    store.change(KEY, save)
    store.vault.put("a", b"canary")
    store.claim("imported", KEY)
    with closing(sqlite3.connect(sqlite_file)) as source, closing(sqlite3.connect(tmp_path / "copy")) as copy:
        source.backup(copy)
    store.change(KEY, save)
    store.vault.put("a", b"canary-later")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy, closing(sqlite3.connect(sqlite_file)) as target:
        copy.backup(target)
    for each in (store, sqlite.open()):
        assert each.load(KEY).record == Record(KEY, "acme", generation=1, token=TOKEN)
        assert each.vault.get("a") == b"canary"
        assert each.claim("imported", KEY)
    assert store.change(KEY, save).record.generation == 2
    assert store.rekey() == 3


def test_a_copy_of_a_postgresql_database_works(shared, postgres):
    """A database that was copied, as by a dump, is a store as before."""
    store = shared.open()
    store.change(KEY, save)
    store.close()
    [(name,)] = shared.run("SELECT current_database()")
    copy = type(shared)(postgres.url(postgres.create(template=name)))
    copy.key = shared.key
    assert copy.open().load(KEY).record.token == TOKEN
    copy.close()


def test_processes_see_no_row_without_its_revision(place, start):
    """8 processes that write and read one record and one secret never take a change for a forgery."""
    workers = [start(place, 4, "increment", KEY, 12), start(place, 4, "put", "a", 12)]
    store = place.open()
    for _ in range(60):
        store.load(KEY)
        store.records()
        store.vault.get("a")
        store.vault.names()
    assert [each for worker in workers for each in worker.results()] == [True] * 8
    assert store.load(KEY).record.generation == 48


def test_deleting_and_writing_at_once_leaves_no_half_of_a_row(place, start):
    """Processes that write while others delete the same record and secret leave both whole or gone."""
    store = place.open()
    store.load(KEY)
    workers = [start(place, 3, "increment", KEY, 15), start(place, 3, "put", "a", 15)]
    for _ in range(60):
        store.delete(KEY)
        store.vault.remove("a")
    assert [each for worker in workers for each in worker.results()] == [True] * 6
    store.load(KEY)
    store.vault.get("a")
    store.records()


VALUES = [
    None, 0, 5, -1, 2**31, 2**63 - 1, -(2**63), 1.5, float("inf"), "", "x", "3", " 3", "\u0663", "1e9", "[]",
    "{}", "null", "[" * 5000, '{"key": 5}', "x" * 100_000, b"", b"\0", b"3", b"\xff\xfe", b"x" * 64,
]  # fmt: skip


class Copies:
    """Copies of one SQLite store whose columns take any value."""

    def __init__(self, sqlite, folder):
        self.place, self.folder, self.number = sqlite, folder, 0
        store = sqlite.open()
        store.change(KEY, save)
        store.change(f"other:{'2' * 64}", lambda record, _: replace(record, name="other"))
        store.vault.put("a", b"canary")
        note(store, "acme")
        note(store, "acme", "contrasts")
        store.claim("imported", KEY)
        store.keep_draft("state", {"a": "b"}, 600)
        for table in TABLES:
            without_constraints(sqlite, table)
        sqlite.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def make(self):
        self.number += 1
        folder = self.folder / str(self.number)
        shutil.copytree(Path(self.place.url.removeprefix("sqlite:///")).parent, folder)
        return type(self.place)(f"sqlite:///{folder}/tokens.db")


def outcome(use):
    """Return what a use gives, or the code of its refusal; nothing else may come out."""
    try:
        return use()
    except StoreError as error:
        assert error.code in REFUSALS | {"store_newer"}, error
        return error.code


def use_all(place):
    """Use a store in every way; nothing crashes, and what is read is true or empty."""
    assert outcome(lambda: place.open().load(KEY).record.token) in {TOKEN, None, *REFUSALS, "store_newer"}
    opened = place.open()
    changed = outcome(lambda: opened.change(KEY, save).record.token)
    assert changed in {TOKEN, *REFUSALS, "store_newer"}
    outcome(opened.records)
    assert outcome(lambda: opened.vault.get("a")) in {b"canary", None, *REFUSALS, "store_newer"}
    outcome(opened.vault.names)
    for kind in NOTES:
        noted = outcome(lambda kind=kind: getattr(opened, kind).get("acme"))
        assert noted is None or noted in {*REFUSALS, "store_newer"} or noted.content == b"canary"
        outcome(getattr(opened, kind).all)
    assert outcome(lambda: opened.claim("imported", "z")) in {False, True, *REFUSALS, "store_newer"}
    assert outcome(lambda: opened.take_draft("state")) in [{"a": "b"}, None, *REFUSALS, "store_newer"]
    outcome(lambda: opened.keep_draft("other", {}, 60))
    for kind in NOTES:
        outcome(lambda kind=kind: note(opened, "another", kind))
    outcome(opened.rekey)
    outcome(lambda: opened.salt)
    return opened


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in TABLES.items() for c in columns])
def test_a_column_may_hold_anything(sqlite, tmp_path, table, column):
    """A value of any type in any column ends in a finding and isn't believed, and the row can be given up."""
    copies = Copies(sqlite, tmp_path / "copies")
    for value in usually(VALUES[::2], VALUES):
        place = copies.make()
        first = f"SELECT min(rowid) FROM {table}"  # noqa: S608 - ours
        place.run(f"UPDATE {table} SET {column} = ? WHERE rowid = ({first})", value)  # noqa: S608 - ours
        opened = use_all(place)
        if table == "watchword_tokens" and column != "key":
            opened.forget("acme")
            assert opened.change(KEY, save).record.token == TOKEN
        if table == "watchword_vault" and column != "name":
            opened.vault.put("a", b"canary")
            assert opened.vault.get("a") == b"canary"
        for kind, its_table in NOTES.items():
            if table == its_table and column != "name":
                note(opened, "acme", kind)
                assert getattr(opened, kind).get("acme").content in {b"canary", b"canarycanary"}


@pytest.mark.parametrize("table", TABLES)
def test_a_text_that_is_no_utf8_is_no_crash(sqlite, tmp_path, table):
    """A text of bytes that aren't UTF-8 is refused in every column, and the row can be given up."""
    copies = Copies(sqlite, tmp_path / "copies")
    for column in TABLES[table]:
        place = copies.make()
        place.run(f"UPDATE {table} SET {column} = CAST(x'ff41' AS TEXT) WHERE rowid = 1")  # noqa: S608 - ours
        opened = use_all(place)
        if table == "watchword_tokens" and column != "key":
            assert opened.forget("acme") == 2  # with its history
            assert opened.change(KEY, save).record.token == TOKEN


def test_a_row_under_a_key_of_bytes_is_given_up(sqlite):
    """A row whose key isn't text is refused by the name that its message shows, and can be deleted by it."""
    store = sqlite.open()
    store.change(KEY, save)
    for value in ("x'616263'", "CAST(x'ff' AS TEXT)"):
        sqlite.run(f"UPDATE watchword_tokens SET name = x'00', key = {value}")  # noqa: S608 - ours
        error = refuse(store.records, "store_damaged")
        shown = str(error).partition("the token of ")[2].partition(" is malformed")[0]
        assert store.forget(ast.literal_eval(shown)) == 1
        assert store.forget("acme") == 1  # the revision of the row under its true key
        store.change(KEY, save)


def test_the_placeholder_of_postgresql_is_no_record(shared):
    """The row that is stored to be locked never outlives its transaction, and is encrypted."""
    store = shared.open()
    seen = []

    def look(record, _):
        seen.append(record)
        return record

    store.change(KEY, look)
    assert seen == [Record(KEY)]
    assert rows(shared, "watchword_tokens") == rows(shared, "watchword_revisions") == []
    assert isinstance(store, SqlStore)
