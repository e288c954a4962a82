"""The verdict history: what is noted, what is read, and that a failing store changes no report."""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from tests.support.nightly import rest_nightly
from tests.support.stores import place, postgres, shared, sqlite, sqlite_file, start
from watchword import redact
from watchword.findings.codes import finding
from watchword.findings.finding import Verdict
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.stores.memory import MemoryStore
from watchword.stores.rows import RowMalformedError
from watchword.tokens.record import StoreTime
from watchword.tokens.token_store import StoreError
from watchword.validation import history
from watchword.validation.verdict_entry import Entry, last_of, packed, unpacked

__all__ = ["place", "postgres", "shared", "sqlite", "sqlite_file", "start"]

VALID = Report(finding("authenticated", "canary"), ())
INVALID = Report(
    finding("unauthorized_401", "canary", advice="canary", evidence={"body": "canary"}),
    (finding("scope_reduced", "canary"),),
)
SENSOR = Where("sensor", "daily.gate, run scheduled__2026", "worker-1")


@pytest.fixture(autouse=True)
def _no_former_warnings():
    history._warned.clear()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request):
    if request.param == "memory":
        return MemoryStore()
    return request.getfixturevalue({"sqlite": "sqlite", "postgres": "shared"}[request.param]).open()


def note(store, name="acme", report=VALID, where=SENSOR):
    history.note(lambda: store, name, report, where)


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_verdict_comes_back_newest_first(store):
    """Verdict, code, time and place of each validation are kept, and nothing else of the report."""
    before = datetime.now(timezone.utc)
    note(store)
    note(store, report=INVALID, where=Where("cli"))
    last, first = history.history(store, "acme")
    assert (first.verdict, first.code, first.where) == (Verdict.VALID, "authenticated", SENSOR)
    assert (last.verdict, last.code) == (Verdict.INVALID, "unauthorized_401")
    assert (last.where.kind, last.where.job, last.where.machine) == ("cli", "", os.uname().nodename)
    assert before - timedelta(seconds=5) <= first.date <= last.date <= datetime.now(timezone.utc)
    assert 0 <= last.seconds_ago <= first.seconds_ago
    assert history.last_verdicts(store)["acme"].code == "unauthorized_401"
    assert b"canary" not in zlib.decompress(store.history.get("acme").content)
    assert set(json.loads(json.dumps(first.as_dict()))) == {"verdict", "code", "date", "where"}
    assert str(first.where) == "sensor daily.gate, run scheduled__2026 on worker-1"


def test_histories_belong_to_names(store):
    """Each name has a history of its own, whatever characters it has; a nameless validation has none."""
    names = ["acme", "\U0001f511" * 250, "a\0b", "a\\0b", "\udcff"]
    for name in names:
        note(store, name)
    for nameless in (None, ""):
        note(store, nameless)
    assert list(history.last_verdicts(store)) != []
    assert set(history.last_verdicts(store)) == set(names)
    assert [len(history.history(store, name)) for name in names] == [1] * len(names)
    assert history.history(store, "another") == ()


def test_the_last_twenty_are_kept(store):
    """The history is as short as the rule says."""
    for number in range(25):
        note(store, where=Where("cli", str(number)))
    assert [past.where.job for past in history.history(store, "acme")] == [str(n) for n in range(24, 4, -1)]


def test_no_secret_is_noted_and_no_text_is_long(store):
    """A job's name is one line of printable text, shortened, and a known secret in it is masked."""
    redact.register(["s3cret-canary"])
    note(store, where=Where("hook\n", f"run s3cret-canary\x1b[2J\n{'x' * 500}", "m" * 500))
    [past] = history.history(store, "acme")
    assert past.where.kind == "hook"
    assert past.where.job.startswith("run *** [2J xxx")
    assert (len(past.where.job), len(past.where.machine)) == (200, 200)
    assert b"s3cret" not in zlib.decompress(store.history.get("acme").content)


def test_a_store_that_fails_is_logged_once_and_changes_nothing(store, caplog):
    """A failing store raises nothing. One warning names connection and cause, until the store works again."""

    def broken():
        raise StoreError([finding("store_read_only", "The store can't be written.")])

    for _ in range(3):
        history.note(broken, "acme", VALID, SENSOR)
    [warning] = warnings(caplog)
    assert "'acme'" in warning
    assert "store_read_only: The store can't be written." in warning
    note(store)
    history.note(broken, "acme", VALID, SENSOR)
    assert len(warnings(caplog)) == 2
    assert len(history.history(store, "acme")) == 1


def test_a_server_that_is_down_is_logged(shared, postgres, caplog):
    """While PostgreSQL is down a verdict can't be noted, and the log says so; a reader gets the error."""
    store = shared.open()
    note(store)
    postgres.stop()
    try:
        note(store, report=INVALID)
        [warning] = warnings(caplog)
        assert "store_unreachable" in warning
        for read in (lambda: history.history(store, "acme"), lambda: history.last_verdicts(store)):
            with pytest.raises(StoreError) as caught:
                read()
            assert caught.value.code == "store_unreachable"
    finally:
        postgres.start()
    note(store, report=INVALID)
    assert [past.code for past in history.history(store, "acme")] == ["unauthorized_401", "authenticated"]


