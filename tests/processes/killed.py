"""A program that kills a worker at a step of its renewal, lets others call the API, and repeats that.

It reads a plan as JSON from standard input. For each kill it writes the step and the outcomes of all workers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import requests

import watchword
from watchword.errors import SignInRequired, WatchwordError
from watchword.protocols.oauth2.grant import Grant
from watchword.sign_in.stored_sign_in import stored_sign_in
from watchword.tokens.renewal import Renewal
from watchword.tokens.stored_token import StoredToken
from watchword.tokens.token import Token

SURVIVORS = 4

LEASE = 3.0
"""Seconds until the others take the victim's lease; their own ones last long, on a slow machine too."""

Patch = Callable[[], None]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(owner: type, name: str) -> Patch:
    def patch() -> None:
        setattr(owner, name, lambda *_: die())

    return patch


def after(owner: type, name: str) -> Patch:
    def patch() -> None:
        original = getattr(owner, name)

        def dying(*arguments: Any) -> None:
            original(*arguments)
            die()

        setattr(owner, name, dying)

    return patch


def during_the_request() -> None:
    original = Grant.fetch

    def dying(*arguments: Any) -> None:
        timer = threading.Timer(0.025, die)
        timer.start()
        original(*arguments)
        timer.join()  # on a slow machine the response may come first

    Grant.fetch = dying


def during_the_save() -> None:
    original = StoredToken.save

    def dying(self: StoredToken, generation: int, issued: Any) -> Any:
        def change(transition: Any) -> Any:
            return self._store.change(self.key, lambda record, now: (transition(record, now), die())[0])

        self.change = change
        return original(self, generation, issued)

    StoredToken.save = dying


STEPS: dict[str, Patch] = {
    "before the load": before(StoredToken, "load"),
    "after the load": after(StoredToken, "load"),
    "before the lease": before(StoredToken, "take_lease"),
    "after the lease": after(StoredToken, "take_lease"),
    "before the journal": before(Renewal, "_journalled"),
    "after the journal": before(Grant, "fetch"),
    "during the request": during_the_request,
    "after the response": after(Grant, "fetch"),
    "before the save": before(StoredToken, "save"),
    "during the save": during_the_save,
    "after the save": after(StoredToken, "save"),
}


def call(connection: watchword.Connection) -> str:
    connection.credential.token_cache.forget()
    try:
        with connection.session() as api:
            return str(api.get("/v1/me").status_code)
    except SignInRequired:
        return "sign in"
    except (WatchwordError, requests.RequestException) as error:
        return str(error)


def forked(work: Callable[[], str]) -> Callable[[], str]:
    """Do the work in a child process. The returned function waits for its end and returns the outcome."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, work().encode())
        os._exit(0)
    os.close(writing)

    def outcome_at_end() -> str:
        with os.fdopen(reading) as pipe:
            outcome = pipe.read()
        os.waitpid(child, 0)
        return outcome or "killed"

    return outcome_at_end


def expire(connection: watchword.Connection) -> None:
    connection.credential.token_cache._provider.stored.change(
        lambda record, now: replace(record, obtained=now.after(-1e7)) if record.token else record
    )


def sign_in(connection: watchword.Connection) -> None:
    root = connection.base_url.rpartition("/")[0]
    issued = requests.post(f"{root}/_control/sign_in", json={}, timeout=60).json()
    stored_sign_in(connection).accept(
        Token(issued["access_token"], lifetime=3600, refresh_token=issued["refresh_token"])
    )


def killed(connection: watchword.Connection, step: str) -> dict[str, Any]:
    expire(connection)

    def victim() -> str:
        connection.credential.token_cache._provider._lease = LEASE
        STEPS[step]()
        return call(connection)

    victim_outcome = forked(victim)()
    survivors = [forked(lambda: call(connection)) for _ in range(SURVIVORS)]
    return {
        "step": step,
        "victim": victim_outcome,
        "others": [outcome_at_end() for outcome_at_end in survivors],
    }


def main() -> None:
    plan = json.load(sys.stdin)
    connection = watchword.load(plan["document"], plan["name"])
    sign_in(connection)
    outcomes = []
    for step in plan["steps"]:
        outcomes.append(killed(connection, step))
        if "sign in" in outcomes[-1]["others"]:
            sign_in(connection)
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
