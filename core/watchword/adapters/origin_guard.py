"""The guard of a connection's origins: requests to any other origin carry no secret."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Iterable

from watchword.adapters.added_by_signing import Added
from watchword.adapters.authenticator import Authenticator
from watchword.adapters.refused_call import ADD_ORIGIN, NOT_ALLOWED
from watchword.errors import RequestError
from watchword.findings.codes import finding
from watchword.http.echoes import holds_secret, is_secret, without_secrets
from watchword.http.origins import host, origin
from watchword.http.urls import without_echo, without_userinfo
from watchword.redact import NeverPickled

log = logging.getLogger(__name__)

_MOST_WARNINGS = 1000
"""So many foreign origins are named in the log: an API may link to ever new ones."""

_REMEMBERED = 32
"""For how many requests of a client it is remembered what signing added: their responses may hold links."""


class OriginGuard(NeverPickled):
    """Tells the requests of one client that may carry the credential from those that may not."""

    def __init__(self, authenticator: Authenticator) -> None:
        self.covers = authenticator.origins.covers
        self.remembers = authenticator.signs_each_request
        self._added: deque[Added] = deque(maxlen=_REMEMBERED)
        self._warned: set[str | None] = set()

    def remember(self, added: Added) -> None:
        """Remember what signing added to a request: an API's link to a foreign origin may hold it."""
        self._added.append(added)

    @property
    def sent(self) -> frozenset[str]:
        """The signatures and JWTs that the last requests were sent with."""
        return frozenset().union(*(added.secrets for added in tuple(self._added)))

    def url_for_foreign_origin(self, url: str) -> str:
        """Return the URL as a foreign origin may see it, and log once that it gets no credential.

        Raises:
            RequestError: as the function of the same name.
        """
        foreign_origin = origin(url)
        if foreign_origin not in self._warned and len(self._warned) < _MOST_WARNINGS:
            self._warned.add(foreign_origin)
            log.warning(
                "The call to %s was sent without the credential: %s %s",
                foreign_origin,
                NOT_ALLOWED,
                ADD_ORIGIN,
            )
        return url_for_foreign_origin(url, self.sent)


def clean_location(location: str, added: Added | None = None) -> str | None:
    """Return a redirect's URL without echoed secrets and without userinfo: it may lead to a foreign origin.

    None if the URL holds a secret in another place than its query and fragment: it is not followed.
    `added` is what signing added to the request.
    """
    url = without_userinfo(location)
    if added is None:
        return without_secrets(url)
    clean_url = without_secrets(url, added.secrets)
    if clean_url is None or (clean_url == url and added.secrets):
        return (
            clean_url  # a link that a stranger has signed may have the same date, and other such parameters
        )
    return without_echo(clean_url, added.unsigned_url, added.signed_url)


def cookies_for_foreign_origin(header: str, sent: Collection[str] = ()) -> str:
    """Return a Cookie header without secrets: an API may have set a session's cookie again."""
    if not header:
        return header
    pairs = header.split("; ")
    return "; ".join(
        pair for pair in pairs if not is_secret(pair.partition("=")[2], sent) and not holds_secret(pair, sent)
    )


def unwanted_headers(headers: Iterable[tuple[str, str]], sent: Collection[str] = ()) -> list[str]:
    """Return the names of the headers that hold a secret, the Cookie header apart."""
    lines = [(name, f"{name}: {value}") for name, value in headers if name.lower() != "cookie"]
    if not holds_secret("\n".join(line for _, line in lines), sent):
        return []
    return [name for name, line in lines if holds_secret(line, sent)]


def url_for_foreign_origin(url: str, sent: Collection[str] = ()) -> str:
    """Return the URL without secrets and userinfo: an API's link to a foreign origin may hold one.

    Raises:
        RequestError: the path holds the secret, so that the URL means nothing without it.
    """
    clean_url = without_secrets(without_userinfo(url), sent)
    if clean_url is None:
        message = f"The URL at {host(url)} holds a secret of a connection in its path."
        raise RequestError([finding("origin_not_allowed", message)])
    return clean_url
