"""The registered clients of the authorization server, read from the published credentials."""

from collections.abc import Mapping
from typing import NamedTuple

from watchword_playground.credentials import CREDENTIALS, Fields, accounts
from watchword_playground.oauth.jwt_verification import Key

CLIENT_CREDENTIALS = "oauth2_client_credentials"
AUTHORIZATION_CODE = "oauth2_authorization_code"
DEVICE_CODE = "oauth2_device_code"
JWT_BEARER = "oauth2_jwt_bearer"
TOKEN_EXCHANGE = "oauth2_token_exchange"  # noqa: S105 -- a method, not a token
PASSWORD = "oauth2_password"  # noqa: S105 -- a method, not a password

GRANT_TYPES: Mapping[str, str] = {
    CLIENT_CREDENTIALS: "client_credentials",
    AUTHORIZATION_CODE: "authorization_code",
    DEVICE_CODE: "urn:ietf:params:oauth:grant-type:device_code",
    JWT_BEARER: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    TOKEN_EXCHANGE: "urn:ietf:params:oauth:grant-type:token-exchange",
    PASSWORD: "password",
}
"""The grant type of each method (RFC 6749, 7523, 8628, 8693)."""

REFRESHING = (AUTHORIZATION_CODE, DEVICE_CODE, PASSWORD)
"""The methods whose tokens come with a refresh token."""


class Client(NamedTuple):
    """A client with its secret or key. A public client has neither. `bound` is whether its tokens must be."""

    client_id: str
    method: str
    secret: str = ""
    key: Key | None = None
    bound: bool = False

    @property
    def public(self) -> bool:
        """Whether the client can't keep a secret (RFC 6749 §2.1)."""
        return not self.secret and self.key is None

    def may_use(self, grant_type: str) -> bool:
        """Return whether the client is registered for a grant type."""
        refreshes = grant_type == "refresh_token" and self.method in REFRESHING
        return refreshes or grant_type == GRANT_TYPES[self.method]


def _client(method: str, account: Fields) -> Client:
    key = None
    if account.get("client_auth") == "private_key_jwt":
        key = Key(account["assertion_algorithm"], account["private_key"], account["assertion_key_id"])
    secret, bound = account["client_secret"] or "", account.get("dpop", False)
    return Client(account["client_id"], method, secret, key, bound)


CLIENTS: Mapping[str, Client] = {
    account["client_id"]: _client(method, account)
    for method in GRANT_TYPES
    if "client_id" in CREDENTIALS[method]
    for account in accounts(method)
}
"""By client id. Each client belongs to one method and may use its grant."""
