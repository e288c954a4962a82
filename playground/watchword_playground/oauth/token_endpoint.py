"""The token endpoint and the revocation endpoint, and the bodies and responses of all OAuth endpoints."""

import json
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Request, Response
from oauthlib.oauth2 import InvalidRequestError, OAuth2Error  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error  # type: ignore[import-untyped]

from watchword_playground.credentials import REVOCATION_PATH, TOKEN_PATH
from watchword_playground.http.raw_request import FORM
from watchword_playground.http.refusals import REALM
from watchword_playground.oauth.authorization_server import AuthorizationServer, issuer_of, uri_for
from watchword_playground.oauth.clients import GRANT_TYPES
from watchword_playground.oauth.jwt_verification import Refused
from watchword_playground.oauth.oauth2_validator import OAuth2Validator
from watchword_playground.oauth.proofs import SCHEME, NonceRequired, new_nonce, proved_key
from watchword_playground.state.pause import pause
from watchword_playground.state.state import state_of

_COUNTED = (*GRANT_TYPES.values(), "refresh_token")

router = APIRouter(tags=["oauth2"])


@router.post(TOKEN_PATH)
async def token(request: Request) -> Response:
    """Issue tokens for any of the grants."""
    state = state_of(request)
    await pause(state, state.oauth_settings.delay)
    try:
        body = await form_of(request)
        grant_type = parse_qs(body).get("grant_type", [""])[0]
        state.oauth.count(grant_type if grant_type in _COUNTED else "other")
        # Without any `await` from here on: two requests can't both use one refresh token.
        key = _proved_key(request)
        server = AuthorizationServer(OAuth2Validator(state, issuer_of(request), proved_key=key))
        response = server.create_token_response(
            uri_for(request, TOKEN_PATH), "POST", body, headers_of(request)
        )
    except NonceRequired as refusal:
        error = CustomOAuth2Error("use_dpop_nonce", str(refusal))
        response = {"DPoP-Nonce": new_nonce(request)}, error.json, error.status_code
    except OAuth2Error as refusal:
        response = {}, refusal.json, refusal.status_code
    return as_response(*response)


def _proved_key(request: Request) -> str:
    """Return the key that the request proves, an empty text if it has no proof."""
    if SCHEME not in request.headers:
        return ""
    try:
        return proved_key(request)
    except NonceRequired:
        raise
    except Refused as refusal:
        raise CustomOAuth2Error("invalid_dpop_proof", str(refusal)) from None


@router.post(REVOCATION_PATH)
async def revoke(request: Request) -> Response:
    """Revoke an access token, or a refresh token with all tokens of its sign-in (RFC 7009)."""
    try:
        body = await form_of(request)
        server = AuthorizationServer(OAuth2Validator(state_of(request), issuer_of(request)))
        response = server.create_revocation_response(
            uri_for(request, REVOCATION_PATH), "POST", body, headers_of(request)
        )
    except OAuth2Error as refusal:
        response = {}, refusal.json, refusal.status_code
    return as_response(*response)


def as_response(headers: Mapping[str, str], content: str, status: int) -> Response:
    """Return oauthlib's response with headers that forbid caching."""
    response = Response(content, status, {**headers, "Cache-Control": "no-store", "Pragma": "no-cache"})
    response.headers["Content-Type"] = "application/json"
    if status == 401:  # noqa: PLR2004
        # RFC 6749 §5.2 requires the scheme that the client used here; oauthlib names Bearer.
        response.headers["WWW-Authenticate"] = f"Basic {REALM}"
    return response


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers with the content type of a form, because `form_of` turns other bodies into one."""
    return {**request.headers, "content-type": FORM}


async def form_of(request: Request) -> str:
    """Return the body as a form, the one format that oauthlib reads; raises InvalidRequestError."""
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        text = (await request.body()).decode()
        if media_type == FORM:
            return text
        if media_type == "application/json":
            return _form_of_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("the body can't be read") from error
    raise InvalidRequestError(f"send the body as {FORM} or application/json")


def _form_of_json(fields: object) -> str:
    if not isinstance(fields, dict) or not all(isinstance(each, str | None) for each in fields.values()):
        raise ValueError("not an object of texts")
    return urlencode({name: each for name, each in fields.items() if each is not None})
