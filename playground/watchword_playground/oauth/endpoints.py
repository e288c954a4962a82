"""The authorization server, put together from oauthlib's parts, and its token and revocation endpoints."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request, Response
from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    InvalidRequestError,
    OAuth2Error,
    RefreshTokenGrant,
    ResourceEndpoint,
    ResourceOwnerPasswordCredentialsGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant  # type: ignore[import-untyped]

from watchword_playground.credentials import REVOCATION_PATH, TOKEN_PATH
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
from watchword_playground.oauth.validator import Validator, Verdict
from watchword_playground.pause import pause
from watchword_playground.raw_request import respelt
from watchword_playground.refusals import REALM
from watchword_playground.state import state_of

FORM = "application/x-www-form-urlencoded"

# oauthlib's server side logs the tokens it issues at DEBUG.
for _name in ("rfc6749.grant_types", "rfc6749.endpoints", "rfc8628"):
    logging.getLogger(f"oauthlib.oauth2.{_name}").setLevel(logging.INFO)

router = APIRouter(tags=["oauth2"])


class Bearer(BearerToken):  # type: ignore[misc]  # oauthlib ships no types
    """Bearer tokens; a refresh token that expires says so, in the way of several large servers."""

    __slots__ = ()

    def create_token(self, request: OAuthRequest, refresh_token: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 -- oauthlib's signature
        """Return the reply of the token endpoint."""
        token: dict[str, Any] = super().create_token(request, refresh_token)
        lifetime = self.request_validator.state.oauth_settings.refresh_token_lifetime
        announced = {"refresh_token_expires_in": lifetime} if lifetime and "refresh_token" in token else {}
        token.update(announced)
        return token


class AuthorizationServer(
    AuthorizationEndpoint,  # type: ignore[misc]  # oauthlib ships no types
    TokenEndpoint,  # type: ignore[misc]
    ResourceEndpoint,  # type: ignore[misc]
    RevocationEndpoint,  # type: ignore[misc]
):
    """oauthlib's endpoints with the grants of this server, for one request."""

    def __init__(self, validator: Validator) -> None:
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
        refreshing = RefreshTokenGrant(validator, issue_new_refresh_tokens=settings.rotation)
        AuthorizationEndpoint.__init__(self, "code", self.bearer, {"code": code})
        # The default grant is the one that says what is wrong with a type that isn't known.
        TokenEndpoint.__init__(
            self, "client_credentials", self.bearer, {**by_type, "refresh_token": refreshing}
        )
        ResourceEndpoint.__init__(self, "Bearer", {"Bearer": self.bearer})
        RevocationEndpoint.__init__(self, validator)


def verify_token(request: Request, method: str, scopes: Sequence[str]) -> Verdict:
    """Ask oauthlib whether the request carries a good token, in the header or as `access_token`."""
    validator = Validator(state_of(request), method=method)
    AuthorizationServer(validator).verify_request(
        _uri(request, TOKEN_PATH), request.method, headers=dict(request.headers), scopes=scopes
    )
    return validator.verdict


def issuer_of(request: Request) -> str:
    """Return this server's name: its address, as the request has it (RFC 8414 §2)."""
    return str(request.base_url).rstrip("/")


@router.post(TOKEN_PATH)
async def token(request: Request) -> Response:
    """Issue tokens for any of the grants."""
    state = state_of(request)
    await pause(state, state.oauth_settings.delay)
    try:
        body = await form_of(request)
        state.oauth.count(parse_qs(body).get("grant_type", [""])[0])
        # Without any `await` from here on: two requests can't both use one refresh token.
        server = AuthorizationServer(Validator(state, issuer_of(request)))
        answer = server.create_token_response(_uri(request, TOKEN_PATH), "POST", body, headers_of(request))
    except OAuth2Error as refusal:
        answer = {}, refusal.json, refusal.status_code
    return as_response(*answer)


@router.post(REVOCATION_PATH)
async def revoke(request: Request) -> Response:
    """Revoke an access token, or a refresh token with all that came from its sign-in (RFC 7009)."""
    try:
        body = await form_of(request)
        server = AuthorizationServer(Validator(state_of(request), issuer_of(request)))
        answer = server.create_revocation_response(
            _uri(request, REVOCATION_PATH), "POST", body, headers_of(request)
        )
    except OAuth2Error as refusal:
        answer = {}, refusal.json, refusal.status_code
    return as_response(*answer)


def as_response(headers: Mapping[str, str], content: str, status: int) -> Response:
    """Return what oauthlib answers, never to be stored."""
    answer = Response(content, status, {**headers, "Cache-Control": "no-store", "Pragma": "no-cache"})
    answer.headers["Content-Type"] = "application/json"
    if status == 401:  # noqa: PLR2004
        # RFC 6749 §5.2 wants the scheme that clients use here; oauthlib names Bearer.
        answer.headers["WWW-Authenticate"] = f"Basic {REALM}"
    return answer


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers as they are for a form: other bodies were turned into one."""
    return {**request.headers, "content-type": FORM}


async def form_of(request: Request) -> str:
    """Return the body as a form, the one format that oauthlib reads; raises InvalidRequestError."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        text = (await request.body()).decode()
        if kind == FORM:
            return text
        if kind == "application/json":
            return _form_of_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("the body can't be read") from error
    raise InvalidRequestError(f"send the body as {FORM} or application/json")


def _form_of_json(fields: object) -> str:
    if not isinstance(fields, dict) or not all(isinstance(each, str | None) for each in fields.values()):
        raise ValueError("not an object of texts")
    return urlencode({name: each for name, each in fields.items() if each is not None})


def _uri(request: Request, path: str) -> str:
    query = respelt(request.url.query)
    return f"{path}?{query}" if query else path
