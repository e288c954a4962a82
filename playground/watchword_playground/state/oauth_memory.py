"""What the authorization server remembers: tokens, codes, device sign-ins and counts."""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from watchword_playground.state.expiring_memory import ExpiringMemory
from watchword_playground.state.oauth_settings import OAuthSettings
from watchword_playground.state.tokens import Family, Tokens

# In seconds. Expired codes are remembered for a while, to tell them from unknown ones.
_REMEMBERED = 3600


@dataclass
class AuthorizationCode:
    """A code and what it was issued for (RFC 6749 §4.1.2). Its time is on the monotonic clock."""

    family: Family
    redirect_uri: str
    challenge: str | None
    expires_at: float
    used: bool = False

    @property
    def expired(self) -> bool:
        """Whether the code has expired."""
        return self.expires_at <= time.monotonic()


@dataclass
class DeviceSignIn:
    """A sign-in that a device began (RFC 8628). Its times are on the monotonic clock."""

    client_id: str
    scopes: frozenset[str]
    user_code: str
    expires_at: float
    interval: float
    polled_at: float = field(default=float("-inf"))
    user: str = ""
    denied: bool = False

    @property
    def expired(self) -> bool:
        """Whether the code has expired."""
        return self.expires_at <= time.monotonic()

    @property
    def undecided(self) -> bool:
        """Whether a user can still allow or deny it."""
        return not (self.user or self.denied or self.expired)

    def poll(self) -> bool:
        """Note that the device asks. Return whether it waited long enough; if not, its interval grows."""
        now = time.monotonic()
        waited = now - self.polled_at >= self.interval
        self.polled_at = now
        self.interval += 0 if waited else 5  # RFC 8628 §3.5
        return waited


class OAuthMemory:
    """The authorization server's part of the state."""

    def __init__(self, settings: OAuthSettings) -> None:
        self.tokens = Tokens(settings)
        self.codes = ExpiringMemory[AuthorizationCode](_REMEMBERED)
        self.device_sign_ins = ExpiringMemory[DeviceSignIn](_REMEMBERED)
        self._lock = Lock()
        self._grants: Counter[str] = Counter()

    def count(self, grant_type: str) -> None:
        """Count a token request."""
        with self._lock:
            self._grants[grant_type] += 1

    def grants(self) -> dict[str, int]:
        """Return the number of token requests per grant type."""
        with self._lock:
            return dict(self._grants)

    def device_sign_in(self, user_code: str) -> DeviceSignIn | None:
        """Return the undecided sign-in with this code, however a person typed it (RFC 8628 §6.1)."""
        typed = "".join(filter(str.isalnum, user_code)).upper()
        for sign_in in self.device_sign_ins.values():
            if typed and typed == sign_in.user_code.replace("-", "") and sign_in.undecided:
                return sign_in
        return None