def test_a_store_that_can_t_be_written_is_logged(shared, caplog):
    """A database that takes no writes, such as a standby, is still read."""
    note(shared.open())
    [(name,)] = shared.run("SELECT current_database()")
    shared.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    note(shared.open())
    assert "store_read_only" in warnings(caplog)[0]
    assert len(history.history(shared.open(), "acme")) == 1


def test_a_damaged_history_hides_no_other_and_begins_anew(place, caplog):
    """A history that was altered is refused alone. The next verdict begins a new one; the log says why."""
    store = place.open()
    note(store)
    note(store, "other")
    place.run("UPDATE watchword_history SET changed = '{}' WHERE name = 'acme'")
    with pytest.raises(StoreError, match="the history of 'acme'"):
        history.history(store, "acme")
    found = history.last_verdicts(store)
    assert found["acme"].code == "store_key_wrong"
    assert found["other"].verdict is Verdict.VALID
    note(store, report=INVALID)
    [warning] = warnings(caplog)
    assert warning.startswith("The verdict history of 'acme' begins anew: store_key_wrong")
    assert [past.code for past in history.history(store, "acme")] == ["unauthorized_401"]


LINES = [
    b"[]",
    b"{}",
    b"\xff",
    b"x\n",
    b'["?", "c", "", 1.0, 1.0, "cli", "", ""]',
    b'["valid", "c", "", 1.0, 1e300, "cli", "", ""]',
    b'["valid", "c", "", 1.0, NaN, "cli", "", ""]',
    b'["valid", "c", "", 1.0, "1", "cli", "", ""]',
    b'["valid", "c", "", 1.0, 1.0, "cli", ""]',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", [b"", b"no history", *map(zlib.compress, LINES)])
def test_content_that_is_no_history_is_named(store, content, caplog):
    """Content that no version has written is refused by name, hides no other, and spoils no report."""
    store.history.change("acme", lambda *_: content)
    note(store, "other")
    found = history.last_verdicts(store)
    assert found["acme"].code == "store_damaged"
    assert found["other"].verdict is Verdict.VALID
    if content:
        with pytest.raises(StoreError, match="the history of 'acme' is malformed"):
            history.history(store, "acme")
    note(store)
    begun_anew = [text.partition(":")[0] for text in warnings(caplog)]
    assert begun_anew == (["The verdict history of 'acme' begins anew"] if content else [])
    assert len(history.history(store, "acme")) == 1


@pytest.mark.parametrize("place", rest_nightly(["sqlite", "postgres"], {"sqlite"}), indirect=True)
def test_thirty_two_processes_lose_no_verdict(place, start):
    """Of 32 processes that note three verdicts each at once, the last twenty verdicts are kept, each once."""
    workers = [start(place, 32, "note", "acme", 3)]
    processes = set(*[worker.results() for worker in workers])
    assert len(processes) == 32
    jobs = [past.where.job for past in history.history(place.open(), "acme")]
    assert len(jobs) == len(set(jobs)) == 20
    numbers = {}
    for job in reversed(jobs):  # each process's own verdicts are in their order, and none between is missing
        process, number = map(int, job.split())
        assert process in processes
        assert number == numbers.get(process, number - 1) + 1
        numbers[process] = number
    assert set(numbers.values()) == {2}


def test_few_processes_lose_none_at_all(place, start):
    """Of 5 processes that note four verdicts each at once, every verdict is kept."""
    processes = start(place, 5, "note", "acme", 4).results()
    jobs = Counter(past.where.job for past in history.history(place.open(), "acme"))
    assert jobs == Counter(f"{process} {number}" for process in processes for number in range(4))


def test_forks_while_threads_note_lose_nothing(place, start):
    """Children that are forked while threads note verdicts note theirs too."""
    assert start(place, 1, "fork_notes", "acme", 4, 4).results() == [True]
    assert len(history.history(place.open(), "acme")) == 17


@pytest.mark.parametrize("job", ["", "\udcff\u2028", "\N{SNOWMAN}" * 200])
def test_what_is_packed_comes_back(job):
    """Entries come back in their order, and the last one without the others, however long it is."""
    entries = [Entry(Verdict.VALID, "c\n", StoreTime("e", 1.5, wall), Where("cli", job)) for wall in (1, 2.5)]
    for number in (1, 2):
        assert unpacked(packed(entries[:number])) == entries[:number]
        assert last_of(packed(entries[:number])) == entries[number - 1]
    assert unpacked(b"") == []
    with pytest.raises(RowMalformedError):
        last_of(b"")
