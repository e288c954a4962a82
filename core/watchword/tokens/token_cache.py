"""The token of one credential in this process: all threads use it, and one of them fetches it."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock

from watchword import forks, redact
from watchword.errors import SignInRequired, TokenError
from watchword.redact import NeverPickled
from watchword.tokens.acquire import AcquiredToken, AcquireRequest, TokenProvider
from watchword.tokens.token import Token

_log = logging.getLogger(__name__)

_REMEMBER = {True: 1.0, False: 5.0}
"""How long a failure answers all requests for a token, in seconds, by whether it is transient."""

_LONGEST_PAUSE = 300.0
"""Longest time that a failure answers requests, in seconds, even if the server asks for more."""

_REMEMBER_REFUSED = 300.0
"""How long a refused client or user is not tried again, in seconds: some providers lock accounts."""

_MOST_EARLIER = 32
"""How many values that an API has replaced are remembered: requests with them may be under way."""

_TOLD_EVERY = 60.0
"""Least time between two replaced values that hosts' maskers are told, in seconds: each takes them long."""

_LOCKING = frozenset({"invalid_client", "login_refused", "login_with_refused", "token_field_missing"})


@dataclass(frozen=True)
class _Held(NeverPickled):
    """A token and, on the monotonic clock, when it stops being fresh and when it ends."""

    token: Token
    fresh_until: float
    ends: float


@dataclass(frozen=True)
class _Failure:
    """An error that answers requests until a time on the monotonic clock."""

    error: TokenError
    until: float


