"""One dependency per method that lets a request in or refuses it, built on FastAPI's security utilities."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasicCredentials,
    HTTPBearer,
    SecurityScopes,
)

from watchword_playground.credentials import CREDENTIALS, is_account, same
from watchword_playground.oauth.clients import GRANT_TYPES
from watchword_playground.oauth.endpoints import verify_token
from watchword_playground.refusals import MISSING, REALM, REVOKED, WRONG, unauthorized
from watchword_playground.state import state_of
from watchword_playground.verifiers.aws_sigv4 import AwsRefusal, aws_sigv4
from watchword_playground.verifiers.digest import digest
from watchword_playground.verifiers.jwt import jwt_bearer
from watchword_playground.verifiers.oauth1 import oauth1
from watchword_playground.verifiers.session_login import session_login
from watchword_playground.verifiers.unicode_basic import UnicodeBasic

Verifier = Callable[..., Awaitable[str]]


_KEY_HEADER = APIKeyHeader(name="X-API-Key", scheme_name="api_key in a header", auto_error=False)
_KEY_QUERY = APIKeyQuery(name="api_key", scheme_name="api_key in the query", auto_error=False)
_KEY_COOKIE = APIKeyCookie(name="api_key", scheme_name="api_key in a cookie", auto_error=False)
_BEARER = HTTPBearer(scheme_name="bearer", auto_error=False)
_BEARER_QUERY = APIKeyQuery(name="access_token", scheme_name="bearer in the query", auto_error=False)
_BASIC = UnicodeBasic(scheme_name="basic", auto_error=False)
_CLIENT_ID = APIKeyHeader(name="X-Client-Id", scheme_name="custom: client id", auto_error=False)
_CLIENT_SECRET = APIKeyHeader(name="X-Client-Secret", scheme_name="custom: client secret", auto_error=False)
_TENANT = APIKeyQuery(name="tenant", scheme_name="custom: tenant", auto_error=False)


async def nobody() -> str:
    """Let everybody in."""
    return "anonymous"


async def api_key(
    request: Request,
    header: Annotated[str | None, Security(_KEY_HEADER)],
    query: Annotated[str | None, Security(_KEY_QUERY)],
    cookie: Annotated[str | None, Security(_KEY_COOKIE)],
) -> str:
    """Accept the key from header, query or cookie; where it is given twice, both must be right."""
    given = [value for value in (header, query, cookie) if value is not None]
    right = [same(value, CREDENTIALS["api_key"]["api_key"]) for value in given]
    _admit(request, "api_key", missing=not given, right=all(right), challenge=f"APIKey {REALM}")
    return "the owner of the playground's key"


async def bearer(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    query: Annotated[str | None, Security(_BEARER_QUERY)],
) -> str:
    """Accept the token in the header, or in the query as RFC 6750 §2.3 has it."""
    given = [value for value in (header.credentials if header else None, query) if value is not None]
    right = [same(value, CREDENTIALS["bearer"]["bearer_token"]) for value in given]
    # RFC 6750 §3.1: a request without a token is told the scheme, but no error.
    challenge = f'Bearer {REALM}, error="invalid_token"' if given else f"Bearer {REALM}"
    _admit(request, "bearer", missing=not given, right=all(right), challenge=challenge)
    return "the owner of the playground's token"


async def basic(request: Request, given: Annotated[HTTPBasicCredentials | None, Security(_BASIC)]) -> str:
    """Accept a name and password in UTF-8."""
    pair = (given.username, given.password) if given else ("", "")
    right = is_account("basic", "username", "password", pair)
    challenge = f'Basic {REALM}, charset="UTF-8"'
    _admit(request, "basic", missing=given is None, right=right, challenge=challenge)
    return pair[0]


async def custom(
    request: Request,
    client_id: Annotated[str | None, Security(_CLIENT_ID)],
    client_secret: Annotated[str | None, Security(_CLIENT_SECRET)],
    tenant: Annotated[str | None, Security(_TENANT)],
) -> str:
    """Accept three secrets, all of them at once."""
    given = (client_id, client_secret, tenant)
    expected = CREDENTIALS["custom"]["secret_parameters"].values()
    right = [same(value or "", wanted) for value, wanted in zip(given, expected, strict=True)]
    _admit(request, "custom", missing=None in given, right=all(right), challenge=f"APIKey {REALM}")
    return "the owner of three secrets"


def oauth2(method: str) -> Verifier:
    """Return what lets in the tokens of one grant."""

    async def verify(
        request: Request,
        wanted: SecurityScopes,
        _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    ) -> str:
        """Accept a token of the token endpoint that carries the wanted scopes; oauthlib decides."""
        verdict = verify_token(request, method, wanted.scopes)
        if verdict.user is not None:
            return verdict.user
        challenge = f'Bearer {REALM}, error="{verdict.error}"' if verdict.error else f"Bearer {REALM}"
        raise HTTPException(verdict.status, verdict.detail, headers={"WWW-Authenticate": challenge})

    return verify


VERIFIERS: dict[str, Verifier] = {
    "none": nobody,
    "api_key": api_key,
    "bearer": bearer,
    "basic": basic,
    "digest": digest,
    "jwt_bearer": jwt_bearer,
    "oauth1": oauth1,
    **{method: oauth2(method) for method in GRANT_TYPES},
    "session_login": session_login,
    "aws_sigv4": aws_sigv4,
    "custom": custom,
}

_TAKES_BEARER = ("bearer", "jwt_bearer", "session_login", *GRANT_TYPES)


def forbidden(method: str) -> HTTPException:
    """Return the 403 for somebody who is known, but not allowed."""
    detail = "you are known here, but lack the permission for this"
    if method == "aws_sigv4":
        return AwsRefusal("AccessDenied", detail)
    challenge = {"WWW-Authenticate": f'Bearer {REALM}, error="insufficient_scope", scope="admin"'}
    return HTTPException(403, detail, headers=challenge if method in _TAKES_BEARER else None)


def _admit(request: Request, method: str, *, missing: bool, right: bool, challenge: str) -> None:
    """Answer 401 unless the credential is there, right and not revoked."""
    if missing:
        raise unauthorized(method, MISSING, challenge)
    if not right:
        raise unauthorized(method, WRONG, challenge)
    if state_of(request).is_revoked(method):
        raise unauthorized(method, REVOKED, challenge)
