"""Tasks that end in the middle of a renewal in four ways, and then one task for each of their connections."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import dag, get_current_context, task
from urllib3.connection import HTTPConnection

from airflow_provider_watchword import ApiHook
from watchword.protocols.oauth2.grant import Grant
from watchword.tokens import shared_tokens

PER_WAY = range(int(os.environ["FLEET_TASKS_PER_WAY"]))
"""The numbers of the tasks that end in each way."""

TIME_LIMIT = 20.0
SENT_BEFORE = 2.0
"""The time limit of a task, and how long before it the token request is sent, in seconds."""

Note = Callable[[str], None]


@dag(
    schedule=None,
    params={"connection": "", "folder": "", "at_once": 1},
    max_active_tasks=int(os.environ["FLEET_TASKS_AT_ONCE"]),
)
def ended_renewals() -> None:
    """End tasks while the token endpoint responds; then call the API with each connection."""

    @task
    def cleared(number: int) -> int:
        """Airflow sends SIGTERM, which leaves the task running, and SIGKILL some seconds later."""
        name = f"cleared_{number}"
        if get_current_context()["ti"].try_number > 1:
            return call(name)
        with noted(name):
            call(name)
            time.sleep(60)
        raise RuntimeError("nobody has ended this task")

    @task(execution_timeout=timedelta(seconds=TIME_LIMIT))
    def timed_out(number: int) -> None:
        until = time.monotonic() + TIME_LIMIT - SENT_BEFORE
        with noted(name := f"timed_out_{number}", until) as (note, _):
            try:
                call(name)
            finally:
                note("ending")

    @task
    def killed(number: int) -> None:
        shared_tokens._SLACK = 1.0  # a short lease, because the next task waits for its end
        with noted(name := f"killed_{number}") as (note, sent):
            threading.Thread(target=call, args=(name,), daemon=True).start()
            sent.wait()
            note("ending")
            os.kill(os.getpid(), signal.SIGKILL)

    @task
    def ended(number: int) -> None:
        with noted(name := f"ended_{number}") as (note, sent):
            threading.Thread(target=call, args=(name,), daemon=True).start()
            sent.wait()
            note("ending")
            if number % 2:
                sys.exit(0)

    @task(trigger_rule="all_done")
    def goes_on(name: str) -> int:
        return call(name)

    ends = [way.expand(number=list(PER_WAY)) for way in (cleared, timed_out, killed, ended)]
    names = [f"{way}_{number}" for way in ("cleared", "timed_out", "killed", "ended") for number in PER_WAY]
    ends >> goes_on.expand(name=names)


def call(connection: str) -> int:
    with ApiHook(connection).get_conn() as api:
        api.get("/v1/me").raise_for_status()
    return 1


@contextmanager
def noted(name: str, until: float = 0.0) -> Any:
    """Note in the run's folder when the token request was sent and when it is answered.

    It is sent at the time `until`, or at once. Gives the function that notes anything else, and the event
    that the request was sent.
    """
    path, sent = Path(get_current_context()["params"]["folder"], name), threading.Event()
    fetch, getresponse = Grant.fetch, HTTPConnection.getresponse

    def note(line: str) -> None:
        with path.open("a") as file:
            file.write(f"{line}\n")

    def fetching(*arguments: Any) -> Any:
        time.sleep(max(until - time.monotonic(), 0.0))
        token = fetch(*arguments)
        note("answered")
        return token

    def waiting(connection: HTTPConnection) -> Any:
        if not sent.is_set():
            note("sent")
            sent.set()
        return getresponse(connection)

    Grant.fetch, HTTPConnection.getresponse = fetching, waiting
    yield note, sent


ended_renewals()
