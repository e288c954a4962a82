"""An access token as it was issued."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass, field

from watchword.http.bodies import read_json
from watchword.http.durations import seconds
from watchword.redact import NeverPickled

MARGIN = 60.0
"""A token counts as stale this many seconds before its end, or a fifth of its lifetime if that is less."""

RENEWAL_PAUSE = 60.0
"""Least time between two renewals that were caused by refusals of the API, in seconds."""


@dataclass(frozen=True)
class Token(NeverPickled):
    """An access token (RFC 6749 section 5.1); the secret does not show in its repr.

    `lifetime` is in seconds from its issue, infinite if it is not known; `scope` is what the server
    granted, None if it did not say. `refresh_lifetime` is that of the refresh token, None if the server
    did not say.
    """

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - a type, not a secret
    lifetime: float = math.inf
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_lifetime: float | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that are masked as long as this token lives."""
        return (self.access_token, self.refresh_token) if self.refresh_token else (self.access_token,)

    @property
    def fresh_for(self) -> float:
        """How long after its issue the token is used without renewal, in seconds."""
        return self.lifetime - min(MARGIN, 0.2 * self.lifetime) if math.isfinite(self.lifetime) else math.inf


def jwt_expiry(text: str) -> float | None:
    """Return the `exp` claim (RFC 7519 section 4.1.4) of a JWT in seconds since 1970, unverified.

    None if the text is not a JWT or has no such claim.
    """
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature (RFC 7515 section 7.1)
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = read_json(base64.urlsafe_b64decode(padded))
    except ValueError:
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return seconds(expiry) if isinstance(expiry, (int, float)) and not isinstance(expiry, bool) else None
