"""Which verdicts a history keeps: the last twenty, and of what is older than a day the changes alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from watchword.findings.where import Where
from watchword.tokens.record import StoreTime
from watchword.validation.pruning import DAY, MOST, pruned
from watchword.validation.verdict_entry import Entry

NOW = StoreTime("boot", 1e6, 1.7e9)


def entry(letter, days=0.0, epoch="boot"):
    """Return an entry of so many days ago; each letter stands for a verdict and code."""
    return Entry(letter, letter, replace(NOW.after(-days * DAY), epoch=epoch), Where("cli"))


def letters(entries):
    return "".join(each.verdict for each in entries)


def runs(entries):
    """Return the letters without those that repeat the one before."""
    return [letter for letter, _ in groupby(letters(entries))]


def test_of_older_days_the_changes_stay():
    """Of verdicts that are older than a day, those stay that differ from the one before."""
    old = [entry(letter, 30 - index) for index, letter in enumerate("aaabbac")]
    kept = pruned([*old, entry("c"), entry("c")], NOW)
    assert kept == [old[0], old[3], old[5], old[6], entry("c"), entry("c")]


def test_another_code_is_a_change():
    """A verdict with another code is a change, and so is another verdict with the same code."""
    first = entry("a", 3)
    others = [first._replace(code="other"), first._replace(code="other", verdict="other")]
    assert pruned([first, *others, others[-1], entry("z")], NOW) == [first, *others, entry("z")]


def test_the_newest_stays_however_old_it_is():
    """The newest verdict tells when the connection was last validated: it stays, until another comes."""
    entries = [entry("a", days) for days in (9, 8, 7)]
    assert pruned(entries, NOW) == [entries[0], entries[2]]
    assert pruned([*entries, entry("a")], NOW) == [entries[0], entry("a")]


def test_within_a_day_all_stay_up_to_twenty():
    """Verdicts of the last day stay, whatever they are, the last twenty of them."""
    entries = [entry("a", 0.9 - index / 100) for index in range(30)]
    assert pruned(entries, NOW) == entries[-20:]
    assert pruned(entries[:20], NOW) == entries[:20]


def test_changes_make_way_for_the_last_twenty():
    """Twenty is the limit for old changes and recent verdicts together."""
    entries = [*(entry(letter, 5) for letter in "abcdefgh"), *(entry("z") for _ in range(15))]
    assert letters(pruned(entries, NOW)) == "defgh" + "z" * 15


def test_a_clock_that_is_set_back_loses_and_reorders_nothing():
    """Verdicts that seem to come from the future stay, in the order in which they were made."""
    entries = [entry("a", -400), entry("a", -399), entry("a", 0), entry("a", -1)]
    assert pruned(entries, NOW) == entries


def test_another_start_of_the_machine_is_bridged_by_the_wall_clock():
    """The age of a verdict from before a restart is that of the wall clock."""
    before = [entry("a", 2, "before"), entry("a", 2, "before"), entry("a", 0.5, "before")]
    assert pruned([*before, entry("a")], NOW) == [before[0], before[2], entry("a")]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(-3, 9)), max_size=60))
def test_what_is_kept_is_a_part_in_order_and_pruning_again_takes_nothing(made):
    """At most twenty stay, in their order, the newest among them, and a second pruning takes none away."""
    entries = [entry(letter, days) for letter, days in made]
    kept = pruned(entries, NOW)
    remaining = iter(entries)
    assert all(each in remaining for each in kept)
    assert len(kept) <= MOST
    assert kept[-1:] == entries[-1:]
    assert pruned(kept, NOW) == kept
    if len(kept) < MOST:  # no change is lost before the limit is reached
        assert runs(kept) == runs(entries)
