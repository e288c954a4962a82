"""Keep secrets out of the logs of Google's client, which logs whole requests and responses at DEBUG."""

from __future__ import annotations

import logging

_LOGGER = "google.cloud.secretmanager_v1.services.secret_manager_service.transports.grpc"

_CONTENT_ATTRIBUTES = ("request", "response")
"""The attributes of a log record that hold a payload; the record's text only names the call."""


class _ContentFilter(logging.Filter):
    """Removes requests and responses from records, for handlers that also write attributes."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in _CONTENT_ATTRIBUTES:
            vars(record).pop(name, None)
        return True


_filter = _ContentFilter()


def filter_client_logs() -> None:
    """Install the filter; a second call changes nothing."""
    logging.getLogger(_LOGGER).addFilter(_filter)
