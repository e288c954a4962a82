"""A new refresh token that the store can't save is used before any older one, by every process and thread."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

import watchword
from tests.support import ended_process
from watchword import settings
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.stores.memory import MemoryStore
from watchword.stores.sql_store import SqlStore
from watchword.tokens import stored_token, token_caches, transitions, unsaved
from watchword.tokens.acquire import AcquireRequest
from watchword.tokens.renewal import Renewal
from watchword.tokens.token import Token
from watchword.tokens.token_store import StoreError
from watchword_playground import Playground
from watchword_playground.oauth import token_endpoint

METHOD = "oauth2_authorization_code"
WAITING = 4


class Store(SqlStore):
    """A SQLite store that refuses changes while `refuses` says so: all of them, or new generations alone."""

    refuses = ""

    def change(self, key, transition):
        if self.refuses == "all":
            raise StoreError([finding("store_read_only", "The store is read-only.")])

        def refused(record, now):
            changed = transition(record, now)
            if self.refuses == "saves" and changed.generation > record.generation:
                raise StoreError([finding("store_full", "The store is full.")])
            return changed

        return super().change(key, refused)


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_token, "_SAVES", (0.0, 0.0))
    monkeypatch.setattr(unsaved, "_held", [])
    return Store(f"sqlite:///{tmp_path / 'tokens.db'}")


@pytest.fixture
def playground():
    """Give a server that ends a sign-in when a refresh token comes twice."""
    with Playground() as running:
        yield running


@pytest.fixture
def document(playground):
    return playground.document(METHOD)


@pytest.fixture
def connect(document, store, monkeypatch):
    """Give the function that makes a connection with tokens of its own, as in another process."""

    def make(**changes):
        made = watchword.load({**document, **changes}, "acme", store=store)
        assert made.credential.token_cache
        monkeypatch.setattr(token_caches, "_token_caches", token_caches.TokenCaches())
        return made

    return make


def stored(connection):
    return connection.credential.token_cache._provider.stored


def expire(connection):
    """Have the token end: in the store, and in the process's cache."""
    stored(connection).change(lambda record, now: replace(record, obtained=now.after(-1e7)))
    connection.credential.token_cache.forget()


def status(connection):
    with connection.session() as api:
        return api.get("/v1/me").status_code


def files():
    return sorted(Path(settings.home(), "spill").glob("*"))


def leave_unsaved(connection, store, monkeypatch, refuses="all"):
    """Renew a token that has ended, while the store saves nothing from the server's answer on."""
    source_type = type(connection.credential.source)
    fetch = source_type.fetch

    def breaking(self, *arguments):
        token = fetch(self, *arguments)
        store.refuses = refuses
        return token

    with monkeypatch.context() as patched:
        patched.setattr(source_type, "fetch", breaking)
        assert status(connection) == 200


def as_another_process(monkeypatch):
    """Forget what this process holds; only the file stays."""
    monkeypatch.setattr(unsaved, "_held", [])


def without_first_look(connection, monkeypatch):
    """Hide the file from the first look, as if it were written later, and return all looks."""
    adopt = stored(connection).adopt_unsaved
    looks = []

    def later(snapshot, owner=""):
        looks.append(owner)
        return snapshot if len(looks) == 1 else adopt(snapshot, owner)

    monkeypatch.setattr(stored(connection), "adopt_unsaved", later)
    return looks


@pytest.fixture
def rescued(connect, store, playground, monkeypatch):
    """Give a connection of another process whose holder of the lease could not save the second token."""
    holder = connect()
    assert status(holder) == 200
    expire(holder)
    leave_unsaved(holder, store, monkeypatch)
    assert len(files()) == 1
    as_another_process(monkeypatch)
    assert playground.token_requests == 2
    return connect()


def test_a_process_that_waits_for_the_lease_adopts_the_file(rescued, store, playground, monkeypatch):
    """It has found no file before it began to wait; it looks again, and sends no older refresh token."""
    looks = without_first_look(rescued, monkeypatch)
    store.refuses = ""
    assert status(rescued) == 200
    assert len(looks) > 1
    assert playground.token_requests == 2
    assert files() == []


@pytest.mark.parametrize("lease_ends", [False, True])
def test_nothing_is_sent_while_the_store_can_t_save_the_file(
    rescued, store, playground, monkeypatch, lease_ends
):
    """The error names the store, the lease is given back, and the file stays for the next process."""
    store.refuses = "saves"
    if lease_ends:
        stored(rescued).change(lambda record, _: record.released())
        without_first_look(rescued, monkeypatch)
    with pytest.raises(StoreError) as error:
        status(rescued)
    assert error.value.code == "store_full"
    assert playground.token_requests == 2
    assert len(files()) == 1
    assert not lease_ends or stored(rescued).load().record.lease is None
    store.refuses = ""
    rescued.credential.token_cache.forget()
    rescued.credential.token_cache._failure = None
    assert status(rescued) == 200
    assert (playground.token_requests, playground.families_revoked) == (2, 0)


