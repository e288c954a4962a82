"""What one playground remembers: revocations, faults, counts and the tokens it issued."""

import time
from collections import Counter
from threading import Lock
from typing import NamedTuple

from fastapi import Request
from pydantic import BaseModel, Field, model_validator
from typing_extensions import Self

from watchword.playground.credentials import CREDENTIALS, TOKEN_PATH

REVOCABLE = tuple(name for name in CREDENTIALS if name != "none")


class Fault(BaseModel):
    """A disturbance of the next `times` requests whose path starts with `path`."""

    status: int | None = Field(None, ge=200, le=599)
    delay: float = Field(0.0, ge=0, le=300, allow_inf_nan=False)
    times: int = Field(1, ge=1)
    path: str = ""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.status is None and not self.delay:
            raise ValueError("give a status, a delay or both")
        return self


class IssuedToken(NamedTuple):
    """What the token endpoint remembers of one access token."""

    client_id: str
    scopes: frozenset[str]
    expires_at: float


class State:
    """The memory of one app; its owner's thread and the server's thread both use it, hence the lock."""

    def __init__(self, token_lifetime: int) -> None:
        if token_lifetime < 1:
            raise ValueError(f"token_lifetime is {token_lifetime}; it must be at least 1 second")
        self.token_lifetime = token_lifetime
        self.connections = 0
        self.closing = False
        self._lock = Lock()
        self._revoked: set[str] = set()
        self._faults: list[Fault] = []
        self._counts: Counter[str] = Counter()
        self._tokens: dict[str, IssuedToken] = {}

    def revoke(self, method: str) -> None:
        """Refuse the credential of `method` from now on; tokens issued for it never come back."""
        with self._lock:
            self._revoked.add(_revocable(method))
            if method == "oauth2_client_credentials":
                self._tokens.clear()

    def restore(self, method: str) -> None:
        """Accept the credential of `method` again."""
        with self._lock:
            self._revoked.discard(_revocable(method))

    def is_revoked(self, method: str) -> bool:
        """Tell whether the credential of `method` is refused at present."""
        return method in self._revoked

    def add_fault(self, fault: Fault) -> None:
        """Queue a fault; of several that fit a request, the oldest strikes."""
        with self._lock:
            self._faults.append(fault.model_copy())

    def record(self, path: str) -> Fault | None:
        """Count a request and return the fault that strikes it, if any."""
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
    def token_requests(self) -> int:
        """The number of requests to the token endpoint."""
        return self.counts().get(TOKEN_PATH, 0)

    def keep_token(self, token: str, client_id: str, scopes: frozenset[str]) -> None:
        """Remember a token for its lifetime."""
        now = time.monotonic()
        with self._lock:
            self._tokens = {key: each for key, each in self._tokens.items() if each.expires_at > now}
            self._tokens[token] = IssuedToken(client_id, scopes, now + self.token_lifetime)

    def find_token(self, token: str) -> IssuedToken | None:
        """Return what is known of a token that is still good."""
        with self._lock:
            issued = self._tokens.get(token)
        return issued if issued is not None and issued.expires_at > time.monotonic() else None

    def expire_tokens(self) -> None:
        """Refuse every token issued so far, while the client stays good."""
        with self._lock:
            self._tokens.clear()


def state_of(request: Request) -> State:
    """Return the state of the app that answers this request."""
    state: State = request.app.state.playground
    return state


def _revocable(method: str) -> str:
    if method not in REVOCABLE:
        raise ValueError(f"there is no credential {method!r} to revoke; there are {', '.join(REVOCABLE)}")
    return method
