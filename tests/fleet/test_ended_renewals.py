"""Tasks that end in the middle of a renewal, under each executor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.nightly import rest_nightly
from watchword_playground import Playground

from .airflow_fleet import EXECUTORS, TASKS_PER_WAY, Fleet

pytestmark = pytest.mark.timeout(480 + 120 * TASKS_PER_WAY)  # with the start of a fleet

DELAY = 4.0
"""How long the token endpoint takes, in seconds: a cleared task has got SIGTERM then, but not yet SIGKILL."""

NOTES = {
    "cleared": ["sent", "ending", "answered"],
    "timed_out": ["sent", "ending", "answered"],
    "killed": ["sent", "ending"],
    "ended": ["sent", "ending", "answered"],
}


def clear_when_sent(fleet: Fleet, run: str, folder: Path) -> None:
    """Clear each task that waits to be cleared as soon as it has sent its token request."""
    waiting = set(range(TASKS_PER_WAY))

    def cleared() -> bool:
        for number in [each for each in waiting if (folder / f"cleared_{each}").exists()]:
            fleet.clear(run, "cleared", number)
            with (folder / f"cleared_{number}").open("a") as notes:
                notes.write("ending\n")
            waiting.discard(number)
        return not waiting

    fleet.wait_until(cleared, 180 + 60 * TASKS_PER_WAY, "the tasks were cleared")


@pytest.mark.parametrize("fleet", rest_nightly(EXECUTORS, {"LocalExecutor"}), indirect=True)
def test_no_sign_in_is_lost_where_the_answer_arrives(fleet: Fleet, playground: Playground) -> None:
    """Tasks that are cleared, time out, are killed or end save the server's answer, if they live to get it.

    The server ends a sign-in whose refresh token comes twice. The next task with each connection succeeds,
    and only those of killed tasks need another token request.
    """
    server = playground.oauth_settings
    server.access_token_lifetime, server.delay, server.grace = 3600, DELAY, 0.0
    revoked, requests = playground.families_revoked, playground.token_requests
    run, folder = fleet.begin("ended_renewals", "")
    clear_when_sent(fleet, run, folder)
    states = fleet.states(run)
    notes = {path.name: path.read_text().split() for path in folder.iterdir()}
    assert states["goes_on"] == ["success"] * len(NOTES) * TASKS_PER_WAY, fleet.errors()
    assert playground.families_revoked == revoked
    assert notes == {f"{way}_{n}": NOTES[way] for way in NOTES for n in range(TASKS_PER_WAY)}
    assert playground.token_requests - requests == len(notes) + TASKS_PER_WAY
    assert set(states["timed_out"] + states["killed"]) == {"failed"}
    assert set(states["cleared"]) == {"success"}
