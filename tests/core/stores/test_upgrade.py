"""Stores that an earlier version has made: brought up to date at their first use, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchword.stores import schema
from watchword.stores.encryption import Keyring, new_key, read_keys
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", refresh_token="canary-refresh")

VERSION_1 = (
    "CREATE TABLE watchword_meta (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name))",
    """CREATE TABLE watchword_tokens (key TEXT NOT NULL, name TEXT NOT NULL, generation INTEGER NOT NULL,
    secrets BYTES, state TEXT NOT NULL, PRIMARY KEY (key))""",
    "CREATE TABLE watchword_claims (imported TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (imported))",
    """CREATE TABLE watchword_drafts (state TEXT NOT NULL, content BYTES NOT NULL, until TEXT NOT NULL,
    PRIMARY KEY (state))""",
)


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


@pytest.fixture
def earlier(place):
    """Give the place of a store of version 1 that holds a token, a claim and a draft."""
    place.key = new_key()
    embedded = place.url.startswith("sqlite")
    if embedded:
        path = Path(place.url.removeprefix("sqlite:///"))
        path.parent.mkdir(mode=0o700)
        path.touch(0o600)
    for statement in VERSION_1:
        place.run(statement.replace("BYTES", "BLOB" if embedded else "BYTEA"))
    own = schema._sealed_by(Keyring(read_keys(place.key, "a test", place.url)), b"salt" * 8)
    for name, value in {"version": "1", **own}.items():
        place.run("INSERT INTO watchword_meta VALUES (?, ?)", name, value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "VERSION", 1)
        store = place.open()
        store.change("k", save)
        store.claim("imported", "k")
        store.keep_draft("state", {"a": "b"}, 600)
    assert version(place) == "1"
    return place


def version(place):
    [(value,)] = place.run("SELECT value FROM watchword_meta WHERE name = 'version'")
    return value


def test_what_an_earlier_store_holds_is_found(earlier):
    """At its first use it gets a vault, and keeps its token, its claim and its draft."""
    store = earlier.open()
    assert store.load("k").record.token == TOKEN
    assert version(earlier) == "2"
    assert store.change("k", save).record.generation == 2
    assert not store.claim("imported", "another")
    assert store.take_draft("state") == {"a": "b"}
    store.vault.put("a", b"canary")
    assert earlier.open().vault.get("a") == b"canary"


def test_the_vault_is_there_at_once(earlier):
    """A first read of the vault finds it empty, and the token is still there."""
    assert list(earlier.open().vault.names()) == []
    assert earlier.open().load("k").record.token == TOKEN


def test_an_earlier_version_leaves_an_upgraded_store_alone(earlier, monkeypatch):
    """A process of the version that made it says that the store is newer, if it has it open or not."""
    old = earlier.opened[0]
    earlier.open().load("k")
    monkeypatch.setattr(schema, "VERSION", 1)
    for store in (old, earlier.open()):
        with pytest.raises(StoreError) as caught:
            store.load("k")
        assert caught.value.code == "store_newer"


def test_a_wrong_key_upgrades_nothing(earlier):
    """A process that can't open the store leaves it as it is."""
    with pytest.raises(StoreError) as caught:
        earlier.open(new_key()).vault.put("a", b"canary")
    assert caught.value.code == "store_key_wrong"
    assert version(earlier) == "1"


def test_an_upgrade_is_all_or_nothing(earlier, monkeypatch):
    """One that fails leaves the store of its version, for the next to bring up to date."""

    def fail(connection, database):
        schema.create_vault(connection, database)
        raise ZeroDivisionError

    monkeypatch.setattr(schema, "UPGRADES", {1: fail})
    with pytest.raises(ZeroDivisionError):
        earlier.open().load("k")
    monkeypatch.undo()
    assert version(earlier) == "1"
    earlier.open().vault.put("a", b"canary")


def test_processes_may_upgrade_at_once(earlier, start):
    """Of 8 processes that find an earlier store each uses one that was upgraded once."""
    assert start(earlier, 8, "put", "a", 2).results() == [True] * 8
    assert earlier.open().load("k").record.token == TOKEN


def test_a_backup_of_an_earlier_version_is_upgraded_in_its_turn(earlier):
    """A process that has the store open finds an earlier one in its place: tokens serve, then the vault."""
    store = earlier.open()
    store.vault.put("a", b"canary")
    earlier.run("DROP TABLE watchword_vault")
    earlier.run("UPDATE watchword_meta SET value = '1' WHERE name = 'version'")
    assert store.load("k").record.token == TOKEN
    assert store.vault.get("a") is None
    assert version(earlier) == "2"
