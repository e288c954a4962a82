"""A program that ends in the middle of a renewal, in a way that its argument names.

It reads a connection document as JSON from standard input. The way `goes on` doesn't end it, but writes the
status of a call. Every other way begins a call, and ends the process while the token endpoint responds.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import requests

import watchword
from watchword.tokens.stored_token import StoredToken
from watchword.tokens.token_store import Snapshot

PAUSE = 0.3
"""The pause between two signals, in seconds; the token endpoint takes longer to respond."""

Call = Callable[[], int]


class TimeLimitError(Exception):
    """The task's time limit has passed."""


def raising(*_: Any) -> NoReturn:
    raise TimeLimitError


def leaving(*_: Any) -> NoReturn:
    sys.exit(3)


def control(path: str, method: str = "GET") -> Any:
    """Use a control of the API's server."""
    root = connection.base_url.rpartition("/")[0]
    response = requests.request(method, f"{root}/_control/{path}", timeout=60)
    response.raise_for_status()
    return response.json()


def renewals() -> int:
    """Return how many token requests have arrived at the server."""
    return int(control("counts")["token_requests"])


def when_sent(before: int) -> None:
    """Wait until one more token request has arrived at the server, which then responds late."""
    while renewals() == before:
        time.sleep(0.01)


def signals(*numbers: int) -> None:
    """Send signals to this process, one after another, from the middle of the renewal on."""
    before = renewals()

    def send() -> None:
        when_sent(before)
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(PAUSE)

    threading.Thread(target=send, daemon=True).start()


def in_thread(call: Call) -> None:
    """Make the call on a thread that nobody waits for, and return in the middle of the renewal."""
    before = renewals()
    threading.Thread(target=call, daemon=True).start()
    when_sent(before)


def time_limit(call: Call) -> None:
    signal.signal(signal.SIGALRM, raising)
    signals(signal.SIGALRM)
    call()


def interrupted(call: Call) -> None:
    signals(signal.SIGINT)
    call()


def interrupted_twice(call: Call) -> None:
    signals(signal.SIGINT, signal.SIGINT)
    call()


def terminated(call: Call) -> None:
    signal.signal(signal.SIGTERM, leaving)
    signals(signal.SIGTERM)
    call()


def left_by_exit(call: Call) -> None:
    in_thread(call)
    sys.exit(3)


def as_an_airflow_task(work: Callable[[], None]) -> None:
    """Do the work in a child that ends as Airflow's supervisor ends one: see `_fork_main` there."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    atexit._clear()
    with contextlib.suppress(BaseException):
        work()
    atexit._run_exitfuncs()
    os._exit(1)


def by_multiprocessing(work: Callable[[], None]) -> None:
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()


def renewed_before(call: Call, end: Callable[[Call], None]) -> None:
    """Renew the token once before the child is forked that renews it again."""
    call()
    expire()
    as_an_airflow_task(lambda: end(call))


ENDS: dict[str, Callable[[Call], None]] = {
    "time limit": time_limit,
    "interrupt": interrupted,
    "two interrupts": interrupted_twice,
    "SIGTERM that exits": terminated,
    "sys.exit": left_by_exit,
    "Airflow: time limit": lambda call: as_an_airflow_task(lambda: time_limit(call)),
    "Airflow: end of main": lambda call: as_an_airflow_task(lambda: in_thread(call)),
    "Airflow: sys.exit": lambda call: as_an_airflow_task(lambda: left_by_exit(call)),
    "multiprocessing: end of main": lambda call: by_multiprocessing(lambda: in_thread(call)),
    "multiprocessing: SIGTERM that exits": lambda call: by_multiprocessing(lambda: terminated(call)),
    "Airflow: time limit, forked after a renewal": lambda call: renewed_before(call, time_limit),
}


def expire() -> None:
    """Have the API, and this process, refuse every token so far."""
    control("expire_tokens", method="POST")
    stored = connection.credential.token_cache._provider.stored
    stored.change(lambda record, now: replace(record, obtained=now.after(-1e7)))
    connection.credential.token_cache.forget()


def say_if_waiting() -> None:
    """Write a line when this process first waits for a lease."""
    load = StoredToken.load
    loads = itertools.count(1)

    def saying(self: StoredToken) -> Snapshot:
        if next(loads) == 2:
            print("waits", flush=True)  # noqa: T201 - the test waits for it
        return load(self)

    StoredToken.load = saying


def call() -> int:
    with connection.session() as api:
        return api.get("/v1/me").status_code


if __name__ == "__main__":
    connection = watchword.load(json.load(sys.stdin), "acme")
    if sys.argv[1] == "goes on":
        say_if_waiting()
        sys.stdout.write(str(call()))
    else:
        ENDS[sys.argv[1]](call)
