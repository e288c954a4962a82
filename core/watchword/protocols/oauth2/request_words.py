"""What a token endpoint is asked for, in words, and what to do where it refuses (RFC 6749 section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class RequestWords:
    """The words that a finding begins with, and advice by code where the table's own is too general."""

    doing: str
    advice: Mapping[str, str] = field(default_factory=dict)

    def for_client_auth(self, client_auth: str) -> RequestWords:
        """Return the purpose of a client that shows itself in this way."""
        advice = _CLIENT_ADVICE.get(client_auth)
        return replace(self, advice={"invalid_client": advice, **self.advice}) if advice else self


_SIGNED = "what assertion_audience the server wants, and this machine's clock."

_CLIENT_ADVICE = {
    "private_key_jwt": "Check client_id, whether the provider has the public half of private_key under "
    f"assertion_key_id, {_SIGNED}",
    "client_secret_jwt": f"Check client_id and client_secret, assertion_algorithm, {_SIGNED}",
    "mtls": "Check client_id, and that client_certificate is the one that the provider has registered.",
    "none": "Check client_id, and whether the server wants a client secret after all (client_auth).",
}


def _purpose(doing: str, grant: str, refused: str) -> RequestWords:
    advice = {
        "invalid_grant": refused,
        "unauthorized_client": f"Have {grant} allowed for this client at the provider.",
        "unsupported_grant_type": f"This server does not know {grant}; choose another method.",
    }
    return RequestWords(doing, advice)


CLIENT = RequestWords("Getting a token")

REFRESH = _purpose(
    "Refreshing the token",
    "refresh tokens",
    "Sign in again: watchword login. The refresh token has ended, was revoked, or served before.",
)

CODE = _purpose(
    "Exchanging the sign-in's code",
    "the authorization code grant",
    "Sign in again: a code serves once, and for minutes. If it stays, check that redirect_uri is the "
    "registered one to the letter, and pkce.",
)

DEVICE = _purpose(
    "Waiting for the sign-in on another device",
    "the device code grant",
    "Sign in again: the code was entered too late, or served before.",
)

ASSERTION = _purpose(
    "Getting a token for a signed JWT",
    "the JWT bearer grant",
    "Check iss, sub and aud of the payload, whether the provider has the public half of private_key, and "
    "this machine's clock.",
)

PASSWORD = _purpose(
    "Getting a token for a user",
    "the password grant",
    "Check username and password, and whether the user must first sign in or accept something elsewhere.",
)

EXCHANGE = _purpose(
    "Exchanging a token",
    "token exchange",
    "Check subject_token: it may have ended, or be made for somebody else; then subject_kind and audience.",
)
