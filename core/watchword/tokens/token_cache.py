"""The keeper of one token: whoever needs it gets it, and one alone fetches it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from watchword import forks, redact
from watchword.errors import TokenError
from watchword.findings.finding import Finding
from watchword.tokens.acquire import AcquiredToken, AcquireRequest, TokenProvider
from watchword.tokens.token import Token

_log = logging.getLogger(__name__)

_REMEMBER = {True: 1.0, False: 5.0}
"""How long a failure stands for all who ask, in seconds, by whether it is transient."""

_LONGEST_PAUSE = 300.0
"""Longest time that a failure stands, in seconds, whatever the server wishes."""

_REMEMBER_REFUSED = 300.0
"""How long a refused client or user stands: asking again locks accounts at some providers."""

_LOCKING = frozenset({"invalid_client", "login_refused", "token_field_missing"})


@dataclass(frozen=True)
class _Held:
    """A token and, on the monotonic clock, when it stops being fresh and when it ends."""

    token: Token
    fresh_until: float
    ends: float


@dataclass(frozen=True)
class _Failure:
    """An error that stands until a moment of the monotonic clock."""

    error: TokenError
    until: float


class TokenCache:
    """Holds the token of one credential and renews it in time, for all threads of the process.

    `provider` is where tokens come from; `clock` is a monotonic clock in seconds; `discard` gives the
    token back when the last of those who entered has left.
    """

    def __init__(
        self,
        provider: TokenProvider,
        clock: Callable[[], float] = time.monotonic,
        discard: Callable[[Token], None] | None = None,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._discard = discard
        self._users = 0
        self._replaced: Token | None = None
        self._inherited: Token | None = None
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._lock = Lock()
        self._counting = Lock()
        forks.reset_in_child(self)

    def get(self, rejected: Token | None = None) -> Token:
        """Return a token that is good for a request.

        Args:
            rejected: the token that the API has just refused. It is renewed, but not more than
                once a minute for all who ask; otherwise it comes back, and the refusal stands.

        Raises:
            TokenError: there is no usable token and none could be had.
        """
        held = self._held
        if held and rejected is None and self._clock() < held.fresh_until:  # on the path of every request
            return held.token
        fresh = self.fresh(rejected)
        if fresh:
            return fresh
        if not self._lock.acquire(blocking=False):
            if held and self._clock() < held.ends and not _same(held.token, rejected):
                return held.token  # one renews, nobody waits
            self._lock.acquire()
        try:
            return self._renewed(rejected)
        finally:
            self._lock.release()

    def fresh(self, rejected: Token | None = None) -> Token | None:
        """Return the token at hand if it is good for a request; no waiting, no I/O."""
        held = self._held
        if held and self._clock() < held.fresh_until and not _same(held.token, rejected):
            return held.token
        return None

    def enter(self) -> None:
        """Count one more user of the token, until it leaves."""
        with self._counting:  # never waits for a token that is being fetched
            self._users += 1

    def leave(self) -> None:
        """Count one user less; with the last one the token is given back, where its source wants that."""
        with self._counting:
            self._users = max(self._users - 1, 0)  # a forked child closes what it has never opened
            if self._users or self._discard is None:
                return
        with self._lock:
            held, self._held = self._held, None
            if held:
                self._retire(held.token)
        self._give_back(held)

    def renew(self) -> AcquiredToken:
        """Have a token issued now, whatever is held or remembered, and hold it: a validation's proof.

        It is not new where the source can't renew what it has.
        """
        with self._lock:
            old = self._held
            obtained = self._acquire(AcquireRequest(force=True))
        self._give_back(old, obtained.token)
        return obtained

    def forget(self) -> None:
        """Hold nothing any more: what was held has been signed out, or replaced by a new sign-in."""
        with self._lock:
            self._held, self._failure = None, None

    def begin_child(self) -> None:
        """Give a forked child its own lock, and leave it to the parent to give the token back."""
        self._lock, self._counting = Lock(), Lock()  # the parent's may be held by a thread that is not here
        self._inherited = self._held.token if self._held else None
        self._users = 0

    def _give_back(self, held: _Held | None, successor: Token | None = None) -> None:
        if self._discard and held and held.token not in {successor, self._inherited}:
            self._discard(held.token)

    def _retire(self, token: Token, successor: Token | None = None) -> None:
        # The one before is in nobody's hands any more, unless the server gave it out again; requests
        # with this one may be under way.
        if self._replaced:
            alive = _secrets(successor) | _secrets(token)
            for secret in _secrets(self._replaced) - alive:
                redact.forget_token(secret)
        self._replaced = token

    def _renewed(self, rejected: Token | None) -> Token:
        now, held = self._clock(), self._held
        if held and not _same(held.token, rejected) and now < held.fresh_until:
            return held.token  # another thread was faster
        fallback = held.token if held and not _same(held.token, rejected) and now < held.ends else None
        if self._failure and now < self._failure.until:
            if fallback:
                return fallback
            error = self._failure.error
            raise type(error)(_remembered(error.findings, self._failure.until, now))
        try:
            return self._acquire(AcquireRequest(rejected, fallback)).token
        except TokenError as error:
            if fallback is None:
                raise
            _log.warning("The token is about to end and can't be renewed yet; it serves on. %s", error)
            return fallback

    def _acquire(self, request: AcquireRequest) -> AcquiredToken:
        try:
            obtained = self._provider.acquire(request)
        except TokenError as error:
            self._failure = _Failure(error, self._clock() + self._pause(error))
            raise
        self._failure = None
        if obtained.age is None:
            return obtained  # the time of the one that is held goes on
        token, held = obtained.token, self._held
        issued = self._clock() - obtained.age
        if held and not _same(held.token, token):
            self._retire(held.token, token)
        self._held = _Held(token, issued + token.fresh_for, issued + token.lifetime)
        return obtained

    def _pause(self, error: TokenError) -> float:
        """Return how long a failure stands, in seconds: longer where the server wishes it, or it locks.

        An origin that remembers is asked again soon: somebody may have mended it elsewhere.
        """
        least = _REMEMBER[error.retryable]
        if self._provider.remembers:
            return least
        if error.code in _LOCKING:
            least = _REMEMBER_REFUSED
        wished = error.findings[0].retry_after or 0.0
        return max(least, min(wished, _LONGEST_PAUSE))


def _same(token: Token, other: Token | None) -> bool:
    return other is not None and token.access_token == other.access_token


def _secrets(token: Token | None) -> set[str]:
    return {secret for secret in (token.access_token, token.refresh_token) if secret} if token else set()


def _remembered(findings: Sequence[Finding], until: float, now: float) -> list[Finding]:
    """Return the findings of a failure with the words that nobody was asked this time."""
    words = f" This answer stands for {math.ceil(until - now)} seconds more, in which nobody is asked again."
    return [replace(found, message=found.message + words) for found in findings]
