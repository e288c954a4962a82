"""Access and refresh tokens, and their families. Each sign-in has one family."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

from watchword_playground.state.expiring_memory import ExpiringMemory
from watchword_playground.state.oauth_settings import OAuthSettings

# Every refresh token is remembered as long as the playground runs, so that its reuse is noticed.
_FOREVER = float("inf")


@dataclass(eq=False)
class Family:
    """All tokens that come from one sign-in, or from one token request of a client without a user.

    `key` is the thumbprint of the key that the refresh tokens are bound to, if they are.
    """

    method: str
    client_id: str
    user: str
    scopes: frozenset[str]
    ended: bool = False
    key: str = ""


class AccessToken(NamedTuple):
    """An issued access token, and the thumbprint of the key that it is bound to, if it is."""

    family: Family
    scopes: frozenset[str]
    key: str = ""


@dataclass
class RefreshToken:
    """An issued refresh token. Its times are on the monotonic clock."""

    family: Family
    expires_at: float
    rotated_at: float | None = None


class Tokens:
    """Every token of one playground. Thread-safe."""

    def __init__(self, settings: OAuthSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._access = ExpiringMemory[AccessToken](settings.access_token_lifetime)
        self._refresh = ExpiringMemory[RefreshToken](_FOREVER)
        self.families_revoked = 0
        self.bound_keys: set[str] = set()

    def add(
        self, token_response: Mapping[str, Any], family: Family, scopes: frozenset[str], key: str = ""
    ) -> None:
        """Remember the tokens of a token response. `key` is the one that the access token is bound to."""
        access_token = AccessToken(family, scopes, key)
        if key:
            self.bound_keys.add(key)
        self._access.add(token_response["access_token"], access_token, token_response["expires_in"])
        if "refresh_token" in token_response:
            lifetime = self._settings.refresh_token_lifetime or _FOREVER
            refresh_token = RefreshToken(family, time.monotonic() + lifetime)
            self._refresh.add(token_response["refresh_token"], refresh_token)

    def access(self, token: str, method: str = "") -> AccessToken | None:
        """Return a valid access token, None otherwise. With a `method`, it must be of that method."""
        issued = self._access.get(token)
        if issued is None or issued.family.ended or method not in ("", issued.family.method):
            return None
        return issued

    def refreshable(self, token: str, client_id: str) -> Family | None:
        """Return the family of a refresh token that is valid for this client. Reuse ends the family."""
        issued = self._refresh.get(token)
        if issued is None or issued.family.client_id != client_id:
            return None
        now = time.monotonic()
        if issued.family.ended or issued.expires_at <= now:
            return None
        if issued.rotated_at is not None and now - issued.rotated_at >= self._settings.grace:
            self.end_reused(issued.family)
            return None
        return issued.family

    def rotate(self, token: str) -> None:
        """Note that a refresh token was replaced. Its grace starts the first time."""
        issued = self._refresh.get(token)
        if issued is not None and issued.rotated_at is None:
            issued.rotated_at = time.monotonic()

    def family(self, token: str) -> Family | None:
        """Return the family of a refresh token, rotated or not."""
        issued = self._refresh.get(token)
        return issued.family if issued is not None else None

    def end_reused(self, family: Family) -> None:
        """End a family because its code or refresh token was used again."""
        with self._lock:
            self.families_revoked += not family.ended
            family.ended = True

    def revoke(self, token: str) -> None:
        """Refuse an access token from now on, or end the family of a refresh token (RFC 7009 §2.1)."""
        self._access.forget(token)
        family = self.family(token)
        if family is not None:
            family.ended = True

    def end_method(self, method: str) -> None:
        """End every family of a method."""
        families = {each.family for each in self._access.values()}
        families |= {each.family for each in self._refresh.values()}
        for family in families:
            family.ended |= family.method == method

    def expire_access(self) -> None:
        """Refuse every access token issued so far. Refresh tokens stay valid."""
        self._access.clear()
