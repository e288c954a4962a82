"""Access and refresh tokens, and the families that they belong to: one for each sign-in."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, NamedTuple

from watchword_playground.memory import Memory
from watchword_playground.oauth.settings import OAuthSettings

# No refresh token is forgotten while the playground runs, so that its reuse is noticed.
_FOR_EVER = float("inf")


@dataclass(eq=False)
class Family:
    """All tokens that come from one sign-in, or from one request of a machine."""

    method: str
    client_id: str
    user: str
    scopes: frozenset[str]
    ended: bool = False


class AccessToken(NamedTuple):
    """What is remembered of an access token."""

    family: Family
    scopes: frozenset[str]


@dataclass
class RefreshToken:
    """What is remembered of a refresh token, on the monotonic clock."""

    family: Family
    expires_at: float
    rotated_at: float | None = None


class Tokens:
    """Every token of one playground; several threads may use it."""

    def __init__(self, settings: OAuthSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._access = Memory[AccessToken](settings.access_token_lifetime)
        self._refresh = Memory[RefreshToken](_FOR_EVER)
        self.families_revoked = 0

    def keep(self, issued: Mapping[str, Any], family: Family, scopes: frozenset[str]) -> None:
        """Remember the tokens of a reply."""
        self._access.keep(issued["access_token"], AccessToken(family, scopes), issued["expires_in"])
        if "refresh_token" in issued:
            lifetime = self._settings.refresh_token_lifetime or _FOR_EVER
            kept = RefreshToken(family, time.monotonic() + lifetime)
            self._refresh.keep(issued["refresh_token"], kept)

    def access(self, token: str, method: str = "") -> AccessToken | None:
        """Return what is known of an access token that is still good, for `method` if one is given."""
        found = self._access.find(token)
        if found is None or found.family.ended or method not in ("", found.family.method):
            return None
        return found

    def refreshable(self, token: str, client_id: str) -> Family | None:
        """Return the family of a refresh token that is good for this client; reuse ends the family."""
        found = self._refresh.find(token)
        if found is None or found.family.client_id != client_id:
            return None
        now = time.monotonic()
        if found.family.ended or found.expires_at <= now:
            return None
        if found.rotated_at is not None and now - found.rotated_at >= self._settings.grace:
            self.reuse(found.family)
            return None
        return found.family

    def rotate(self, token: str) -> None:
        """Note that a refresh token has a successor; its grace begins the first time."""
        found = self._refresh.find(token)
        if found is not None and found.rotated_at is None:
            found.rotated_at = time.monotonic()

    def family(self, token: str) -> Family | None:
        """Return the family of a refresh token, rotated or not."""
        found = self._refresh.find(token)
        return found.family if found is not None else None

    def reuse(self, family: Family) -> None:
        """End a family because what it came from was used again."""
        with self._lock:
            self.families_revoked += not family.ended
            family.ended = True

    def revoke(self, token: str) -> None:
        """Refuse an access token from now on, or end the family of a refresh token (RFC 7009 §2.1)."""
        self._access.forget(token)
        family = self.family(token)
        if family is not None:
            family.ended = True

    def end(self, method: str) -> None:
        """End every family of a method."""
        families = {each.family for each in self._access.values()}
        families |= {each.family for each in self._refresh.values()}
        for family in families:
            family.ended |= family.method == method

    def expire_access(self) -> None:
        """Refuse every access token issued so far; refresh tokens stay good."""
        self._access.clear()
