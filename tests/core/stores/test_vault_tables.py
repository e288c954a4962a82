"""Secrets by name in a database: altered, of another key, held, gone; each is named and none shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager

import psycopg
import pytest

from watchword.errors import SecretError
from watchword.secrets.vault import Vault
from watchword.stores import postgres_database as postgres_module
from watchword.stores import sqlite_database as sqlite_module
from watchword.stores.encryption import new_key
from watchword.tokens.token_store import StoreError


@contextmanager
def refused(code, *words, error=SecretError):
    """Expect an error of a code that says where, and shows no secret."""
    with pytest.raises(error) as caught:
        yield
    found = str(caught.value)
    assert caught.value.code == code, found
    assert all(word in found for word in words), found
    assert "canary" not in found
    assert caught.value.__cause__ is None


ALTERED = {
    "next version": ["UPDATE watchword_vault SET version = version + 1 WHERE name = 'a'"],
    "no version": ["UPDATE watchword_vault SET version = -1 WHERE name = 'a'"],
    "last version": ["UPDATE watchword_vault SET version = 2147483647 WHERE name = 'a'"],
    "nothing": ["UPDATE watchword_vault SET content = substr(content, 1, 0) WHERE name = 'a'"],
    "another time": ["UPDATE watchword_vault SET changed = '{}' WHERE name = 'a'"],
    "renamed": [
        "DELETE FROM watchword_vault WHERE name = 'a'",
        "UPDATE watchword_vault SET name = 'a' WHERE name = 'b'",
    ],
    "copied": [
        """UPDATE watchword_vault SET content = (SELECT content FROM watchword_vault WHERE name = 'b')
        WHERE name = 'a'""",
    ],
}


@pytest.mark.parametrize("statements", ALTERED.values(), ids=ALTERED)
def test_an_altered_secret_opens_not(place, statements):
    """Content of another name or version is refused by the name that it stands under, and can be replaced."""
    vault = Vault(place.open())
    vault.put("a", b"canary-a")
    vault.put("b", b"canary-b")
    for statement in statements:
        place.run(statement)
    for opened in (vault, Vault(place.open())):
        with refused("store_key_wrong", "the secret 'a'", "altered"):
            opened.get("a")
    vault.put("a", b"canary-new")
    assert vault.get("a") == b"canary-new"
    place.run("UPDATE watchword_vault SET content = ''")
    assert vault.remove("a")
    assert "a" not in vault.names()


def test_an_older_secret_is_not_the_present_one(place):
    """Content that was replaced opens no more under the version that replaced it."""
    vault = Vault(place.open())
    vault.put("a", b"canary-old")
    [(old,)] = place.run("SELECT content FROM watchword_vault")
    vault.put("a", b"canary-new")
    place.run("UPDATE watchword_vault SET content = ?", old)
    with refused("store_key_wrong"):
        vault.get("a")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("version = 'canary'", "store_damaged"),
        ("version = 9e18", "store_key_wrong"),
        ("content = 5", "store_damaged"),
        ("content = 'canary'", "store_damaged"),
        ("changed = x'63616e617279'", "store_damaged"),
    ],
)
def test_values_that_no_vault_has_written_are_no_crash(sqlite, change, code):
    """SQLite takes a value of any type in any column: it is not read, and can be replaced."""
    vault = Vault(sqlite.open())
    vault.put("a", b"1")
    sqlite.run(f"UPDATE watchword_vault SET {change}")  # noqa: S608 - ours
    with refused(code, "the secret 'a'"):
        vault.get("a")
    vault.put("a", b"2")
    assert vault.get("a") == b"2"


def test_a_wrong_key_is_no_empty_vault(place):
    """With another key each call fails with an error that says so, and changes nothing."""
    key = new_key()
    Vault(place.open(key)).put("a", b"canary")
    other = Vault(place.open(new_key()))
    for use in (other.names, lambda: other.get("a"), lambda: other.remove("a"), lambda: other.put("a", b"1")):
        with refused("store_key_wrong"):
            use()
    assert Vault(place.open(key)).get("a") == b"canary"


def test_a_secret_of_a_key_that_is_gone_stops_a_rekeying(place):
    """A secret that no key opens is named, and rekeying goes on when it has been replaced."""
    old, new = new_key(), new_key()
    Vault(place.open(old)).put("a", b"canary")
    both = place.open(f"{new},{old}")
    place.run("UPDATE watchword_vault SET version = 7")
    with refused("store_key_wrong", "the secret 'a'", error=StoreError):
        both.rekey()
    Vault(both).put("a", b"1")
    assert both.rekey() == 1
    assert Vault(place.open(new)).get("a") == b"1"


def test_a_vanished_table_is_named(place):
    """A store whose vault was dropped is damaged, not empty."""
    vault = Vault(place.open())
    vault.put("a", b"1")
    place.run("DROP TABLE watchword_vault")
    for use in (vault.names, lambda: vault.get("a"), lambda: vault.put("a", b"1")):
        with refused("store_damaged"):
            use()


def test_a_held_secret_is_named(place, monkeypatch):
    """A secret that another transaction holds is waited for, then named; readers wait for nobody."""
    monkeypatch.setattr(sqlite_module, "_BUSY", 0.1)
    limits = "SELECT set_config('lock_timeout', '100ms', true)"
    monkeypatch.setattr(postgres_module, "_LIMITS", limits)
    vault = Vault(place.open())
    vault.put("a", b"1")
    if place.url.startswith("sqlite"):
        held = sqlite3.connect(place.url.removeprefix("sqlite:///"), isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
    else:
        held = psycopg.connect(place.url.replace("+psycopg", ""))
        held.execute("SELECT * FROM watchword_vault FOR UPDATE")
    with closing(held):
        for use in (lambda: vault.put("a", b"2"), lambda: vault.remove("a")):
            with refused("store_locked"):
                use()
        assert vault.get("a") == b"1"
    vault.put("a", b"2")
    assert vault.get("a") == b"2"


def test_no_secret_lies_in_the_tables(shared):
    """A secret stands in no table of PostgreSQL, its name does."""
    Vault(shared.open()).put("a", b"canary")
    rows = shared.run("SELECT t::text FROM watchword_vault t")
    assert '"a"' in str(rows) or "(a," in str(rows)
    assert b"canary".hex() not in str(rows)


def test_a_read_only_database_is_read(shared):
    """A database that takes no writes, such as a standby, gives its secrets and takes none."""
    Vault(shared.open()).put("a", b"canary")
    [(name,)] = shared.run("SELECT current_database()")
    shared.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    vault = Vault(shared.open())
    assert vault.get("a") == b"canary"
    for use in (lambda: vault.put("a", b"canary"), lambda: vault.remove("a")):
        with refused("store_read_only"):
            use()


def test_a_server_that_is_down_is_named(shared, postgres):
    """While the server is down the vault says so; afterwards it has lost nothing."""
    vault = Vault(shared.open())
    vault.put("a", b"canary")
    postgres.stop()
    try:
        with refused("store_unreachable"):
            vault.get("a")
    finally:
        postgres.start()
    assert vault.get("a") == b"canary"
