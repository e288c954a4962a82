"""What a backend has to tell the log, once: a DAG may ask for one connection a hundred times a minute."""

from __future__ import annotations

import logging
import time

from watchword import forks

REPEAT = 60.0
"""After how many seconds the same is said again."""

_MOST = 1000

log = logging.getLogger("airflow_provider_watchword.secrets")

_said: dict[tuple[object, ...], float] = {}


def say(level: int, text: str, *about: object) -> None:
    """Log a text, unless something with the same `about` was logged within the last minute."""
    now = time.monotonic()
    before = _said.get(about)
    if before is not None:
        if now - before < REPEAT:
            return
        _said.pop(about, None)
    if len(_said) >= _MOST:
        _said.clear()
    # One step, and so no lock, which a fork might copy held: of several threads one has put its own in.
    if _said.setdefault(about, now) is now:
        log.log(level, "%s", text)


forks.in_child(_said.clear)  # a child writes a log of its own, that of a task
