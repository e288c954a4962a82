"""The guard of a connection's origins: requests to any other origin carry no secret."""

from __future__ import annotations

import logging

from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.origins import Origins, host, origin
from watchword.http.urls import holds_secret, without_secrets

log = logging.getLogger(__name__)

_MOST_WARNINGS = 1000
"""So many foreign origins are named in the log: an API may link to ever new ones."""


class OriginGuard:
    """Tells the requests of one client that may carry the credential from those that may not."""

    def __init__(self, origins: Origins) -> None:
        self.covers = origins.covers
        self._warned: set[str | None] = set()

    def url_for_foreign_origin(self, url: str) -> str:
        """Return the URL as a foreign origin may see it, and log once that it gets no credential.

        Raises:
            RequestError: as the function of the same name.
        """
        foreign_origin = origin(url)
        if foreign_origin not in self._warned and len(self._warned) < _MOST_WARNINGS:
            self._warned.add(foreign_origin)
            log.warning(
                "%s is none of the connection's allowed origins: sent without the credential", foreign_origin
            )
        return url_for_foreign_origin(url)


def cookies_for_foreign_origin(header: str) -> str:
    """Return a Cookie header without known secrets: an API may have set a session's cookie again."""
    pairs = header.split("; ")
    return "; ".join(pair for pair in pairs if not holds_secret(pair.partition("=")[2]))


def url_for_foreign_origin(url: str) -> str:
    """Return the URL without known secrets: an API's link to a foreign origin may hold one.

    Raises:
        RequestError: the path holds the secret, so that the URL means nothing without it.
    """
    clean_url = without_secrets(url)
    if clean_url is None:
        message = f"The URL at {host(url)} holds a secret of a connection in its path."
        raise RequestError([finding("origin_not_allowed", message)])
    return clean_url
