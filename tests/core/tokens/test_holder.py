"""A lease whose process has certainly ended is taken at once; any other one is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

import watchword
from watchword.stores.sql_store import SqlStore
from watchword.tokens import holder
from watchword.tokens.shared_tokens import SharedTokens
from watchword_playground import Playground

HOLDER = (
    "import sys; from watchword.tokens import holder; print(holder.new_owner(), flush=True); sys.stdin.read()"
)


@pytest.fixture
def process():
    """Give a process that holds leases, and the name under which it does."""
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield started, started.stdout.readline().strip()
    started.kill()
    started.wait()
    started.stdin.close()
    started.stdout.close()


def test_a_process_is_gone_once_it_has_ended(process):
    """As long as it runs, or its end was not collected, it may hold a lease."""
    started, owner = process
    assert not holder.is_gone(owner)
    os.kill(started.pid, signal.SIGSTOP)
    assert not holder.is_gone(owner)
    started.kill()
    started.wait()
    assert holder.is_gone(owner)


def test_only_processes_of_this_machine_s_present_run_are_known(process, monkeypatch):
    """Nothing is concluded about another machine, container or run, an earlier version, or another system."""
    started, owner = process
    started.kill()
    started.wait()
    assert holder.is_gone(owner)
    random, boot, namespace, number = owner.split(" ")
    unknown = [
        random,
        f"{random} {number}",
        f"{random} another-boot {namespace} {number}",
        f"{random} {boot} pid:[1] {number}",
        f"{random} {boot} {namespace}",
        f"{random} {boot} {namespace} x",
        f"{random} {boot} {namespace} {'9' * 30}",
        "",
    ]
    assert [each for each in unknown if holder.is_gone(each)] == []
    monkeypatch.setattr(holder, "_place", list)
    assert not holder.is_gone(owner)
    assert not holder.is_gone(holder.new_owner())


def test_a_process_of_another_user_is_not_gone(monkeypatch):
    """The system may refuse to tell more about it than that it exists."""

    def refused(*_):
        raise PermissionError

    monkeypatch.setattr(holder.os, "kill", refused)
    assert not holder.is_gone(holder.new_owner())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("method", ["oauth2_client_credentials", "oauth2_authorization_code"])
def test_the_lease_of_a_killed_process_is_taken_at_once(process, tmp_path, method):
    """A server's grace for a second use of a refresh token may be shorter than a lease."""
    started, owner = process
    with Playground() as playground:
        store = SqlStore(f"sqlite:///{tmp_path / 'tokens.db'}")
        connection = watchword.load(playground.document(method), "acme", store=store)
        tokens = SharedTokens(connection.credential.stored)
        assert tokens.stored.take_lease(owner, 200).record.held_by(owner, tokens.stored.load().now)
        started.kill()
        started.wait()
        with connection.session() as api:
            assert api.get("/v1/me").status_code == 200
        assert playground.token_requests == 1


def test_a_store_of_several_machines_waits_for_the_end_of_a_lease(process, tmp_path, monkeypatch):
    """Copies of a machine that run side by side look like one machine; a store on a server may serve both."""
    started, owner = process
    store = SqlStore(f"sqlite:///{tmp_path / 'tokens.db'}")
    with Playground() as playground:
        document = playground.document("oauth2_client_credentials")
        stored = SharedTokens(watchword.load(document, "acme", store=store).credential.stored).stored
    snapshot = stored.take_lease(owner, 200)
    started.kill()
    started.wait()
    assert stored.is_left_behind(snapshot.record.lease)
    monkeypatch.setattr(SqlStore, "leaves_host", True)
    assert not stored.is_left_behind(snapshot.record.lease)
    assert stored.take_lease("mine", 200).record.lease.owner == owner


def test_a_lease_that_another_process_has_taken_since_is_not_taken(process, tmp_path):
    """Of several processes that see the end of the holder one takes the lease."""
    started, owner = process
    store = SqlStore(f"sqlite:///{tmp_path / 'tokens.db'}")
    with Playground() as playground:
        document = playground.document("oauth2_client_credentials")
        stored = SharedTokens(watchword.load(document, "acme", store=store).credential.stored).stored
    seen = stored.take_lease(owner, 200).record
    started.kill()
    started.wait()
    first, second = (stored.take_lease(holder.new_owner(), 200, seen.lease).record for _ in range(2))
    assert first.lease == second.lease
    assert first.lease.owner != owner
    assert replace(first, lease=None) == replace(seen, lease=None)
