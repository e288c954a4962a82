"""Rows of tokens that ended long ago are deleted while new ones are made; sign-ins never are."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from watchword.stores import sweeping
from watchword.tokens import transitions
from watchword.tokens.record import Lease, Pause, Refusal
from watchword.tokens.token import Token

DAY = 86400.0
MACHINE = transitions.Label("acme", "oauth2_token_exchange", "auth.test", signs_in=False)
PERSON = transitions.Label("acme", "oauth2_authorization_code", "auth.test", signs_in=True)


def put(store, key, days=0.0, label=MACHINE, lifetime=3600.0, **more):
    """Store a token that was obtained, and used last, so many days ago."""

    def transition(record, now):
        then = now.after(-days * DAY)
        made = transitions.labelled(replace(record, generation=1, token=Token("a", lifetime=lifetime)), label)
        made = replace(made, obtained=then, used=then)
        return replace(made, **{name: make(now) for name, make in more.items()})

    store.change(key, transition)


def keys(place):
    return {key for (key,) in place.run("SELECT key FROM watchword_tokens")}


def test_ever_new_subjects_leave_no_ever_growing_table(place, monkeypatch):
    """A hundred tokens of subjects that came once are gone after ten others have come."""
    monkeypatch.setattr(sweeping, "sweep", lambda *_: None)
    store = place.open()
    for number in range(100):
        put(store, f"acme:{number:04}", 40)
    monkeypatch.undo()
    assert len(keys(place)) == 100
    for number in range(10):
        put(store, f"acme:{number * 10:04}-new")
    assert len(keys(place)) == 10


@pytest.mark.parametrize(
    ("days", "more"),
    [
        (31.0, {}),
        (31.0, {"lifetime": math.inf}),
        (31.0, {"lease": lambda now: Lease("dead", now.after(-31 * DAY))}),
        (31.0, {"refusal": lambda now: Refusal("", "invalid_client", "", now.after(-31 * DAY))}),
    ],
    ids=["ended", "without an end", "owner died", "refused"],
)
def test_what_ended_more_than_thirty_days_ago_is_deleted(place, days, more):
    """A machine's token goes a month after its end or last use, and with it what was noted of it."""
    store = place.open()
    put(store, "old", days, **more)
    put(store, "new")
    assert keys(place) == {"new"}


@pytest.mark.parametrize(
    ("days", "more"),
    [
        (29.0, {}),
        (29.0, {"lifetime": math.inf}),
        (60.0, {"lifetime": 31 * DAY}),
        (60.0, {"lifetime": math.inf, "used": lambda now: now.after(-DAY)}),
        (60.0, {"lease": lambda now: Lease("alive", now.after(60))}),
        (60.0, {"pause": lambda now: Pause(now.after(60), "temporarily_unavailable", "")}),
        (60.0, {"refusal": lambda now: Refusal("", "invalid_client", "", now)}),
        (900.0, {"label": PERSON}),
        (900.0, {"imported": lambda _: "fingerprint"}),
        (-2.0, {}),
    ],
    ids=[
        "ended lately",
        "used lately",
        "ended lately after long",
        "used since",
        "leased",
        "paused",
        "refused lately",
        "a sign-in",
        "imported",
        "the clock was set back",
    ],
)
def test_what_may_be_needed_stays(place, days, more):
    """Nothing is deleted that is in use, that ended lately, or that no machine can fetch again."""
    store = place.open()
    put(store, "old", days, **more)
    put(store, "new")
    assert keys(place) == {"old", "new"}


def test_a_deleted_sign_in_is_remembered(place):
    """After a sign-out the row stays, so that a late response or the imported token can't bring it back."""
    store = place.open()
    put(store, "old", 900, label=PERSON)
    store.change("old", transitions.forget("imported"))
    store.change("bare", lambda record, _: replace(record, generation=1))
    put(store, "new")
    assert keys(place) == {"old", "bare", "new"}


def test_a_row_that_no_key_opens_stays(place):
    """A damaged neighbour keeps nobody from saving, and is left for those who look for it."""
    store = place.open()
    put(store, "old", 900)
    place.run("UPDATE watchword_tokens SET state = ? WHERE key = 'old'", "nonsense")
    put(store, "new")
    assert keys(place) == {"old", "new"}


def test_a_locked_row_is_left_out(shared):
    """A row that somebody uses at this moment delays nobody and stays."""
    store = shared.open()
    put(store, "old", 900)

    def meanwhile(record, now):
        put(shared.open(), "new")
        return record

    store.change("old", meanwhile)
    assert keys(shared) == {"old", "new"}


def test_only_a_new_row_looks_at_others_and_at_few(place, monkeypatch):
    """An update looks at no other row, and a new row at fifty at most on either side of the ring."""
    store, seen = place.open(), []
    for number in range(120):
        put(store, f"acme:{number:04}")
    original = sweeping._has_ended
    monkeypatch.setattr(sweeping, "_has_ended", lambda *given: (seen.append(1), original(*given))[1])
    put(store, "acme:0003", 1)
    assert seen == []
    put(store, "acme:0003-new")
    assert len(seen) == 50
