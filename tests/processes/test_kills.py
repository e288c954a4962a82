"""If the process that renews a token is killed at any step, the others continue or learn why they can't."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.support.nightly import rest_nightly, usually

HERE = Path(__file__).parent
KILLS = {"sqlite": 50, "postgresql+psycopg": usually(11, 20)}
"""How many workers are killed over each kind of store: each step at least once."""
STORES = ["sqlite", "postgresql"]
SIDE_BY_SIDE = 5

# After the server's response, only the victim knows the new refresh token until the save begins with a file.
RESPONDED = {"after the response", "before the save"}
PERHAPS_RESPONDED = {"during the request"}
STEPS = [
    "before the load",
    "after the load",
    "before the lease",
    "after the lease",
    "before the journal",
    "after the journal",
    "during the request",
    "after the response",
    "before the save",
    "during the save",
    "after the save",
]


@pytest.fixture
def kill(environment, fields):
    """Give the function that kills workers at these steps, of several sign-ins at once."""

    def start(steps: list[str]) -> list[dict]:
        document = {**fields("oauth2_authorization_code"), "timeout": 30}
        del document["refresh_token"]

        def program(number: int) -> list[dict]:
            mine = steps[number::SIDE_BY_SIDE]
            done = subprocess.run(
                [sys.executable, str(HERE / "killed.py")],
                input=json.dumps({"document": document, "name": f"acme-{number}", "steps": mine}),
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=200,
            )
            assert done.returncode == 0, done.stderr
            return json.loads(done.stdout)

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            return list(itertools.chain(*pool.map(program, range(SIDE_BY_SIDE))))

    return start


def settings(playground, **changes):
    requests.post(f"{playground.url}/_control/oauth", json=changes, timeout=60).raise_for_status()


def families_revoked(playground):
    return requests.get(f"{playground.url}/_control/counts", timeout=60).json()["families_revoked"]


@pytest.mark.parametrize("environment", rest_nightly(STORES, {"postgresql"}), indirect=True)
def test_kills_end_no_sign_in_where_the_server_accepts_a_second_use(playground, kill, environment):
    """Wherever the worker dies, the four others succeed after its lease, and no sign-in is revoked."""
    settings(playground, delay=0.05, grace=60)
    kills = KILLS[environment["WATCHWORD_STORE"].partition(":")[0]]
    ends = kill(list(itertools.islice(itertools.cycle(STEPS), kills)))
    assert len(ends) == kills
    assert {end["victim"] for end in ends} == {"killed"}
    assert [end for end in ends if end["others"] != ["200"] * 4] == []
    assert families_revoked(playground) == 0


@pytest.mark.parametrize("environment", rest_nightly(STORES, {"sqlite"}), indirect=True)
def test_every_worker_is_told_to_sign_in_where_the_server_ends_reused_sign_ins(playground, kill):
    """A kill between the server's response and the beginning of the save, and no other, ends the sign-in."""
    settings(playground, delay=0.05, grace=0)
    for end in kill(STEPS):
        assert end["victim"] == "killed"
        outcomes = set(end["others"])
        if end["step"] in PERHAPS_RESPONDED:
            assert outcomes in ({"200"}, {"sign in"}), end
        else:
            assert outcomes == ({"sign in"} if end["step"] in RESPONDED else {"200"}), end
