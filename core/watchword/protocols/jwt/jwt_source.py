"""Sign JWTs: one for a single request, or one that is reused until shortly before it expires."""

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
    """Return a new signed JWT in the compact serialization."""
    return key.jws(as_json(content.header(key.algorithm, fresh)), as_json(content.claims(fresh)))


@dataclass(frozen=True)
class JwtSource(NeverPickled):
    """A source of JWTs that are signed here, without a server; `material` is the text of the key.

    `now` returns the seconds since 1970, `nonce` 32 random hexadecimal digits.
    """

    key: JwsSigner
    content: Content
    material: tuple[str | None, ...] = field(repr=False)
    now: Callable[[], float] = time.time
    nonce: Callable[[], str] = random_nonce

    logs_out = False

    @property
    def identity(self) -> tuple[object, ...]:
        """The key's text, the algorithm, and everything in the JWT except the times."""
        content = self.content
        parts = [templates.fill(dict(part), content.secrets) for part in (content.headers, content.payload)]
        return (self.key.algorithm, self.material, parts, content.lifetime)

    def fetch(self, _: TransportOptions, _refresh_token: str | None = None) -> Token:
        """Return a new JWT; raises TokenError if the payload's own exp has passed."""
        fresh = FreshValues(self.now(), self.nonce)
        lifetime = _lifetime(self.content.claims(fresh).get("exp"), fresh.now, self.content.lifetime)
        jwt = signed(self.key, self.content, fresh)
        token = Token(jwt, lifetime=lifetime)
        redact.register(token.secrets, token)
        return token

    def discard(self, token: Token, transport: TransportOptions) -> None:
        """Do nothing: a JWT expires by itself."""


def _lifetime(expiry: object, now: float, lifetime: int) -> float:
    """Return how long a JWT can be used, in seconds: until its `exp`, else for the given lifetime."""
    if not isinstance(expiry, (int, float)):
        return lifetime
    if expiry <= now:
        message = "The claim exp of the payload has passed."
        raise TokenError([finding("token_expired_already", message, advice="Write {{now+300}} as exp.")])
    return expiry - int(now)
