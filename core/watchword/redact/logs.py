"""Keep secrets out of exceptions, and of the logs of other libraries."""

from __future__ import annotations

import logging
from collections.abc import Callable

from watchword.redact.texts import text

# These loggers write request lines, which may hold credentials in the query.
_NOISY_LOGGERS = (
    "aiohttp.client",
    "dlt",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
    "httpx",
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


def exception(error: BaseException, replace: Callable[[object], object] = lambda value: value) -> None:
    """Mask secrets in an exception, and in all exceptions that it was caused by, in place.

    The chain and its types stay, since callers tell faults apart by them. `replace` maps attribute values,
    such as a signed request, to the values that may be shown instead.
    """
    pending: list[BaseException] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        current.args = tuple(_cleaned(argument, replace) for argument in current.args)
        for name, value in list(vars(current).items()):
            setattr(current, name, _cleaned(value, replace))
        nested = (current.__cause__, current.__context__, *current.args, *vars(current).values())
        pending.extend(item for item in nested if isinstance(item, BaseException))


def _cleaned(value: object, replace: Callable[[object], object]) -> object:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return text(value.decode("latin-1")).encode("latin-1", "replace")
    return replace(value)


class _Filter(logging.Filter):
    """Masks secrets in the records of a logger."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = text(record.getMessage()), ()
        if record.exc_info and record.exc_info[1]:
            exception(record.exc_info[1])
        return True


def filter_logs() -> None:
    """Mask secrets in the logs of the HTTP libraries; called when an adapter is imported."""
    for name in _NOISY_LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(present, _Filter) for present in logger.filters):
            logger.addFilter(_Filter())