def test_after_a_rescue_the_next_renewal_does_not_wait(rescued, store, playground):
    """The lease ends with the token that its holder could not save; the next renewal begins at once."""
    store.refuses = ""
    record = stored(rescued).recover().record
    assert record.lease is None
    expire(rescued)
    assert status(rescued) == 200
    assert (playground.token_requests, playground.families_revoked) == (3, 0)


def test_an_adopted_token_that_has_ended_is_renewed_under_the_same_lease(
    rescued, store, playground, monkeypatch
):
    """Who adopts a token under its own lease keeps that lease, and goes on with the new refresh token."""
    taken = []
    adopt = stored(rescued).adopt_unsaved

    def late(snapshot, owner=""):
        if not owner:
            return snapshot  # the file is found under the lease alone
        found = adopt(snapshot, owner)
        taken.append(found.record.held_by(owner, found.now))
        return found._replace(record=replace(found.record, obtained=found.now.after(-1e7)))

    store.refuses = ""
    stored(rescued).change(lambda record, _: record.released())
    monkeypatch.setattr(stored(rescued), "adopt_unsaved", late)
    assert status(rescued) == 200
    assert taken == [True]
    assert (playground.token_requests, playground.families_revoked) == (3, 0)


def test_an_imported_refresh_token_is_not_sent_again(connect, store, playground, monkeypatch):
    """The first token of an import goes to the file too; the record alone would look unused."""
    leave_unsaved(connect(), store, monkeypatch)
    as_another_process(monkeypatch)
    store.refuses = ""
    other = connect()
    stored(other).change(lambda record, _: record.released())
    without_first_look(other, monkeypatch)
    assert status(other) == 200
    assert (playground.token_requests, playground.families_revoked) == (1, 0)


def test_a_sign_out_gives_the_rescued_token_to_be_revoked(rescued, store):
    """What is revoked is the refresh token in force; neither the record nor the file keeps it."""
    store.refuses = ""
    token = stored(rescued).drop()
    assert token.refresh_token
    assert stored(rescued).load().record.token is None
    assert files() == []


def test_a_file_of_a_later_token_is_not_removed(rescued, store):
    """Who has saved a file removes that file alone, not one that another process has written since."""
    store.refuses = ""
    [path] = files()
    first = path.read_bytes()
    change = store.change

    def slow(key, transition):
        found = change(key, transition)
        path.write_bytes(first[::-1])
        return found

    store.change = slow
    stored(rescued).recover()
    assert path.read_bytes() == first[::-1]


def test_a_file_that_can_t_be_read_stops_the_renewal(rescued, store, playground):
    """It may hold the refresh token in force: so the older one isn't sent, and the error says what to do."""
    store.refuses = ""
    [path] = files()
    path.unlink()
    path.mkdir()
    with pytest.raises(TokenError) as error:
        status(rescued)
    assert error.value.code == "rescue_file_unreadable"
    assert str(path) in str(error.value)
    assert playground.token_requests == 2


def test_a_new_sign_in_replaces_a_file_that_can_t_be_read(rescued, store, playground, monkeypatch):
    """After a new sign-in the file is worth nothing; it doesn't stop the next renewal."""
    store.refuses = ""
    [path] = files()
    read_bytes = Path.read_bytes

    def refused(self):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return read_bytes(self)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        issued = playground.sign_in()
        token = Token(issued["access_token"], refresh_token=issued["refresh_token"], lifetime=3600)
        stored_sign_in(rescued).accept(token)
    assert files() == []
    expire(rescued)
    assert status(rescued) == 200
    assert playground.token_requests == 3


def test_a_machine_s_token_is_not_held(store, playground, monkeypatch):
    """Even if the server adds a refresh token: the machine fetches another token at any time."""
    document = playground.document("oauth2_client_credentials")
    machine = watchword.load(document, "machine", store=store)
    issued = transitions.Issued(
        Token("access", refresh_token="unasked"), stored(machine).load().now, "request", None
    )
    store.refuses = "all"
    assert stored(machine).save(0, issued) is None
    assert (unsaved._held, files()) == ([], [])


def test_a_file_is_kept_while_the_store_can_t_be_opened(rescued, store, monkeypatch):
    """A store that doesn't respond can't decrypt the file for now: so it stays where it is."""

    def fails(*_):
        raise StoreError([finding("store_unreachable", "The store's server is down.")])

    store.refuses = ""
    before = files()
    with monkeypatch.context() as patched:
        patched.setattr(Store, "unseal", fails)
        with pytest.raises(StoreError):
            stored(rescued).recover()
    assert files() == before
    assert status(rescued) == 200


@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null/home"])
def test_connections_of_one_process_share_what_no_file_can_hold(
    connect, store, playground, monkeypatch, home
):
    """Without a disk, another connection and the commands save the held token first."""
    holder = connect()
    assert status(holder) == 200
    expire(holder)
    monkeypatch.setenv("WATCHWORD_HOME", home)
    leave_unsaved(holder, store, monkeypatch)
    store.refuses = ""
    stored(holder).change(lambda record, _: record.released())
    other = connect(scope="profile")  # another token request, so that it has a token cache of its own
    assert stored_sign_in(other).health().obtained is not None
    assert unsaved._held == []
    expire(other)
    assert status(other) == 200
    assert (playground.token_requests, playground.families_revoked) == (3, 0)