class TokenCache(NeverPickled):
    """Holds the token of one credential for all threads of the process, and renews it in time.

    `provider` is where tokens come from; `clock` is a monotonic clock in seconds; `discard` gives the
    token back when the last user has left. `kept` is an object that lives as long as the cache.
    """

    def __init__(
        self,
        provider: TokenProvider,
        clock: Callable[[], float] = time.monotonic,
        discard: Callable[[Token], None] | None = None,
        kept: object = None,
    ) -> None:
        self._provider = provider
        self._clock = clock
        self._discard = discard
        self._users = 0
        self._kept = kept
        # A token is masked as long as it lives. Requests with the one before this may be under way.
        self._replaced: Token | None = None
        self._inherited: Token | None = None
        self._held: _Held | None = None
        self._failure: _Failure | None = None
        self._earlier: deque[str] = deque(maxlen=_MOST_EARLIER)
        self._told = float("-inf")
        self._lock = Lock()
        self._counting = Lock()
        self._swapping = Lock()
        forks.reset_in_child(self)

    def get(self, rejected: Token | None = None) -> Token:
        """Return a token that is good for a request.

        Args:
            rejected: the token that the API has just refused. It is renewed at most once a minute;
                within the minute the same token is returned, and the refusal stands.

        Raises:
            TokenError: there is no usable token, and the provider returned none.
        """
        held = self._held
        if held and rejected is None and self._clock() < held.fresh_until:  # on the path of every request
            return held.token
        fresh = self.fresh(rejected)
        if fresh:
            return fresh
        if not self._lock.acquire(blocking=False):
            if held and self._clock() < held.ends and not _same(held.token, rejected):
                return held.token  # one thread renews, the others need not wait
            self._lock.acquire()
        try:
            return self._renewed(rejected)
        finally:
            self._lock.release()

    def fresh(self, rejected: Token | None = None) -> Token | None:
        """Return the held token if it is good for a request, else None; no waiting, no I/O."""
        held = self._held
        if held and self._clock() < held.fresh_until and not _same(held.token, rejected):
            return held.token
        return None

    def left(self, token: Token) -> float:
        """Return how many seconds a token lasts that is held now; infinite without a known end."""
        held = self._held
        return max(held.ends - self._clock(), 0.0) if held and held.token is token else math.inf

    def enter(self) -> None:
        """Count one more user of the token."""
        with self._counting:  # a lock of its own: a fetch may hold the other one for long
            self._users += 1

    def leave(self) -> None:
        """Count one user less; after the last one the token is given back, if its source has a logout."""
        with self._counting:
            self._users = max(self._users - 1, 0)  # a forked child closes clients that its parent opened
            if self._users or self._discard is None:
                return
        with self._lock:
            with self._swapping:
                held, self._held = self._held, None
            if held:
                self._replaced = held.token
        self._give_back(held)

    def renew(self) -> AcquiredToken:
        """Have a token issued now and hold it, even if a fresh token or a failure is remembered.

        A validation uses this as proof. The token is not new if its source can't renew it.
        """
        with self._lock:
            old = self._held
            acquired = self._acquire(AcquireRequest(force=True))
        self._give_back(old, acquired.token)
        return acquired

    def forget(self) -> None:
        """Forget the token: it was signed out, or replaced by a new sign-in."""
        with self._lock:
            self._held, self._failure = None, None

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies that go along with the held token, as texts by name."""
        held = self._held
        return held.token.cookies if held and held.token.values else {}

    def replace(
        self,
        used: str,
        value: str | None = None,
        lifetime: float | None = None,
        values: Mapping[str, str | None] | None = None,
    ) -> None:
        """Hold the value that the API has put in the place of the one that a request was sent with.

        A response counts only if its request was sent with a value of the session that is held now.

        Args:
            used: the value that the request was sent with.
            value: the new value; it may be the same one with a new lifetime. None if it stays.
            lifetime: how long it lasts, in seconds; None if the API doesn't say: then the end stays.
            values: what else changes of what came with the token, by place; None for what is removed.
        """
        now = self._clock()
        with self._swapping:  # never held for long: no thread that waits for a login has it
            held = self._held
            if held is None or not self._is_of_session(held, used):
                return
            old = held.token
            token = replace(old, access_token=value or old.access_token, values=_merged(old.values, values))
            if lifetime is not None:
                token = replace(token, lifetime=lifetime)
                renewed = _Held(token, now + token.fresh_for, now + lifetime)
            elif token != old:
                renewed = replace(held, token=token)
            else:
                return
            self._mask(renewed.token, now)
            if token.access_token != old.access_token:
                self._earlier.append(old.access_token)
            if old == self._inherited:
                self._inherited = renewed.token
            self._held = renewed

    def end(self, used: str) -> None:
        """Hold no token if the API has ended the session of a request; the next request fetches one."""
        with self._swapping:
            if self._held and self._is_of_session(self._held, used):
                self._replaced, self._held = self._held.token, None

    def begin_child(self) -> None:
        """Give a forked child locks of its own; the parent alone gives the inherited token back."""
        # A thread that does not exist here may hold the parent's.
        self._lock, self._counting, self._swapping = Lock(), Lock(), Lock()
        self._inherited = self._held.token if self._held else None
        self._users = 0

    def _give_back(self, held: _Held | None, successor: Token | None = None) -> None:
        if self._discard and held and held.token not in {successor, self._inherited}:
            self._discard(held.token)

    def _is_of_session(self, held: _Held, used: str) -> bool:
        return used == held.token.access_token or used in self._earlier

    def _mask(self, token: Token, now: float) -> None:
        """Mask a token that takes another one's place; hosts are told only of some, since they keep all."""
        is_told = now >= self._told + _TOLD_EVERY
        redact.register(token.secrets, token, told=is_told)
        self._told = now if is_told else self._told

    def _renewed(self, rejected: Token | None) -> Token:
        now, held = self._clock(), self._held
        if held and not _same(held.token, rejected) and now < held.fresh_until:
            return held.token  # another thread has renewed it
        fallback = held.token if held and not _same(held.token, rejected) and now < held.ends else None
        if self._failure and now < self._failure.until:
            if fallback:
                return fallback
            raise _remembered(self._failure, now)
        try:
            return self._acquire(AcquireRequest(rejected, fallback)).token
        except TokenError as error:
            if fallback is None:
                raise
            _log.warning("The token can't be renewed yet; it is used until it expires. %s", error)
            return fallback

    def _acquire(self, request: AcquireRequest) -> AcquiredToken:
        try:
            acquired = self._provider.acquire(request)
        except TokenError as error:
            self._failure = _Failure(error, self._clock() + self._pause(error))
            raise
        self._failure = None
        if acquired.age is None:
            return acquired  # a known token: its times stay as they are
        token, held = acquired.token, self._held
        issued = self._clock() - acquired.age
        if held and not _same(held.token, token):
            self._replaced = held.token
        with self._swapping:
            self._earlier.clear()
            self._held = _Held(token, issued + token.fresh_for, issued + token.lifetime)
        return acquired

    def _pause(self, error: TokenError) -> float:
        """Return how long a failure answers requests, in seconds: longer if the server asks for it, or locks.

        A provider that remembers failures is asked again soon: the cause may have been removed elsewhere.
        """
        least = _REMEMBER[error.retryable]
        if self._provider.remembers:
            return least
        if error.code in _LOCKING:
            least = _REMEMBER_REFUSED
        retry_after = error.findings[0].retry_after or 0.0
        return max(least, min(retry_after, _LONGEST_PAUSE))


def _merged(values: Mapping[str, str], changes: Mapping[str, str | None] | None) -> Mapping[str, str]:
    """Return the values with the changes; None removes a value."""
    if not changes:
        return values
    return {place: value for place, value in {**values, **changes}.items() if value is not None}


def _same(token: Token, other: Token | None) -> bool:
    return other is not None and token.access_token == other.access_token


def _remembered(failure: _Failure, now: float) -> TokenError:
    """Return the error of a failure, with a note that the server was not asked this time.

    A sign-in that has ended has no such note: no waiting helps.
    """
    error = failure.error
    if isinstance(error, SignInRequired):
        return SignInRequired(error.findings)
    words = f" The server is not asked again for {math.ceil(failure.until - now)} seconds."
    return TokenError([replace(found, message=found.message + words) for found in error.findings])
