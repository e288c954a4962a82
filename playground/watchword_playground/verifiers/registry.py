"""The verifier of each method, a FastAPI dependency that returns the user or refuses the request."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from watchword_playground.http.refusals import REALM
from watchword_playground.oauth.authorization_server import bound_token, verify_token
from watchword_playground.oauth.clients import GRANT_TYPES
from watchword_playground.oauth.proofs import SCHEME
from watchword_playground.verifiers.aws_sigv4 import AwsRefusal, aws_sigv4
from watchword_playground.verifiers.digest import digest
from watchword_playground.verifiers.hmac_signature import hmac_signature
from watchword_playground.verifiers.jwt import jwt_bearer
from watchword_playground.verifiers.oauth1 import oauth1
from watchword_playground.verifiers.session_login import session_login
from watchword_playground.verifiers.static_credentials import anonymous, api_key, basic, bearer, custom

Verifier = Callable[..., Awaitable[str]]

_BEARER = HTTPBearer(scheme_name="bearer", auto_error=False)


def oauth2(method: str) -> Verifier:
    """Return the verifier for the tokens of one OAuth 2.0 method."""

    async def verify(
        request: Request,
        required: SecurityScopes,
        _documented: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    ) -> str:
        """Accept a token of the token endpoint that has the required scopes. oauthlib decides."""
        verdict = verify_token(request, method, required.scopes)
        if verdict.user is not None:
            return verdict.user
        scheme = "Bearer" if bound_token(request.headers) is None else SCHEME
        challenge = f'{scheme} {REALM}, error="{verdict.error}"' if verdict.error else f"{scheme} {REALM}"
        raise HTTPException(verdict.status, verdict.detail, headers={"WWW-Authenticate": challenge})

    return verify


VERIFIERS: dict[str, Verifier] = {
    "none": anonymous,
    "api_key": api_key,
    "bearer": bearer,
    "basic": basic,
    "digest": digest,
    "jwt_bearer": jwt_bearer,
    "oauth1": oauth1,
    **{method: oauth2(method) for method in GRANT_TYPES},
    "session_login": session_login,
    "aws_sigv4": aws_sigv4,
    "hmac_signature": hmac_signature,
    "custom": custom,
}

_BEARER_METHODS = ("bearer", "jwt_bearer", "session_login", *GRANT_TYPES)


def forbidden(method: str) -> HTTPException:
    """Return the 403 for a user who is authenticated but not allowed."""
    detail = "you are known here, but lack the permission for this"
    if method == "aws_sigv4":
        return AwsRefusal("AccessDenied", detail)
    challenge = {"WWW-Authenticate": f'Bearer {REALM}, error="insufficient_scope", scope="admin"'}
    return HTTPException(403, detail, headers=challenge if method in _BEARER_METHODS else None)
