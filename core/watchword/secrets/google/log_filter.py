"""Keep secrets out of what Google's client logs: at DEBUG, requests and replies with all that is in them."""

from __future__ import annotations

import logging

_LOGGER = "google.cloud.secretmanager_v1.services.secret_manager_service.transports.grpc"

_CONTENT = ("request", "response")
"""The attributes of a record that hold a payload; its text names the call alone."""


class _WithoutContent(logging.Filter):
    """Takes requests and replies from records, for handlers that write attributes too."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in _CONTENT:
            vars(record).pop(name, None)
        return True


_filter = _WithoutContent()


def filter_client_logs() -> None:
    """Have Google's client log no content; again is no more."""
    logging.getLogger(_LOGGER).addFilter(_filter)
