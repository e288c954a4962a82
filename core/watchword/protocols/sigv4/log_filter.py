"""Keep botocore's debug log from telling credentials that nobody has registered yet."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Quiet(logging.Filter, threading.local):
    """Drops what is said below a warning on threads where it is `on`."""

    on = False

    def filter(self, record: logging.LogRecord) -> bool:
        return not self.on or record.levelno >= logging.WARNING


_quiet = _Quiet()


@contextmanager
def filter_botocore_logs() -> Iterator[None]:
    """Silence botocore on this thread: it logs requests with their tokens, and replies with new secrets."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("botocore"):  # a filter is asked for records of its own logger alone
            logging.getLogger(name).addFilter(_quiet)
    _quiet.on = True
    try:
        yield
    finally:
        _quiet.on = False
