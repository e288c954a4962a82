"""A PostgreSQL that hangs: each call ends, says so, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.support.leftovers import left, open_now
from tests.support.middle import Middle
from watchword.stores import postgres_connection, postgres_database, sqlite_database
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

pytestmark = [
    pytest.mark.timeout(120),  # without a limit of its own, a call would never end
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's list of open files"),
]

CALLS = {
    "load": lambda store: store.load("k"),
    "change": lambda store: store.change("k", save),
    "delete": lambda store: store.delete("k"),
    "records": lambda store: store.records(),
    "claim": lambda store: store.claim("imported", "k"),
    "keep_draft": lambda store: store.keep_draft("state", {"a": "b"}, 60),
    "read_draft": lambda store: store.read_draft("state"),
    "take_draft": lambda store: store.take_draft("state"),
    "vault": lambda store: store.vault.put("name", b"content"),
    "history": lambda store: store.history.change("acme", lambda *_: b"noted"),
    "histories": lambda store: store.history.all(),
    "contrast": lambda store: store.contrasts.change("n", lambda *_: b"refused"),
    "rekey": lambda store: store.rekey(),
}


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=Token("a"))


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(postgres_connection, "LONGEST", 2.0)
    monkeypatch.setattr(postgres_connection, "PATIENCE", 1.0)
    monkeypatch.setitem(postgres_database._DEFAULTS, "connect_timeout", "2")


@contextmanager
def named(code, middle=None):
    """Expect an error of that code, which leaves no thread and no open file; those in between don't count."""
    before = open_now()
    with pytest.raises(StoreError) as caught:
        yield
    assert caught.value.code == code, str(caught.value)
    assert caught.value.retryable
    assert left(open_now, before, middle.own if middle else set) == set()


def test_every_call_to_stopped_processes_ends(shared, postgres):
    """The server's processes are stopped, its sockets are open: every kind of call ends with an error."""
    store = shared.open()
    store.change("k", save)
    before = open_now()
    with postgres.hung(), ThreadPoolExecutor(len(CALLS)) as pool:
        calls = [pool.submit(call, store) for call in CALLS.values()]
        ends = [call.exception() for call in calls]
    assert {getattr(end, "code", end) for end in ends} <= {"store_unreachable", "store_locked"}
    assert left(open_now, before) == set()
    for call in CALLS.values():
        call(store)


def test_processes_that_are_stopped_within_a_transaction_end_it(shared, postgres):
    """The server hangs while a change is under way: the call ends with an error."""
    store = shared.open()
    store.change("k", save)
    with ExitStack() as stack:

        def hang(record, now):
            stack.enter_context(postgres.hung())
            return save(record, now)

        with named("store_unreachable"):
            store.change("k", hang)
    assert store.change("k", save).record.generation in {2, 3}  # a commit on its way may arrive later


def test_a_new_process_meets_a_hung_server(shared, postgres):
    """A store that is opened while the server hangs ends with the same error."""
    with postgres.hung(), named("store_unreachable"):
        shared.open().load("k")


@pytest.mark.parametrize(
    "words", [b"BEGIN", b"set_config", b"FOR UPDATE", b"clock_timestamp", b"ON CONFLICT (key)", b"COMMIT\0"]
)
def test_a_hang_in_any_statement_ends(shared, postgres, words):
    """Whatever swallows the bytes between two machines, at any statement: the call ends with an error."""
    store = through(middle := Middle(postgres.socket), shared)
    try:
        store.change("k", save)
        middle.ends_before = words
        with named("store_unreachable", middle):
            store.change("k", save)
        assert middle.is_silent
    finally:
        middle.close()


def test_a_change_is_made_once_if_the_answer_to_the_commit_is_lost(shared, postgres):
    """The commit arrives, its answer doesn't: the call fails, and the same change is not made twice."""
    direct = shared.open()
    first = direct.change("k", save).record

    def once(record, now):
        return save(record, now) if record == first else record

    middle = Middle(postgres.socket)
    try:
        store = through(middle, shared)
        store.load("k")
        middle.ends_after = b"COMMIT\0"
        with named("store_unreachable", middle):
            store.change("k", once)
    finally:
        middle.close()
    assert direct.load("k").record.generation == 2
    assert direct.change("k", once).record.generation == 2


def test_a_server_that_accepts_and_never_answers_is_left(shared):
    """A port that accepts connections and says nothing ends the call with an error."""
    silent = Middle(None)
    try:
        store = through(silent, shared)
        with named("store_unreachable", silent):
            store.load("k")
    finally:
        silent.close()


def test_threads_don_t_wait_for_a_hung_server_one_after_another(shared):
    """The first use of a store fails for all threads that wait for it, as soon as it fails for one."""
    silent = Middle(None)
    try:
        store = through(silent, shared)
        with ThreadPoolExecutor(6) as pool:
            calls = [pool.submit(store.load, "k") for _ in range(6)]
            assert {call.exception().code for call in calls} == {"store_unreachable"}
        assert len(silent.ends) == 1
        with pytest.raises(StoreError):
            store.load("k")
        assert len(silent.ends) == 2  # the next use tries again
    finally:
        silent.close()


@pytest.mark.parametrize("given", ["0", "-1", "600", "99999999999999999999", "%20", "abc"])
def test_no_url_takes_the_limit_away(shared, given):
    """A URL whose `connect_timeout` means no limit gets one."""
    arguments = shared.open()._session.database.of(f"{shared.url}&connect_timeout={given}")._arguments
    assert arguments["connect_timeout"] == "15"


def test_many_threads_of_a_process_share_few_connections(shared, postgres, monkeypatch):
    """Threads beyond the limit wait for a connection of their process; a hung server fails them all."""
    monkeypatch.setattr(postgres_database, "_CONNECTIONS", 2)
    store = shared.open()
    store.change("k", save)
    failures = []

    def use():
        try:
            store.load("k")
        except StoreError as error:
            failures.append(error.code)

    with postgres.hung():
        threads = [threading.Thread(target=use) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(failures) == 6
    assert set(failures) <= {"store_unreachable", "store_locked"}
    assert store.load("k").record.generation == 1


def through(middle, shared):
    """Open the store through what stands in between."""
    head, _, tail = shared.url.partition("@/")
    place = type(shared)(f"{head}@127.0.0.1:{middle.port}/{tail.partition('?')[0]}", shared.key)
    return place.open()


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_stopped_process_that_writes_to_sqlite_holds_nobody_for_ever(sqlite, sqlite_file, monkeypatch):
    """A stopped process holds the write lock of a SQLite file: writers get an error, readers read on."""
    monkeypatch.setattr(sqlite_database, "_BUSY", 0.5)
    store = sqlite.open()
    store.change("k", save)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(sqlite_file)], text=True, **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGSTOP)
        try:
            with named("store_locked"):
                store.change("k", save)
            assert store.load("k").record.generation == 1
            assert sqlite.open().load("k").record.generation == 1
        finally:
            holder.kill()
    assert store.change("k", save).record.generation == 2


def test_a_locked_row_behind_a_stopped_process_is_named(shared):
    """A client that is stopped with a locked row holds nobody for ever: the server's limit ends the wait."""
    store = shared.open()
    store.change("k", save)
    with closing(psycopg.connect(shared.url.replace("+psycopg", ""))) as held:
        held.execute("SELECT * FROM watchword_tokens FOR UPDATE")
        with named("store_unreachable"):  # the shortened limit; in earnest the server's limit comes first
            store.change("k", save)
    assert store.change("k", save).record.generation == 2
