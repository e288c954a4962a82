"""The authorization server, assembled from oauthlib's endpoints and this server's grants."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    RefreshTokenGrant,
    ResourceEndpoint,
    ResourceOwnerPasswordCredentialsGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant  # type: ignore[import-untyped]

from watchword_playground.credentials import TOKEN_PATH
from watchword_playground.http.raw_request import encode_again
from watchword_playground.oauth.clients import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    GRANT_TYPES,
    JWT_BEARER,
    PASSWORD,
    TOKEN_EXCHANGE,
)
from watchword_playground.oauth.grants import HashedCodeGrant, JwtBearerGrant, TokenExchangeGrant
from watchword_playground.oauth.jwt_verification import Refused
from watchword_playground.oauth.oauth2_validator import OAuth2Validator, Verdict
from watchword_playground.oauth.proofs import SCHEME, proved_key
from watchword_playground.state.state import state_of

# oauthlib's server side logs the tokens it issues at DEBUG.
for _name in ("rfc6749.grant_types", "rfc6749.endpoints", "rfc8628"):
    logging.getLogger(f"oauthlib.oauth2.{_name}").setLevel(logging.INFO)

_CERTAIN = 9  # oauthlib's estimate for a scheme that is in the header


class Bearer(BearerToken):  # type: ignore[misc]  # oauthlib ships no types
    """Bearer tokens, and tokens that are bound to a key if the request has proved one.

    The response announces when the refresh token expires, as several large servers do.
    """

    __slots__ = ()

    def create_token(self, request: OAuthRequest, refresh_token: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 -- oauthlib's signature
        """Return the token response."""
        token: dict[str, Any] = super().create_token(request, refresh_token)
        lifetime = self.request_validator.state.oauth_settings.refresh_token_lifetime
        if lifetime and "refresh_token" in token:
            token["refresh_token_expires_in"] = lifetime
        if self.request_validator.proved_key:
            token["token_type"] = SCHEME
        return token


class Bound(Bearer):
    """Tokens that are sent with a proof, which the validator knows (RFC 9449 §7.1)."""

    __slots__ = ()

    def estimate_type(self, request: OAuthRequest) -> int:
        """Return a high number for a request with the scheme of bound tokens."""
        return 0 if bound_token(request.headers) is None else _CERTAIN

    def validate_request(self, request: OAuthRequest) -> bool:
        """Return whether the token is good, and bound to the key that the request has proved."""
        token = bound_token(request.headers)
        return bool(self.request_validator.validate_bearer_token(token, request.scopes, request))


def bound_token(headers: Mapping[str, str]) -> str | None:
    """Return the token that is sent with the scheme of bound tokens, None if there is none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == SCHEME.lower() else None


class AuthorizationServer(
    AuthorizationEndpoint,  # type: ignore[misc]  # oauthlib ships no types
    TokenEndpoint,  # type: ignore[misc]
    ResourceEndpoint,  # type: ignore[misc]
    RevocationEndpoint,  # type: ignore[misc]
):
    """oauthlib's endpoints with the grants of this server, for one request."""

    def __init__(self, validator: OAuth2Validator) -> None:
        settings = validator.state.oauth_settings
        code = HashedCodeGrant(validator)
        self.bearer = Bearer(validator, expires_in=settings.access_token_lifetime)
        grants = {
            CLIENT_CREDENTIALS: ClientCredentialsGrant(validator),
            AUTHORIZATION_CODE: code,
            DEVICE_CODE: DeviceCodeGrant(validator),
            JWT_BEARER: JwtBearerGrant(validator),
            TOKEN_EXCHANGE: TokenExchangeGrant(validator),
            PASSWORD: ResourceOwnerPasswordCredentialsGrant(validator),
        }
        by_type = {GRANT_TYPES[method]: grant for method, grant in grants.items()}
        refresh = RefreshTokenGrant(validator, issue_new_refresh_tokens=settings.rotation)
        AuthorizationEndpoint.__init__(self, "code", self.bearer, {"code": code})
        # The default grant handles unknown grant types: this one reports what is wrong with them.
        TokenEndpoint.__init__(self, "client_credentials", self.bearer, {**by_type, "refresh_token": refresh})
        ResourceEndpoint.__init__(self, "Bearer", {"Bearer": self.bearer, SCHEME: Bound(validator)})
        RevocationEndpoint.__init__(self, validator)


def verify_token(request: Request, method: str, scopes: Sequence[str]) -> Verdict:
    """Let oauthlib verify the token of a request, in the header or as `access_token`, after its proof."""
    token = bound_token(request.headers)
    try:
        key = proved_key(request, token) if token else ""
    except Refused as refusal:
        return Verdict(error="invalid_dpop_proof", detail=str(refusal))
    validator = OAuth2Validator(state_of(request), method=method, proved_key=key)
    AuthorizationServer(validator).verify_request(
        uri_for(request, TOKEN_PATH), request.method, headers=dict(request.headers), scopes=scopes
    )
    return validator.verdict


def issuer_of(request: Request) -> str:
    """Return this server's issuer: its address, as the request names it (RFC 8414 §2)."""
    return str(request.base_url).rstrip("/")


def uri_for(request: Request, path: str) -> str:
    """Return the path with the request's query, encoded as oauthlib reads it."""
    query = encode_again(request.url.query)
    return f"{path}?{query}" if query else path
