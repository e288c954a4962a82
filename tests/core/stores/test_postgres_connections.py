"""The connections of a PostgreSQL store: none between transactions, patience with a full server, a pooler."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.support.ports import free_port
from watchword.stores import postgres_connection
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH')}:/usr/sbin")

pytestmark = pytest.mark.timeout(120)


def save(record, _):
    return replace(record, name="acme", generation=record.generation + 1, token=Token("a"))


def fail(_record, _now):
    raise ZeroDivisionError


@pytest.fixture
def database(shared):
    return shared.url.rpartition("?")[0].rpartition("/")[2]


def test_no_connection_is_held_between_transactions(shared, postgres, database):
    """Whether a transaction succeeds, changes nothing or fails, its connection is closed afterwards."""
    store = shared.open()
    store.change("k", save)
    store.change("k", lambda record, _: record)
    store.load("k")
    with pytest.raises(ZeroDivisionError):
        store.change("k", fail)
    assert postgres.connections(database) == 0
    assert store.load("k").record.generation == 1


def test_the_threads_of_a_process_share_eight_connections(shared, postgres, database):
    """However many threads use the store, their process has at most eight connections at a time."""
    store = shared.open()
    store.change("k", save)
    seen = []

    def count(record, _):
        [(found,)] = postgres.query(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608
        seen.append(found)
        return record

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda number: store.change(f"k{number}", count), range(20)))
    assert len(seen) == 20
    assert max(seen) <= 8


@pytest.mark.parametrize("limit", ["ROLE few_{0}", "DATABASE {0}"])
def test_a_full_server_is_waited_for(shared, postgres, database, monkeypatch, limit):
    """A call that finds all connections taken waits for one, and then succeeds."""
    postgres.execute(f"CREATE ROLE few_{database} LOGIN IN ROLE pg_read_all_data, pg_write_all_data")
    shared.open().change("k", save)
    store = type(shared)(shared.url.replace("//postgres:", f"//few_{database}:"), shared.key).open()
    postgres.execute(f"ALTER {limit.format(database)} CONNECTION LIMIT 1")
    held = psycopg.connect(
        postgres.server.get_uri(database=database).replace("postgres:@", f"few_{database}:@")
    )
    pauses = []

    def pause(seconds):
        pauses.append(seconds)
        held.close()

    monkeypatch.setattr(
        postgres_connection, "time", type("Time", (), {"sleep": pause, "monotonic": time.monotonic})
    )
    assert store.change("k", save).record.generation == 2
    assert pauses


def test_a_server_that_stays_full_is_named(shared, postgres, database, monkeypatch):
    """A call that gets no connection in time says so; the next ones may succeed."""
    monkeypatch.setattr(postgres_connection, "PATIENCE", 0.0)
    postgres.execute(f"CREATE ROLE few_{database} LOGIN IN ROLE pg_read_all_data CONNECTION LIMIT 0")
    shared.open().change("k", save)
    store = type(shared)(shared.url.replace("//postgres:", f"//few_{database}:"), shared.key).open()
    with pytest.raises(StoreError, match="no connection left") as caught:
        store.load("k")
    assert caught.value.code == "store_locked"
    assert caught.value.retryable
    postgres.execute(f"ALTER ROLE few_{database} CONNECTION LIMIT 1")
    assert store.load("k").record.generation == 1


def test_a_child_leaves_its_parents_transaction_alone(shared):
    """A process that forks in the middle of a transaction finishes it, and its child uses the store."""
    store = shared.open()
    store.change("k", save)
    began, forked = threading.Event(), threading.Event()

    def slow(record, now):
        began.set()
        forked.wait()
        return save(record, now)

    thread = threading.Thread(target=store.change, args=("k", slow))
    thread.start()
    began.wait()
    child = os.fork()
    if child == 0:
        os._exit(0 if store.load("k").record.generation == 1 else 1)
    status = os.waitpid(child, 0)[1]
    forked.set()
    thread.join()
    assert status == 0
    assert store.load("k").record.generation == 2


@pytest.mark.parametrize("mode", ["transaction", "session"])
@pytest.mark.skipif(not PGBOUNCER, reason="needs pgbouncer")
def test_a_pooler_in_between_is_no_obstacle(shared, postgres, database, mode):
    """Threads share one connection to the server through a pooler, in turns, and leave no state in it."""
    with pooling(postgres, mode) as port:
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/{database}"
        stores = [type(shared)(url, shared.key).open() for _ in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda store: [store.change("k", save) for _ in range(10)], stores))
        with pytest.raises(ZeroDivisionError):
            stores[0].change("k", fail)
        assert stores[1].load("k").record.generation == 80
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as other:
            used = other.execute("SELECT pg_backend_pid()").fetchone()
            limits = [other.execute(f"SHOW {name}").fetchone()[0] for name in LIMITS]
            prepared = other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        assert limits == ["0", "0", "0"]
        assert prepared == (0,)
        backends = postgres.query(f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'")  # noqa: S608
        assert backends == [used]  # one for all, which no failure has closed


LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


@contextmanager
def pooling(postgres, mode):
    """Run a pooler with one connection to the server for each database; it must not run as root."""
    owner = postgres.folder.stat()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="ww-pool-") as folder:
        Path(folder).chmod(0o755)
        settings = Path(folder, "pgbouncer.ini")
        settings.write_text(
            f"[databases]\n* = host={postgres.socket.parent} user=postgres\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\ndefault_pool_size = 1\n"
        )
        as_owner = {"user": owner.st_uid, "group": owner.st_gid} if os.getuid() == 0 else {}
        with subprocess.Popen([PGBOUNCER, "-q", settings], stderr=subprocess.DEVNULL, **as_owner) as pooler:
            try:
                wait_for(port)
                yield port
            finally:
                pooler.terminate()


def wait_for(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return
