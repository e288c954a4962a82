"""Log each failure of a backend once a minute: a DAG may ask for one connection a hundred times a minute."""

from __future__ import annotations

import logging
import time

from watchword import forks

REPEAT_AFTER = 60.0
"""After how many seconds the same failure is logged again."""

_MOST_FAILURES = 1000

logger = logging.getLogger("airflow_provider_watchword.secrets")

_logged_at: dict[tuple[object, ...], float] = {}


def log_error(text: str, *failure: object) -> None:
    """Log an error, unless the same failure was logged within the last minute.

    Args:
        text: the message.
        failure: the values that identify the failure.
    """
    now = time.monotonic()
    before = _logged_at.get(failure)
    if before is not None:
        if now - before < REPEAT_AFTER:
            return
        _logged_at.pop(failure, None)
    if len(_logged_at) >= _MOST_FAILURES:
        _logged_at.clear()
    # `setdefault` is one step, so there is no lock that a fork could copy while it is held. Of several
    # threads, the one whose time is stored logs.
    if _logged_at.setdefault(failure, now) is now:
        logger.error("%s", text)


forks.in_child(_logged_at.clear)  # a child writes its own log, that of a task
