"""Keep credentials that aren't masked yet out of botocore's debug log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _BotocoreFilter(logging.Filter, threading.local):
    """Drops records below a warning on threads where it is `on`."""

    on = False

    def filter(self, record: logging.LogRecord) -> bool:
        return not self.on or record.levelno >= logging.WARNING


_filter = _BotocoreFilter()


@contextmanager
def filter_botocore_logs() -> Iterator[None]:
    """Silence botocore on this thread: it logs requests with tokens, and responses with new secrets."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("botocore"):  # a filter sees only the records of its own logger
            logging.getLogger(name).addFilter(_filter)
    _filter.on = True
    try:
        yield
    finally:
        _filter.on = False
