"""The state of one playground: revocations, faults, counts and what it issued."""

from asyncio import Transport
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

from fastapi import Request

from watchword_playground.credentials import CREDENTIALS, LOGIN_PATH, LOGOUT_PATH, TOKEN_PATH
from watchword_playground.state.expiring_memory import ExpiringMemory
from watchword_playground.state.faults import Fault
from watchword_playground.state.oauth_memory import OAuthMemory
from watchword_playground.state.oauth_settings import OAuthSettings

REVOCABLE = tuple(name for name in CREDENTIALS if name != "none")
# In seconds. OAuth 1.0 timestamps and JWTs are valid for much less than that.
_REPLAY_WINDOW = 24 * 3600
_NONCE_LIFETIME = 300


class OAuth1Token(NamedTuple):
    """An OAuth 1.0 token: a request token, which has a callback, or an access token."""

    consumer_key: str
    secret: str
    callback: str = ""
    verifier: str = ""


@dataclass
class DigestNonce:
    """How often a client has used a nonce, and the client nonce of its first use."""

    count: int = 0
    client_nonce: str = ""


class State:
    """The state of one app. Thread-safe: its owner's thread and the server's thread both use it."""

    def __init__(self, token_lifetime: int) -> None:
        if token_lifetime < 1:
            raise ValueError(f"token_lifetime is {token_lifetime}; it must be at least 1 second")
        self.oauth_settings = OAuthSettings(access_token_lifetime=token_lifetime)
        self.oauth = OAuthMemory(self.oauth_settings)
        self.transports: dict[tuple[str, int], Transport] = {}
        self.connections = 0
        self.closing = False
        self.sessions = ExpiringMemory[str](token_lifetime)
        self.request_tokens = ExpiringMemory[OAuth1Token](token_lifetime)
        self.access_tokens = ExpiringMemory[OAuth1Token](token_lifetime)
        self.digest_nonces = ExpiringMemory[DigestNonce](token_lifetime)
        self.proof_nonces = ExpiringMemory[bool](_NONCE_LIFETIME)
        self.used_once = ExpiringMemory[bool](_REPLAY_WINDOW)
        self._issued: Mapping[str, tuple[ExpiringMemory[Any], ...]] = {
            "session_login": (self.sessions,),
            "oauth1": (self.request_tokens, self.access_tokens),
            "digest": (self.digest_nonces,),
        }
        self._lock = Lock()
        self._revoked: set[str] = set()
        self._faults: list[Fault] = []
        self._counts: Counter[str] = Counter()

    def revoke(self, method: str) -> None:
        """Refuse the credential of `method` from now on. Its tokens stay refused after `restore`."""
        with self._lock:
            self._revoked.add(_revocable(method))
        for memory in self._issued.get(method, ()):
            memory.clear()
        self.oauth.tokens.end_method(method)

    def restore(self, method: str) -> None:
        """Accept the credential of `method` again."""
        with self._lock:
            self._revoked.discard(_revocable(method))

    def is_revoked(self, method: str) -> bool:
        """Return whether the credential of `method` is refused at present."""
        return method in self._revoked

    def add_fault(self, fault: Fault) -> None:
        """Queue a fault. If several match a request, the oldest strikes."""
        with self._lock:
            self._faults.append(fault.model_copy())

    def record(self, path: str) -> Fault | None:
        """Count a request. Return the fault that strikes it, if any."""
        with self._lock:
            self._counts[path] += 1
            fault = next((each for each in self._faults if path.startswith(each.path)), None)
            if fault is not None:
                fault.times -= 1
                self._faults = [each for each in self._faults if each.times > 0]
            return fault

    def counts(self) -> dict[str, int]:
        """Return the number of requests per path."""
        with self._lock:
            return dict(self._counts)

    @property
    def token_lifetime(self) -> int:
        """The lifetime of tokens and sessions, in seconds."""
        return self.oauth_settings.access_token_lifetime

    @token_lifetime.setter
    def token_lifetime(self, seconds: int) -> None:
        self.oauth_settings.access_token_lifetime = seconds

    @property
    def token_requests(self) -> int:
        """The number of requests to the token endpoint."""
        return self.counts().get(TOKEN_PATH, 0)

    @property
    def logins(self) -> int:
        """The number of requests to the login page."""
        return self.counts().get(LOGIN_PATH, 0)

    @property
    def logouts(self) -> int:
        """The number of requests to the logout page."""
        return self.counts().get(LOGOUT_PATH, 0)

    def expire_tokens(self) -> None:
        """Refuse every token, session and nonce issued so far. Credentials and refresh tokens stay valid."""
        self.oauth.tokens.expire_access()
        self.proof_nonces.clear()
        for memories in self._issued.values():
            for memory in memories:
                memory.clear()


def state_of(request: Request) -> State:
    """Return the state of the app that handles this request."""
    state: State = request.app.state.playground
    return state


def _revocable(method: str) -> str:
    if method not in REVOCABLE:
        raise ValueError(f"there is no credential {method!r} to revoke; there are {', '.join(REVOCABLE)}")
    return method
