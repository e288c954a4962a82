"""Verifiers of credentials that every request carries unchanged, built on FastAPI's security utilities."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasicCredentials,
    HTTPBearer,
)

from watchword_playground.credentials import CREDENTIALS, is_account, same
from watchword_playground.http.refusals import MISSING, REALM, REVOKED, WRONG, unauthorized
from watchword_playground.state.state import state_of
from watchword_playground.verifiers.unicode_basic import UnicodeBasic

_KEY_HEADER = APIKeyHeader(name="X-API-Key", scheme_name="api_key in a header", auto_error=False)
_KEY_QUERY = APIKeyQuery(name="api_key", scheme_name="api_key in the query", auto_error=False)
_KEY_COOKIE = APIKeyCookie(name="api_key", scheme_name="api_key in a cookie", auto_error=False)
_BEARER = HTTPBearer(scheme_name="bearer", auto_error=False)
_BEARER_QUERY = APIKeyQuery(name="access_token", scheme_name="bearer in the query", auto_error=False)
_BASIC = UnicodeBasic(scheme_name="basic", auto_error=False)
_CLIENT_ID = APIKeyHeader(name="X-Client-Id", scheme_name="custom: client id", auto_error=False)
_CLIENT_SECRET = APIKeyHeader(name="X-Client-Secret", scheme_name="custom: client secret", auto_error=False)
_TENANT = APIKeyQuery(name="tenant", scheme_name="custom: tenant", auto_error=False)


async def anonymous() -> str:
    """Accept every request."""
    return "anonymous"


async def api_key(
    request: Request,
    header: Annotated[str | None, Security(_KEY_HEADER)],
    query: Annotated[str | None, Security(_KEY_QUERY)],
    cookie: Annotated[str | None, Security(_KEY_COOKIE)],
) -> str:
    """Accept the key from header, query or cookie. If it is sent twice, both must be right."""
    keys = [value for value in (header, query, cookie) if value is not None]
    right = [same(value, CREDENTIALS["api_key"]["api_key"]) for value in keys]
    _require(request, "api_key", missing=not keys, right=all(right), challenge=f"APIKey {REALM}")
    return "the owner of the playground's key"


async def bearer(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    query: Annotated[str | None, Security(_BEARER_QUERY)],
) -> str:
    """Accept the token in the header or in the query (RFC 6750 §2.3)."""
    tokens = [value for value in (header.credentials if header else None, query) if value is not None]
    right = [same(value, CREDENTIALS["bearer"]["bearer_token"]) for value in tokens]
    # RFC 6750 §3.1: without a token in the request, the challenge has no error code.
    challenge = f'Bearer {REALM}, error="invalid_token"' if tokens else f"Bearer {REALM}"
    _require(request, "bearer", missing=not tokens, right=all(right), challenge=challenge)
    return "the owner of the playground's token"


async def basic(request: Request, given: Annotated[HTTPBasicCredentials | None, Security(_BASIC)]) -> str:
    """Accept a username and password in UTF-8."""
    pair = (given.username, given.password) if given else ("", "")
    right = is_account("basic", "username", "password", pair)
    challenge = f'Basic {REALM}, charset="UTF-8"'
    _require(request, "basic", missing=given is None, right=right, challenge=challenge)
    return pair[0]


async def custom(
    request: Request,
    client_id: Annotated[str | None, Security(_CLIENT_ID)],
    client_secret: Annotated[str | None, Security(_CLIENT_SECRET)],
    tenant: Annotated[str | None, Security(_TENANT)],
) -> str:
    """Accept three secrets, all of which must be right."""
    given = (client_id, client_secret, tenant)
    expected = CREDENTIALS["custom"]["secret_parameters"].values()
    right = [same(value or "", secret) for value, secret in zip(given, expected, strict=True)]
    _require(request, "custom", missing=None in given, right=all(right), challenge=f"APIKey {REALM}")
    return "the owner of three secrets"


def _require(request: Request, method: str, *, missing: bool, right: bool, challenge: str) -> None:
    """Answer 401 unless the credential is present, right and not revoked."""
    if missing:
        raise unauthorized(method, MISSING, challenge)
    if not right:
        raise unauthorized(method, WRONG, challenge)
    if state_of(request).is_revoked(method):
        raise unauthorized(method, REVOKED, challenge)
