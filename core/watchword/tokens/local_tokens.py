"""Tokens that a process fetches for itself alone: signed here, or of a session that it opens."""

from __future__ import annotations

import time
from collections.abc import Callable

from watchword.redact import NeverPickled
from watchword.tokens.acquire import AcquiredToken, AcquireRequest
from watchword.tokens.token import RENEWAL_PAUSE, Token


class LocalTokens(NeverPickled):
    """Fetches a token at each request, but after a refusal by the API at most once a minute.

    `fetch` returns a new token or raises TokenError; `clock` is a monotonic clock in seconds.
    """

    remembers = False

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._renewed = float("-inf")

    def acquire(self, request: AcquireRequest) -> AcquiredToken:
        """Return a new token, or the rejected one if it was fetched for a refusal less than a minute ago."""
        now = self._clock()
        if request.rejected and not request.force and now < self._renewed + RENEWAL_PAUSE:
            return AcquiredToken(request.rejected, age=None, is_new=False)
        token = self._fetch()
        if request.rejected:
            self._renewed = now
        return AcquiredToken(token)
