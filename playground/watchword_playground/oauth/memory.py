"""What the authorization server remembers: tokens, codes and counts."""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from watchword_playground.memory import Memory
from watchword_playground.oauth.clients import GRANT_TYPES
from watchword_playground.oauth.settings import OAuthSettings
from watchword_playground.tokens import Family, Tokens

# In seconds; what is over is remembered for a while, so that it can be told from what never was.
_REMEMBERED = 3600

_COUNTED = (*GRANT_TYPES.values(), "refresh_token")


@dataclass
class AuthorizationCode:
    """A code, and what it was issued for (RFC 6749 §4.1.2), on the monotonic clock."""

    family: Family
    redirect_uri: str
    challenge: str | None
    expires_at: float
    used: bool = False

    @property
    def expired(self) -> bool:
        """Whether the code came too late."""
        return self.expires_at <= time.monotonic()


@dataclass
class DeviceSignIn:
    """A sign-in that a device began (RFC 8628), on the monotonic clock."""

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
        """Whether the code came too late."""
        return self.expires_at <= time.monotonic()

    @property
    def open(self) -> bool:
        """Whether somebody may still decide on it."""
        return not (self.user or self.denied or self.expired)

    def poll(self) -> bool:
        """Note that the device asks, and tell whether it waited long enough; if not, it waits longer."""
        now = time.monotonic()
        waited = now - self.polled_at >= self.interval
        self.polled_at = now
        self.interval += 0 if waited else 5  # RFC 8628 §3.5
        return waited


class OAuthMemory:
    """The authorization server's part of the state."""

    def __init__(self, settings: OAuthSettings) -> None:
        self.tokens = Tokens(settings)
        self.codes = Memory[AuthorizationCode](_REMEMBERED)
        self.device_sign_ins = Memory[DeviceSignIn](_REMEMBERED)
        self._lock = Lock()
        self._grants: Counter[str] = Counter()

    def count(self, grant_type: str) -> None:
        """Count a token request; what this server doesn't know is counted as `other`."""
        with self._lock:
            self._grants[grant_type if grant_type in _COUNTED else "other"] += 1

    def grants(self) -> dict[str, int]:
        """Return the number of token requests per grant type."""
        with self._lock:
            return dict(self._grants)

    def asked_by(self, user_code: str) -> DeviceSignIn | None:
        """Return the sign-in that shows this code, once it is typed as people do (RFC 8628 §6.1)."""
        typed = "".join(filter(str.isalnum, user_code)).upper()
        for begun in self.device_sign_ins.values():
            if typed and typed == begun.user_code.replace("-", "") and begun.open:
                return begun
        return None
