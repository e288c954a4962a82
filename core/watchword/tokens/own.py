"""Tokens that a process fetches for itself alone: signed here, or of a session that it opens."""

from __future__ import annotations

import time
from collections.abc import Callable

from watchword.tokens.token import RENEWAL_PAUSE, Token
from watchword.tokens.wish import Obtained, Wish


class OwnTokens:
    """Fetches a token whenever one is wished for, but after a refusal at most once a minute.

    `fetch` gets a new one and raises TokenError; `clock` is a monotonic clock in seconds.
    """

    remembers = False

    def __init__(self, fetch: Callable[[], Token], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._renewed = float("-inf")

    def obtain(self, wish: Wish) -> Obtained:
        """Return a new token, or the rejected one where that is what such a renewal has just brought."""
        now = self._clock()
        if wish.rejected and not wish.anew and now < self._renewed + RENEWAL_PAUSE:
            return Obtained(wish.rejected, age=None, is_new=False)
        token = self._fetch()
        if wish.rejected:
            self._renewed = now
        return Obtained(token)
