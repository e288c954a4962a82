"""One client's use of a token: the last to end may log out."""

from __future__ import annotations

from threading import Lock

from watchword.tokens.token_cache import TokenCache


class TokenUsage:
    """One client's use of a token: it begins with the first request and ends when the client is closed."""

    def __init__(self, token_cache: TokenCache | None) -> None:
        self._token_cache = token_cache
        self._lock = Lock()
        self.begun = False

    def begin(self) -> None:
        """Count as a user of the token, unless that is done."""
        with self._lock:
            if not self.begun and self._token_cache is not None:
                self._token_cache.enter()
            self.begun = True

    def end(self) -> None:
        """Count no more, if the use has begun: the last to end may log out."""
        with self._lock:
            was, self.begun = self.begun, False
        if was and self._token_cache is not None:
            self._token_cache.leave()
