"""An access token as it was issued."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from watchword import redact
from watchword.http.bodies import read_json
from watchword.http.cookies import Companion
from watchword.http.durations import seconds
from watchword.redact import NeverPickled
from watchword.redact.clear_secrets import has_known_form

MARGIN = 60.0
"""A token counts as stale this many seconds before its end, or a fifth of its lifetime if that is less."""

_FIRST_MILLISECOND = 1e11
"""A time above it is in milliseconds since 1970, not in seconds."""

_ACCOUNT_CLAIMS = ("email", "preferred_username", "sub")
"""The claims of an ID token that name its person, the clearest first."""

_LONGEST_ACCOUNT = 200
"""The longest name of an account that is kept, in characters."""

RENEWAL_PAUSE = 60.0
"""Least time between two renewals that were caused by refusals of the API, in seconds."""

LATER_SECRETS = ("values", "proof_key")
"""The fields of a token that earlier releases can't read: they are stored only if they hold something."""


_COOKIE = "cookie:"
_ENDS = "'\"])0123456789[.*"
"""What may stand behind the last name of a JSONPath."""

_SESSION = re.compile(r"(?i)(sid|session[-_]?(id)?|ticket|csrf|xsrf|crumb|nonce)$")
"""The ends of names whose values belong to a session."""


@dataclass(frozen=True)
class Token(NeverPickled):
    """An access token (RFC 6749 section 5.1); the secret does not show in its repr.

    `lifetime` is in seconds from its issue, infinite if it is not known; `scope` is what the server
    granted, None if it did not say. `refresh_lifetime` is that of the refresh token, None if the server
    did not say. `account` is what the server calls the person who signed in: it is shown, never trusted.
    `unread_end` says which end the response states in a form that can't be read; it is not stored.
    `values` are what else the response gave and the connection uses, by place, such as `header:X-Tenant`.
    `proof_key` is the private key that the token is bound to (RFC 9449), None if it is bound to none.
    """

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - a type, not a secret
    lifetime: float = math.inf
    scope: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_lifetime: float | None = None
    account: str | None = field(default=None, repr=False)
    unread_end: str = field(default="", compare=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    proof_key: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that are masked as long as this token lives; ids among the values aren't secret."""
        own = tuple(text for text in (self.access_token, self.refresh_token, self.proof_key) if text)
        if not self.values:
            return own
        texts = (item for item in self.values.items() if not item[0].startswith(_COOKIE))
        secret = (value for place, value in texts if is_secret(place) or has_known_form(value))
        return (*own, *secret, *(Companion.parse(text).value for text in self.cookies.values()))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that go along with the token: their texts by name."""
        return {
            place.removeprefix(_COOKIE): text
            for place, text in self.values.items()
            if place.startswith(_COOKIE)
        }

    @property
    def fresh_for(self) -> float:
        """How long after its issue the token is used without renewal, in seconds."""
        return self.lifetime - min(MARGIN, 0.2 * self.lifetime) if math.isfinite(self.lifetime) else math.inf


def is_secret(place: str) -> bool:
    """Return whether the value for a place, such as `query:sid`, is masked: ids of tenants aren't."""
    name = place.partition(":")[2] or place
    return place.startswith(_COOKIE) or redact.sounds_secret(name) or bool(_SESSION.search(name))


def is_secret_source(source: str) -> bool:
    """Return whether what a response holds at a source, such as `$.id_token` or a cookie, is masked."""
    return source.startswith(_COOKIE) or is_secret(f"source:{source.rstrip(_ENDS)}")


def with_values(token: Token, values: Mapping[str, str]) -> Token:
    """Return a copy of a token with more values, which is masked like the token."""
    more = replace(token, values={**token.values, **values})
    redact.register(more.secrets, more)
    return more


def jwt_expiry(text: str) -> float | None:
    """Return when a JWT ends by its claims, in seconds since 1970, unverified.

    The claim is `exp` (RFC 7519 section 4.1.4), or Adobe's `created_at` and `expires_in` in milliseconds.
    None if the text is not a JWT or has neither.
    """
    claims = _claims(text)
    expiry = claims.get("exp")
    created, lasts = seconds(claims.get("created_at")), seconds(claims.get("expires_in"))
    if expiry is None and created and lasts and created > _FIRST_MILLISECOND:
        return (created + lasts) / 1000
    return None if isinstance(expiry, bool) else seconds(expiry)  # some servers write the number as text


def jwt_account(text: str) -> str | None:
    """Return what an ID token calls its person (OpenID Connect Core section 5.1), unverified.

    None if the text is not a JWT, or names no person in one line of printable text.
    """
    claims = _claims(text)
    for name in _ACCOUNT_CLAIMS:
        value = claims.get(name)
        if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST_ACCOUNT:
            return value
    return None


def _claims(text: str) -> Mapping[str, Any]:
    """Return the claims of a JWT, unverified; none if the text isn't one."""
    parts = text.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature (RFC 7515 section 7.1)
        return {}
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = read_json(base64.urlsafe_b64decode(padded))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