def test_a_token_is_in_the_file_before_the_store_is_asked(rescued, store, monkeypatch):
    """A process that is killed while the store is busy leaves it to the next one; else it is removed."""
    store.refuses = ""
    stored(rescued).recover()
    expire(rescued)
    seen = []
    change = Store.change

    def looking(self, key, transition):
        if store.refuses:
            seen.append(len(files()))
            store.refuses = ""
        return change(self, key, transition)

    monkeypatch.setattr(Store, "change", looking)
    leave_unsaved(rescued, store, monkeypatch)
    assert seen == [1]
    assert files() == []
    assert unsaved._held == []


def test_a_token_of_memory_goes_to_no_file(playground, document, monkeypatch):
    """No other process could decrypt it."""
    monkeypatch.setattr(unsaved, "_held", [])
    store = MemoryStore()
    connection = watchword.load(document, "acme", store=store)
    change, seen = store.change, []

    def looking(key, transition):
        seen.append(files())
        return change(key, transition)

    monkeypatch.setattr(store, "change", looking)
    assert status(connection) == 200
    assert seen
    assert all(found == [] for found in seen)


def test_a_token_of_a_deleted_record_does_not_replace_a_new_sign_in(rescued, store):
    """The generations of a deleted record begin anew; the refresh token that was sent tells them apart."""
    store.refuses = ""
    key = stored(rescued).fingerprints.key
    generation = stored(rescued).load().record.generation
    store.delete(key)
    [path] = files()
    on_another_host = path.read_bytes()
    for number in range(generation):
        stored_sign_in(rescued).accept(Token(f"new-{number}", refresh_token=f"new-{number}", lifetime=3600))
    assert files() == []
    path.write_bytes(on_another_host)
    assert stored(rescued).load().record.generation == generation
    assert stored(rescued).recover().record.token.access_token == f"new-{generation - 1}"
    assert files() == []


def test_a_renewal_whose_lease_was_ended_sends_nothing(rescued, store, playground):
    """Another process has saved the file meanwhile: what this one has loaded is out of date."""
    store.refuses = ""
    stored(rescued).change(lambda record, _: record.released())
    held = stored(rescued).take_lease("mine", 60)
    stored(rescued).recover()
    for lease in (None, held.record.lease):  # a process of an earlier version keeps the lease
        stored(rescued).change(lambda record, _, lease=lease: replace(record, lease=lease))
        renewal = Renewal(stored(rescued), rescued.credential.stored.transport, "mine", 60)
        with pytest.raises(TokenError) as error:
            renewal.run(held, AcquireRequest())
        assert error.value.code == "renewal_in_progress"
    assert (playground.token_requests, playground.families_revoked) == (2, 0)


def blocked(path, *, block):
    """Let the database refuse every change of a token, or accept them again."""
    with closing(sqlite3.connect(path)) as other, other:
        if block:
            other.execute(
                "CREATE TRIGGER blocked BEFORE UPDATE ON watchword_tokens"
                " BEGIN SELECT RAISE(ABORT, 'blocked by a test'); END"
            )
        else:
            other.execute("DROP TRIGGER blocked")


@pytest.fixture
def answer(monkeypatch):
    """Give the event that lets the token endpoint answer."""
    answer = threading.Event()

    async def pause(*_):
        while not answer.is_set():  # noqa: ASYNC110 - the test sets it in another thread
            await asyncio.sleep(0.01)

    monkeypatch.setattr(token_endpoint, "pause", pause)
    yield answer
    answer.set()


@pytest.fixture
def start(document, tmp_path, monkeypatch):
    """Give the function that starts a process which makes a call, and says so if it waits for the lease."""
    monkeypatch.setenv("WATCHWORD_STORE", f"sqlite:///{tmp_path / 'tokens.db'}")
    processes = []

    def run():
        process = subprocess.Popen(
            [sys.executable, ended_process.__file__, "goes on"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        processes.append(process)
        process.stdin.write(json.dumps({**document, "timeout": 60}))  # others start meanwhile
        process.stdin.close()
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.timeout(240)
def test_processes_that_wait_for_the_lease_use_the_rescued_token(start, answer, playground, tmp_path):
    """Four processes wait while a fifth can't save the server's answer; then all of them use its token."""
    holder = start()
    while not playground.token_requests:
        time.sleep(0.01)
    waiting = [start() for _ in range(WAITING)]
    assert [process.stdout.readline() for process in waiting] == ["waits\n"] * WAITING
    blocked(tmp_path / "tokens.db", block=True)
    answer.set()
    assert holder.stdout.read() == "200"
    blocked(tmp_path / "tokens.db", block=False)
    assert [process.stdout.read() for process in waiting] == ["200"] * WAITING
    assert (playground.token_requests, playground.families_revoked) == (1, 0)
