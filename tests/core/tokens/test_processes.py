"""Stores that processes share."""

from __future__ import annotations

from dataclasses import replace

from tests.support.nightly import usually
from watchword.tokens.token import Token

TOKEN = Token("canary-access", refresh_token="canary-refresh")


def test_no_change_is_lost_among_processes(place, start):
    """8 processes that change one record each see what those before left."""
    times = usually(10, 25)
    workers = start(place, 8, "increment", "k", times)
    assert workers.results() == [True] * 8
    assert place.open().load("k").record.generation == 8 * times


def test_spawned_processes_share_a_store(place, start):
    """Processes that multiprocessing spawns find the same store."""
    worker = start(place, 1, "spawn", "k", 2, 5)
    assert worker.results() == [True]
    assert place.open().load("k").record.generation == 10


def test_processes_may_fork_at_any_time(place, start):
    """Children that are forked while threads write use the store as others do."""
    worker = start(place, 1, "fork", "k", 6, 10)
    assert worker.results() == [True]
    assert place.open().load("k").record.generation == 60


def test_a_lease_is_one_processs(place, start, tmp_path):
    """Processes never hold a lease at the same time."""
    workers = start(place, 4, "lease", "k", usually(6, 15), tmp_path / "mark")
    assert workers.results() == [0] * 4


def test_16_processes_may_make_a_store_at_once(place, start):
    """All of 16 processes that open a new store find one and the same."""
    workers = start(place, 16, "opened", "text")
    assert set(workers.results()) == {place.open().fingerprint("text")}


def test_a_draft_serves_one_process(place, start):
    """Of 6 processes that want a draft one has it."""
    place.open().keep_draft("state", {"a": "b"}, 600)
    workers = start(place, 6, "take", "state")
    assert sorted(workers.results()) == [False] * 5 + [True]


def test_a_claim_is_one_processs(place, start):
    """Of 6 processes that claim a refresh token for a record each, one succeeds."""
    workers = start(place, 6, "claim", "imported")
    assert sorted(workers.results()) == [False] * 5 + [True]


def test_a_restart_keeps_everything(place):
    """Another process finds records, drafts, claims, sealed content and fingerprints as they were left."""
    first = place.open()
    first.change("k", lambda record, _: replace(record, name="n", token=TOKEN, generation=1))
    first.keep_draft("state", {"a": "b"}, 600)
    first.claim("imported", "k")
    sealed, print_ = first.seal(b"content", "context"), first.fingerprint("text")
    second = place.open()
    assert second.fingerprint("text") == print_
    assert second.load("k").record == first.load("k").record
    assert second.take_draft("state") == {"a": "b"}
    assert not second.claim("imported", "other")
    assert second.unseal(sealed, "context") == b"content"
    assert second.load("k").now.epoch == first.load("k").now.epoch


def test_a_killed_process_leaves_a_usable_store(place, start):
    """What a process was told to be kept is there after kill -9 in the middle of writing."""
    for _ in range(4):
        worker = start(place, 1, "forever", "k")
        for _ in range(15):
            kept = worker.line()
        worker.kill()
        found = place.open().load("k").record
        assert found.generation >= kept
        assert found.token.access_token.endswith(f"-{found.generation}")
