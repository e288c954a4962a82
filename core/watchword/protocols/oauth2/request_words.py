"""The words in findings about a token request, and what to do if it is refused (RFC 6749 section 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class RequestWords:
    """The beginning of a finding's message, and advice by code where the code table's is too general.

    `endpoint` is the field with the URL of the request.
    """

    doing: str
    advice: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = "token_url"

    def for_client_auth(self, client_auth: str) -> RequestWords:
        """Return these words with the advice for this client authentication method."""
        advice = _CLIENT_ADVICE.get(client_auth)
        return replace(self, advice={"invalid_client": advice, **self.advice}) if advice else self


_SIGNED = "which assertion_audience the server expects, and this machine's clock."

_CERTIFICATE = "Check client_id, and that client_certificate is the certificate registered at the provider."

_CLIENT_ADVICE = {
    "private_key_jwt": "Check client_id, whether the provider has the public half of private_key under "
    f"assertion_key_id, {_SIGNED}",
    "client_secret_jwt": f"Check client_id and client_secret, assertion_algorithm, {_SIGNED}",
    "tls_client_auth": _CERTIFICATE,
    "self_signed_tls_client_auth": _CERTIFICATE,
    "oauth1": "Check client_id and client_secret (the provider may call them access key ID and secret), "
    "token_url, which is signed, and this machine's clock.",
    "none": "Check client_id, and whether the server requires a client secret (client_auth).",
}


def _words(doing: str, grant: str, invalid_grant: str) -> RequestWords:
    advice = {
        "invalid_grant": invalid_grant,
        "unauthorized_client": f"Ask the provider to allow {grant} for this client.",
        "unsupported_grant_type": f"This server does not support {grant}; choose another method.",
    }
    return RequestWords(doing, advice)


CLIENT = RequestWords("Getting a token")

REFRESH = _words(
    "Refreshing the token",
    "refresh tokens",
    "Sign in again. The refresh token has expired, was revoked, or was used before.",
)

CODE = _words(
    "Exchanging the sign-in's code",
    "the authorization code grant",
    "Sign in again: a code can be used once, for a few minutes. If this repeats, check pkce, and that "
    "redirect_uri is exactly the registered one.",
)

DEVICE = _words(
    "Waiting for the sign-in on another device",
    "the device code grant",
    "Sign in again: the code was entered too late, or was used before.",
)

ASSERTION = _words(
    "Getting a token for a signed JWT",
    "the JWT bearer grant",
    "Check iss, sub and aud of the payload, whether the provider has the public half of private_key, and "
    "this machine's clock.",
)

PASSWORD = _words(
    "Getting a token for a user",
    "the password grant",
    "Check username and password, and whether the user must first sign in or accept something elsewhere.",
)

EXCHANGE = _words(
    "Exchanging a token",
    "token exchange",
    "Check subject_token: it may have expired, or be meant for another client; then subject_token_type and "
    "audience.",
)
