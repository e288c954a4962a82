"""How a token is asked for: the request, and where the reply holds the token."""

from __future__ import annotations

from dataclasses import dataclass, field

from requests import PreparedRequest

from watchword import redact
from watchword.oauth2.reply import ReplyPaths, read_token
from watchword.origins import host
from watchword.redact import NeverPickled
from watchword.tokens.token import Token
from watchword.transport import Transport


@dataclass(frozen=True)
class Grant(NeverPickled):
    """An authorization grant (RFC 6749 section 1.3), ready to be sent to the token endpoint."""

    request: PreparedRequest = field(repr=False)
    paths: ReplyPaths

    logs_out = False

    def __post_init__(self) -> None:
        redact.register([self.request.headers.get("Authorization", "").rpartition(" ")[2]])

    @property
    def identity(self) -> tuple[object, ...]:
        """The whole token request, and where the reply holds the token."""
        request = self.request
        return (request.url, sorted(request.headers.items()), request.body, self.paths)

    def fetch(self, transport: Transport) -> Token:
        """Ask the token endpoint; raises TokenError where it gives no token."""
        from watchword.tokens.exchange import exchange  # noqa: PLC0415 - rare

        target = f"the token endpoint at {host(self.request.url or '')}"
        token = read_token(exchange(self.request.copy(), transport, target), self.paths)
        redact.register_token(token.access_token)
        return token

    def discard(self, token: Token, transport: Transport) -> None:
        """Do nothing: other processes may hold the same token, and it ends by itself."""
