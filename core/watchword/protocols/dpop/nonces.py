"""The nonces that servers demand in proofs (RFC 9449 sections 8 and 9): the newest of each server is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_HEADER = "DPoP-Nonce"

_MOST_SERVERS = 1000
"""Nonces of more servers are forgotten: a request without one is sent a second time, with a new one."""

# Section 8.1, with a limit of its length.
_NONCE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,1000}")


class Nonces:
    """The newest nonce of each server, for all connections of the process; nonces aren't secret."""

    def __init__(self) -> None:
        self._newest: dict[str, str] = {}

    def newest(self, url: str) -> str | None:
        """Return the newest nonce of a URL's server, None if it has given none."""
        return self._newest.get(_server(url))

    def note(self, url: str, headers: Mapping[str, str]) -> bool:
        """Remember the nonce in the headers of a response from this URL; return whether there is one."""
        nonce = headers.get(_HEADER)
        if nonce is None or not _NONCE.fullmatch(nonce):
            return False
        if len(self._newest) >= _MOST_SERVERS:
            self._newest.clear()
        self._newest[_server(url)] = nonce
        return True


def _server(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


OF_APIS, OF_TOKEN_ENDPOINTS = Nonces(), Nonces()
"""An API and a token endpoint may be at one origin, and each gives nonces of its own."""
