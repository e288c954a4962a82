"""Silence libraries that log new secrets, which nothing masks yet, while this thread uses them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Filter(logging.Filter, threading.local):
    """Drops records below a warning of the libraries that are `silent` on this thread."""

    silent: tuple[str, ...] = ()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or not record.name.startswith(self.silent)


_filter = _Filter()


@contextmanager
def silence(*libraries: str) -> Iterator[None]:
    """Drop what libraries, such as botocore, log below a warning on this thread inside the block."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(libraries):  # a filter sees only the records of its own logger
            logging.getLogger(name).addFilter(_filter)
    before = _filter.silent
    _filter.silent = libraries
    try:
        yield
    finally:
        _filter.silent = before
