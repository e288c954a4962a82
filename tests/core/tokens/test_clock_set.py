"""The clock of the store's server is set: no refresh token is sent twice, and no wait has no end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from watchword.errors import TokenError
from watchword.tokens import refresh_failures, transitions
from watchword.tokens.health import health_of
from watchword.tokens.record import LONGEST_LEASE, Lease, Pause, Record, Refusal, StoreTime
from watchword.tokens.record_watch import RecordWatch
from watchword.tokens.token import Token
from watchword.tokens.token_store import Snapshot

HOUR = 3600.0
BOTH_WAYS = pytest.mark.parametrize("jump", [HOUR, -HOUR, 10 * HOUR, -10 * HOUR])
NOW = StoreTime("", 1_800_000_000.0, 1_800_000_000.0)
LABEL = transitions.Label("acme", "oauth2_authorization_code", "auth.test", signs_in=True)


class Clock:
    """This process's monotonic clock."""

    def __init__(self):
        self.seconds = 500.0

    def __call__(self):
        return self.seconds


def server_set(now, jump):
    """The time after the server's clock was set, by this machine's right clock too."""
    return replace(now, tick=now.tick + jump)


def host_wrong(now, error):
    """The time as a machine sees it whose own clock is wrong."""
    return replace(now, wall=now.wall + error)


def leased(until):
    return Record("k", lease=Lease("another", until))


@BOTH_WAYS
def test_a_lease_outlasts_a_jump_of_the_servers_clock(jump):
    """A process that comes after the jump waits for the rest of the lease, by its machine's clock."""
    record = leased(NOW.after(80))
    assert not record.free(server_set(NOW.after(79), jump))
    assert record.free(server_set(NOW.after(81), jump))


@BOTH_WAYS
def test_a_wrong_clock_of_a_machine_does_not_end_a_lease(jump):
    """A machine whose own clock is wrong by hours keeps to the server's clock."""
    record = leased(NOW.after(80))
    assert not record.free(host_wrong(NOW.after(79), jump))
    assert record.free(host_wrong(NOW.after(81), jump))


@pytest.mark.parametrize("error", [-HOUR, -LONGEST_LEASE, -200.0, -60.0, 0.0, 60.0, HOUR])
@BOTH_WAYS
def test_no_wait_for_a_dead_process_has_no_end(jump, error):
    """Whatever clocks are wrong or set, a lease whose owner died is over after five minutes at most."""
    clock, snapshot = Clock(), Snapshot(leased(NOW.after(80)), host_wrong(NOW, error))
    watch = RecordWatch(snapshot, clock)
    watch.lease_is_over(snapshot)
    clock.seconds += LONGEST_LEASE
    later = snapshot._replace(now=server_set(host_wrong(NOW.after(LONGEST_LEASE), error), jump))
    assert watch.lease_is_over(later)
    taken = transitions.take_lease("this one", 80, LABEL, later.record.lease)(*later)
    assert taken.held_by("this one", later.now)


@pytest.mark.parametrize("shift_wall", [False, True], ids=["the server's", "both"])
@BOTH_WAYS
def test_a_process_that_waits_trusts_its_own_clock(jump, shift_wall):
    """A process that has seen the lease before the jump waits for its end, whatever all clocks say then."""
    clock, snapshot = Clock(), Snapshot(leased(NOW.after(80)), NOW)
    watch = RecordWatch(snapshot, clock)
    assert not watch.lease_is_over(snapshot)
    clock.seconds += 79
    after = NOW.after(79).after(jump) if shift_wall else server_set(NOW.after(79), jump)
    assert not watch.lease_is_over(snapshot._replace(now=after))
    clock.seconds += 1
    assert watch.lease_is_over(snapshot._replace(now=after.after(1)))


def test_another_lease_is_watched_from_its_own_beginning():
    """Time that has passed for one lease doesn't count for the next."""
    clock, snapshot = Clock(), Snapshot(leased(NOW.after(80)), NOW)
    watch = RecordWatch(snapshot, clock)
    watch.lease_is_over(snapshot)
    clock.seconds += 79
    successor = Snapshot(leased(NOW.after(159)), NOW.after(79))
    assert not watch.lease_is_over(successor)
    clock.seconds += 79
    assert not watch.lease_is_over(successor)
    clock.seconds += 1
    assert watch.lease_is_over(successor)
    assert watch.lease_is_over(Snapshot(Record("k"), NOW))


def test_a_lease_that_another_took_meanwhile_is_not_taken():
    """Only the very lease that has ended is replaced; one that came in between stays."""
    ended, other = Lease("dead", NOW.after(80)), Lease("another", NOW.after(160))
    found = transitions.take_lease("this one", 80, LABEL, ended)(Record("k", lease=other), NOW.after(81))
    assert found.lease == other


@BOTH_WAYS
def test_a_token_that_is_saved_after_the_jump_is_as_old_as_it_is(jump):
    """The clock jumps between request and save: the token counts as issued at the save."""
    issued = transitions.Issued(Token("a", lifetime=3600), NOW, "request")
    now = server_set(NOW.after(2), jump)
    saved = transitions.save(0, issued, within=LONGEST_LEASE)(Record("k"), now)
    assert now.since(saved.obtained) == 0
    usual = transitions.save(0, issued, within=LONGEST_LEASE)(Record("k"), NOW.after(2))
    assert usual.obtained == NOW


def test_a_token_that_is_saved_late_keeps_its_age():
    """A token that the store could not save for a day is a day old then."""
    issued = transitions.Issued(Token("a", lifetime=3600), NOW, "request")
    assert transitions.save(0, issued)(Record("k"), NOW.after(24 * HOUR)).obtained == NOW


@BOTH_WAYS
def test_a_token_that_was_saved_while_others_waited_is_young_for_them(jump):
    """The clock jumps after the save: those who waited know that the token is not older than their wait."""
    clock = Clock()
    watch = RecordWatch(Snapshot(leased(NOW.after(80)), NOW), clock)
    clock.seconds += 3
    saved = Record("k", generation=1, token=Token("a", lifetime=3600), obtained=NOW.after(1))
    assert watch.age(Snapshot(saved, NOW.after(3))) == 2
    assert watch.age(Snapshot(saved, server_set(NOW.after(3), jump))) == 3


@pytest.mark.parametrize("jump", [-HOUR, -10 * HOUR])
def test_a_token_is_never_younger_than_new(jump):
    """After the clock was set back an older token counts as new, not as one of the future."""
    record = Record("k", generation=1, token=Token("a", lifetime=3600), obtained=NOW)
    snapshot = Snapshot(record, server_set(NOW.after(60), jump))
    assert RecordWatch(snapshot, Clock()).age(snapshot) == 0


@pytest.mark.parametrize("jump", [-HOUR, -10 * HOUR])
def test_a_pause_and_a_refusal_end_if_the_clock_is_set_back(jump):
    """No process keeps a pause of minutes for hours."""
    pause = Pause(NOW.after(300), "temporarily_unavailable", "busy")
    refusal = Refusal("request", "invalid_client", "refused", NOW)
    record = Record("k", pause=pause, refusal=refusal)
    with pytest.raises(TokenError):
        refresh_failures.check_pause(record, NOW.after(1), patient=True)
    with pytest.raises(TokenError):
        refresh_failures.check_refusal(record, NOW.after(1), "", "request", "acme")
    later = server_set(NOW.after(1), jump)
    refresh_failures.check_pause(record, later, patient=True)
    refresh_failures.check_refusal(record, later, "", "request", "acme")
    assert health_of(Snapshot(record, later)).waits is None
