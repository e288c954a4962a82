"""One client's use of a token: when the last use ends, the token may be logged out."""

from __future__ import annotations

from threading import Lock

from watchword.redact import NeverPickled
from watchword.tokens.token_cache import TokenCache


class TokenUsage(NeverPickled):
    """One client's use of a token: it begins with the first request and ends when the client is closed."""

    def __init__(self, token_cache: TokenCache | None) -> None:
        self._token_cache = token_cache
        self._lock = Lock()
        self.begun = False

    def begin(self) -> None:
        """Count as a user of the token, unless this client counts already."""
        with self._lock:
            if not self.begun and self._token_cache is not None:
                self._token_cache.enter()
            self.begun = True

    def end(self) -> None:
        """Stop counting as a user, if the use has begun: after the last user the token may be logged out."""
        with self._lock:
            was_begun, self.begun = self.begun, False
        if was_begun and self._token_cache is not None:
            self._token_cache.leave()
