"""JWTs that are signed here: one for a request, or one that serves until shortly before its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.flow import random_nonce
from watchword.http.transport_options import TransportOptions
from watchword.protocols import templates
from watchword.protocols.jwt.content import Content, as_json
from watchword.protocols.jwt.signing import JwsSigner
from watchword.protocols.templates import FreshValues
from watchword.redact import NeverPickled
from watchword.tokens.token import Token


def signed(key: JwsSigner, content: Content, fresh: FreshValues) -> str:
    """Return the JWT of a moment, in the compact serialization."""
    return key.jws(as_json(content.header(key.algorithm, fresh)), as_json(content.claims(fresh)))


@dataclass(frozen=True)
class JwtSource(NeverPickled):
    """Signs a JWT here, without a server; `material` is what its key was read from.

    `now` gives the seconds since 1970, `nonce` 32 random hexadecimal digits.
    """

    key: JwsSigner
    content: Content
    material: tuple[str | None, ...] = field(repr=False)
    now: Callable[[], float] = time.time
    nonce: Callable[[], str] = random_nonce

    logs_out = False

    @property
    def identity(self) -> tuple[object, ...]:
        """The key's text, the algorithm, and all that the JWT says but for the time."""
        content = self.content
        said = [templates.fill(dict(part), content.secrets) for part in (content.headers, content.payload)]
        return (self.key.algorithm, self.material, said, content.lifetime)

    def fetch(self, _: TransportOptions, _refresh_token: str | None = None) -> Token:
        """Return a new JWT; raises TokenError where the payload's own exp has passed."""
        fresh = FreshValues(self.now(), self.nonce)
        lifetime = _lifetime(self.content.claims(fresh).get("exp"), fresh.now, self.content.lifetime)
        jwt = signed(self.key, self.content, fresh)
        redact.register_token(jwt)
        return Token(jwt, lifetime=lifetime)

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Do nothing: a JWT ends by itself."""


def _lifetime(expiry: object, now: float, lifetime: int) -> float:
    """Return for how long a JWT serves, in seconds: until its own end, where it says one."""
    if not isinstance(expiry, (int, float)):
        return lifetime
    if expiry <= now:
        message = "The claim exp of the payload has passed."
        raise TokenError([finding("token_expired_already", message, advice="Write {{now+300}} as exp.")])
    return expiry - int(now)
