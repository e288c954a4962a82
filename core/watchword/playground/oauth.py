"""The authorization server: client credentials (RFC 6749 §4.4), decided by oauthlib's server side."""

import binascii
import json
import logging
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote_plus, urlencode

from fastapi import Request, Response
from oauthlib.common import Request as OAuthRequest  # type: ignore[import-untyped]
from oauthlib.oauth2 import (  # type: ignore[import-untyped]
    BackendApplicationServer,
    InvalidRequestError,
    OAuth2Error,
    RequestValidator,
)

from watchword.playground.arrived import respelt
from watchword.playground.credentials import SCOPES, TOKEN_PATH, is_account
from watchword.playground.refusals import REALM
from watchword.playground.state import IssuedToken, State

METHOD = "oauth2_client_credentials"

# oauthlib's server side logs the tokens it issues at DEBUG.
logging.getLogger("oauthlib.oauth2.rfc6749.grant_types").setLevel(logging.INFO)


class Client(NamedTuple):
    """The authenticated client, as oauthlib wants to see it."""

    client_id: str


class Verdict(NamedTuple):
    """Whose token it is, or with what status, error code and words it is refused."""

    client_id: str | None = None
    status: int = 401
    error: str = ""
    detail: str = ""


class Validator(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """What oauthlib asks of an authorization server, answered from the state of one playground."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def authenticate_client(self, request: OAuthRequest) -> bool:
        """Accept the client by Basic header or by body, but not by both (RFC 6749 §2.3)."""
        header = request.headers.get("Authorization")
        if header is not None and request.client_secret is not None:
            raise InvalidRequestError("use one way of client authentication, not two")
        given = _from_header(header) if header is not None else (request.client_id, request.client_secret)
        if given is None or not all(given):
            return False
        if request.client_id not in (None, given[0]):
            raise InvalidRequestError("client_id in header and body differ")
        if self._state.is_revoked(METHOD) or not is_account(METHOD, "client_id", "client_secret", given):
            return False
        request.client = Client(given[0])
        return True

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: OAuthRequest
    ) -> bool:
        """Allow the one grant this server knows."""
        del client_id, client, request
        return grant_type == "client_credentials"

    def get_default_scopes(self, client_id: str, request: OAuthRequest) -> Sequence[str]:
        """Grant every scope to a client that asks for none."""
        del client_id, request
        return SCOPES

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: Client, request: OAuthRequest
    ) -> bool:
        """Allow the known scopes only."""
        del client_id, client, request
        return set(scopes) <= set(SCOPES)

    def save_bearer_token(self, token: Mapping[str, Any], request: OAuthRequest) -> None:
        """Remember a new token."""
        issued = IssuedToken(request.client.client_id, frozenset(request.scopes))
        self._state.tokens.keep(token["access_token"], issued)

    def validate_bearer_token(self, token: str | None, scopes: Sequence[str], request: OAuthRequest) -> bool:
        """Accept a token that is known, fresh and wide enough; note on the request why not."""
        issued = self._state.tokens.find(token) if token else None
        if not token:
            request.verdict = Verdict(detail="an access token is missing")
        elif issued is None or self._state.is_revoked(METHOD):
            detail = "the access token is unknown, expired or revoked"
            request.verdict = Verdict(error="invalid_token", detail=detail)
        elif not issued.scopes.issuperset(scopes):
            detail = f"the access token lacks the scope {' '.join(scopes)}"
            request.verdict = Verdict(status=403, error="insufficient_scope", detail=detail)
        else:
            request.verdict = Verdict(client_id=issued.client_id)
        verdict: Verdict = request.verdict
        return verdict.client_id is not None


def authorization_server(state: State) -> BackendApplicationServer:
    """Return oauthlib's server for the client credentials grant."""
    return BackendApplicationServer(Validator(state), token_expires_in=state.token_lifetime)


def verify_token(state: State, request: Request, scopes: Sequence[str]) -> Verdict:
    """Ask oauthlib whether the request carries a good token, in the header or as `access_token`."""
    _, judged = authorization_server(state).verify_request(
        _uri(request), request.method, headers=dict(request.headers), scopes=scopes
    )
    verdict: Verdict = judged.verdict
    return verdict


async def answer_token_request(state: State, request: Request) -> Response:
    """Answer `POST /oauth/token` with a token or with an error of RFC 6749 §5.2."""
    try:
        body = _form(request.headers.get("Content-Type", ""), await request.body())
        headers, content, status = authorization_server(state).create_token_response(
            _uri(request), "POST", body, dict(request.headers)
        )
    except OAuth2Error as refusal:
        headers, content, status = {}, refusal.json, refusal.status_code
    answer = Response(content, status, {**headers, "Cache-Control": "no-store", "Pragma": "no-cache"})
    answer.headers["Content-Type"] = "application/json"
    if status == 401:  # noqa: PLR2004
        # RFC 6749 §5.2 wants the scheme that clients use here; oauthlib names Bearer.
        answer.headers["WWW-Authenticate"] = f"Basic {REALM}"
    return answer


def _uri(request: Request) -> str:
    query = respelt(request.url.query)
    return f"{TOKEN_PATH}?{query}" if query else TOKEN_PATH


def _form(content_type: str, body: bytes) -> str:
    """Return the body as a form, the one format that oauthlib reads."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        text = body.decode()
        if kind == "application/x-www-form-urlencoded":
            return text
        if kind == "application/json":
            return _form_of_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("the body can't be read") from error
    raise InvalidRequestError("send the body as application/x-www-form-urlencoded or application/json")


def _form_of_json(fields: object) -> str:
    if not isinstance(fields, dict) or not all(isinstance(each, str | None) for each in fields.values()):
        raise ValueError("not an object of texts")
    return urlencode({name: each for name, each in fields.items() if each is not None})


def _from_header(header: str) -> tuple[str, str] | None:
    """Read a Basic header as RFC 6749 §2.3.1 wants it: id and secret are form-encoded first."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = b64decode(value.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (unquote_plus(client_id), unquote_plus(secret)) if colon else None
