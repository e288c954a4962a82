"""The error of a refresh whose response has a new refresh token, but no usable access token."""

from __future__ import annotations

from collections.abc import Sequence

from watchword import redact
from watchword.errors import TokenError
from watchword.findings.finding import Finding


class RefreshTokenReplacedError(TokenError):
    """The server has replaced the refresh token, whatever else is wrong with its response.

    A server that rotates refresh tokens accepts only the new one: to lose it would end the sign-in. The error
    ends in `Renewal`, which saves the token; it is masked as long as the error lives. `proof_key` is the key
    that it is bound to, if it is bound to one (RFC 9449 section 5).
    """

    def __init__(self, findings: Sequence[Finding], refresh_token: str, proof_key: str | None = None) -> None:
        super().__init__(findings)
        self.refresh_token = refresh_token
        self.proof_key = proof_key
        redact.register([refresh_token, proof_key or ""], self)
