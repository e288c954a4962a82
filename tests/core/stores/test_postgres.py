"""A store in PostgreSQL: its connections and its failures, each provoked for real."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest

from watchword import redact
from watchword.stores import postgres_database as module
from watchword.stores.encryption import new_key
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

TOKEN = Token("canary-access", refresh_token="canary-refresh")


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=TOKEN)


@contextmanager
def refused(code, *words):
    with pytest.raises(StoreError) as caught:
        yield
    found = str(caught.value)
    assert caught.value.code == code, found
    assert all(word in found for word in ("postgresql", *words)), found
    assert "canary" not in found
    assert caught.value.__cause__ is None


@pytest.fixture
def database(shared):
    return shared.url.rpartition("?")[0].rpartition("/")[2]


def test_it_leaves_the_host(shared):
    """Other machines can use it, and its URL shows where it is."""
    store = shared.open()
    assert store.leaves_host
    assert store.display_url.startswith("postgresql+psycopg://postgres@/store_")


def test_no_secret_lies_in_the_tables(shared, postgres, database):
    """Neither a token nor a sign-in's state or content stands in any table."""
    store = shared.open()
    store.change("k", save)
    store.keep_draft("canary-state", {"verifier": "canary-verifier"}, 600)
    store.claim(store.fingerprint("canary-imported"), "k")
    for table in ("meta", "tokens", "claims", "drafts"):
        rows = postgres.query(f"SELECT t::text FROM watchword_{table} t", database)  # noqa: S608 - ours
        assert rows
        assert b"canary".hex() not in str(rows)
        assert "canary" not in str(rows)


def test_a_server_that_comes_back_serves_again(shared, postgres):
    """While the server is down the store says so; afterwards it serves, and has lost nothing."""
    store = shared.open()
    store.change("k", save)
    postgres.stop()
    try:
        for use in (
            lambda: store.load("k"),
            lambda: store.change("k", save),
            lambda: shared.open().load("k"),
        ):
            with refused("store_unreachable"):
                use()
    finally:
        postgres.start()
    assert store.change("k", save).record.generation == 2


def test_a_dead_connection_is_replaced(shared, postgres, database):
    """A connection that the server has ended in the pool is not noticed by the caller."""
    store = shared.open()
    store.change("k", save)
    postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608
    )
    assert store.change("k", save).record.generation == 2


def test_a_locked_row_is_named(shared, monkeypatch):
    """A row that another transaction holds is waited for, then named; afterwards it serves."""
    monkeypatch.setattr(module, "_LIMITS", "SELECT set_config('lock_timeout', '100ms', true)")
    store = shared.open()
    store.change("k", save)
    with psycopg.connect(shared.url.replace("+psycopg", "")) as held:
        held.execute("SELECT * FROM watchword_tokens FOR UPDATE")
        with refused("store_locked"):
            store.change("k", save)
        assert store.load("k").record.generation == 1
    assert store.change("k", save).record.generation == 2


def test_nothing_waits_for_ever(shared):
    """Each transaction has limits for locks, for statements and for idleness."""
    store = shared.open()
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    with store._session.database.transaction() as connection:
        limits = [connection.execute(f"SHOW {name}").fetchall()[0][0] for name in names]
    assert limits == ["5s", "15s", "30s"]


def test_a_read_only_database_is_named(shared, postgres, database):
    """A database that takes no writes, such as a standby, is read all the same."""
    shared.open().change("k", save)
    postgres.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    store = shared.open()
    assert store.load("k").record.token == TOKEN
    with refused("store_read_only"):
        store.change("k", save)


def test_a_user_without_rights_is_named(shared, postgres, database):
    """Who may not make the tables is told so."""
    postgres.execute(f"CREATE ROLE guest_{database} LOGIN")
    url = shared.url.replace("//postgres:", f"//guest_{database}:")
    place = type(shared)(url, new_key())
    try:
        with refused("store_read_only", "InsufficientPrivilege"):
            place.open().load("k")
    finally:
        place.close()


def test_a_refused_password_is_named_and_not_shown(shared, postgres):
    """A wrong password is a fault of the set-up; neither it nor the right one shows anywhere."""
    postgres.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
    rules = postgres.folder / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all locked scram-sha-256\n{before}")
    try:
        postgres.execute("SELECT pg_reload_conf()")
        place = type(shared)(shared.url.replace("//postgres:", "//locked:canary%2Fpassword"), new_key())
        with refused("store_unsuitable", "locked@"):
            place.open().load("k")
        assert "canary/password" in redact.known()
    finally:
        rules.write_text(before)
        postgres.execute("SELECT pg_reload_conf()")


def test_a_missing_database_is_named(shared, database):
    """A database that is not there is a fault of the set-up."""
    with refused("store_unsuitable", "nowhere"):
        type(shared)(shared.url.replace(database, "nowhere"), new_key()).open().load("k")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_server_that_is_not_there_is_named(host):
    """Where nothing answers the store is unreachable, which may pass."""
    from watchword.stores.sql_store import SqlStore  # noqa: PLC0415 - beside its only use

    store = SqlStore(f"postgresql+psycopg://u:canary-password@{host}/d?password=canary-two", new_key())
    with refused("store_unreachable", f"postgresql+psycopg://u@{host}/d"):
        store.load("k")


def test_a_missing_driver_names_the_extra(shared, monkeypatch):
    """Without psycopg the error says what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with refused("store_unsuitable", "pip install 'watchword[postgres]'"):
        shared.open().load("k")


def test_a_store_without_key_is_refused(shared):
    """A server keeps no key for us: it must be given."""
    with refused("store_key_missing"):
        shared.open("").load("k")


def test_a_wrong_key_is_named(shared):
    """Another key than the store's is refused."""
    shared.open().change("k", save)
    with refused("store_key_wrong"):
        shared.open(new_key()).load("k")


def test_a_newer_store_is_left_alone(shared, postgres, database):
    """A store that a newer version has upgraded is refused, by those that have it open too."""
    store = shared.open()
    store.change("k", save)
    postgres.execute("UPDATE watchword_meta SET value = '99' WHERE name = 'version'", database)
    for other in (store, shared.open()):
        with refused("store_newer", "99"):
            other.change("k", save)


def test_tables_that_are_gone_are_named(shared, postgres, database):
    """A store whose tables were dropped doesn't count as empty."""
    store = shared.open()
    store.change("k", save)
    postgres.execute("DROP TABLE watchword_meta, watchword_tokens", database)
    with refused("store_damaged", "UndefinedTable"):
        store.load("k")


def test_a_closed_store_opens_again(shared, postgres, database):
    """Closing ends its connections, and using it begins new ones."""
    store = shared.open()
    store.change("k", save)
    store.close()
    counted = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608 - ours
    for _ in range(200):
        if postgres.query(counted) == [(0,)]:
            break
    assert postgres.query(counted) == [(0,)]
    assert store.load("k").record.generation == 1
