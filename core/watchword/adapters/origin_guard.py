"""The border of a connection's origins: behind it no request takes a secret along."""

from __future__ import annotations

import logging

from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.origins import Origins, host, origin
from watchword.http.urls import holds_secret, without_secrets

log = logging.getLogger(__name__)


class OriginGuard:
    """Tells the requests of one client that may carry the credential from those that may not."""

    def __init__(self, origins: Origins) -> None:
        self.covers = origins.covers
        self._warned: set[str | None] = set()

    def for_foreign_origin(self, url: str) -> str:
        """Return the URL as another origin may see it, and say once that it goes without a credential.

        Raises:
            RequestError: as `cleaned`.
        """
        foreign = origin(url)
        if foreign not in self._warned:
            self._warned.add(foreign)
            log.warning(
                "%s is none of the connection's allowed origins: sent without the credential", foreign
            )
        return cleaned(url)


def cookies_for_foreign_origin(header: str) -> str:
    """Return a Cookie header without known secrets: an API may set a session's cookie again."""
    pairs = header.split("; ")
    return "; ".join(pair for pair in pairs if not holds_secret(pair.partition("=")[2]))


def cleaned(url: str) -> str:
    """Return the URL without a known secret in it: an API's link to a stranger may hold ours.

    Raises:
        RequestError: the secret stands in the path, so that the URL means nothing without it.
    """
    kept = without_secrets(url)
    if kept is None:
        message = f"The URL at {host(url)} holds a secret of a connection in its path."
        raise RequestError([finding("origin_not_allowed", message)])
    return kept
