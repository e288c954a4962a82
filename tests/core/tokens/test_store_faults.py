"""What becomes of requests when the token store breaks: the token at hand serves on, then we say why."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

import watchword
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores import sqlite_database
from watchword.stores.encryption import new_key
from watchword.stores.sql_store import SqlStore
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError
from watchword_playground import Playground, SignInOptions

METHOD = "oauth2_authorization_code"
LIFETIME = 1000.0


@contextmanager
def gone(path, _):
    path.rename(path.with_suffix(".away"))
    yield


@contextmanager
def garbage(path, _):
    path.write_bytes(b"no database " * 1000)
    yield


@contextmanager
def locked(path, monkeypatch):
    monkeypatch.setattr(sqlite_database, "_BUSY", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def newer(path, _):
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE watchword_meta SET value = '99' WHERE name = 'version'")
    yield


@contextmanager
def of_another_key(path, _):
    """Another store in its place, written with another key."""
    foreign = path.with_name("foreign.db")
    made = SqlStore(f"sqlite:///{foreign}", new_key())
    made.claim("imported", "key")
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(foreign, path)
    yield


FAULTS = [
    (gone, "store_unreachable"),
    (garbage, "store_damaged"),
    (locked, "store_locked"),
    (newer, "store_newer"),
    (of_another_key, "store_key_wrong"),
]


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def playground():
    with Playground() as running:
        yield running


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.db"


@pytest.fixture
def acme(playground, path):
    """A connection whose user has just signed in, its token in memory; its clock stands still."""
    fields = {name: value for name, value in playground.document(METHOD).items() if name != "refresh_token"}
    made = watchword.load(fields, "acme", store=f"sqlite:///{path}")
    issued = playground.sign_in(SignInOptions(method=METHOD))
    token = Token(issued["access_token"], lifetime=LIFETIME, refresh_token=issued["refresh_token"])
    stored_sign_in(made).accept(token)
    made.credential.token_cache._clock = Clock()
    made.credential.token_cache.get()
    return made


def end(connection):
    """Have the token end for the store, whose clock can't be held."""
    connection.credential.token_cache._provider.stored.change(
        lambda record, now: replace(record, obtained=now.after(-2 * LIFETIME))
    )


def answer(connection):
    with connection.session() as api:
        return api.get("/v1/me").status_code


@pytest.mark.parametrize(("fault", "code"), FAULTS, ids=lambda given: getattr(given, "__name__", ""))
def test_a_valid_token_outlives_the_store_and_then_the_cause_is_named(
    acme, playground, path, monkeypatch, caplog, fault, code
):
    """Fresh, it needs no store; stale, it serves with a warning; ended, the error says what is wrong."""
    end(acme)
    with fault(path, monkeypatch):
        assert answer(acme) == 200
        assert caplog.text == ""
        acme.credential.token_cache._clock.now += LIFETIME - 30
        assert answer(acme) == 200
        assert code in caplog.text
        acme.credential.token_cache._clock.now += 60
        with pytest.raises(StoreError) as error:
            answer(acme)
    assert error.value.code == code
    assert str(path) in str(error.value)
    assert playground.token_requests == 0


def test_a_fresh_token_needs_no_store(acme, monkeypatch):
    """On the path of a request nothing is asked of the store, not even whether it is there."""

    def touched(*_):
        raise AssertionError("the store was asked")

    for name in ("load", "change", "fingerprint", "claim", "records"):
        monkeypatch.setattr(type(acme.store), name, touched)
    with acme.session() as api:
        assert {api.get("/v1/me").status_code for _ in range(5)} == {200}


def test_a_store_that_comes_back_is_used_again(acme, path, playground):
    """What was gone and is there again serves as if nothing had been."""
    away = path.with_suffix(".away")
    path.rename(away)
    acme.credential.token_cache._clock.now += 2 * LIFETIME
    with pytest.raises(StoreError):
        answer(acme)
    away.rename(path)
    acme.credential.token_cache._clock.now += 10
    acme.credential.token_cache._provider.stored.change(
        lambda record, now: replace(record, obtained=now.after(-2 * LIFETIME))
    )
    assert answer(acme) == 200
    assert playground.token_requests == 1
