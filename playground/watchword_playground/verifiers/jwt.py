"""JWTs that the client signs (RFC 7519), verified by joserfc."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer

from watchword_playground.credentials import AUDIENCE, accounts
from watchword_playground.http.refusals import MISSING, REALM, REVOKED, unauthorized
from watchword_playground.oauth.jwt_verification import Expected, Key, Refused, verify
from watchword_playground.state.state import State, state_of

METHOD = "jwt_bearer"

_BEARER = HTTPBearer(scheme_name="jwt_bearer", bearerFormat="JWT", auto_error=False)
_QUERY = APIKeyQuery(name="jwt", scheme_name="jwt_bearer in the query", auto_error=False)


async def jwt_bearer(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    query: Annotated[str | None, Security(_QUERY)],
) -> str:
    """Accept a JWT of one of the accounts, in the header or as `jwt` in the query, but not in both."""
    tokens = [value for value in (header.credentials if header else None, query) if value is not None]
    if not tokens:
        raise unauthorized(METHOD, MISSING, f"Bearer {REALM}")
    try:
        return _issuer(state_of(request), tokens)
    except Refused as refusal:
        challenge = f'Bearer {REALM}, error="invalid_token", error_description="{refusal}"'
        raise unauthorized(METHOD, str(refusal), challenge) from None


def _issuer(state: State, tokens: list[str]) -> str:
    """Return the issuer of the JWT after verifying it."""
    if len(tokens) > 1:
        raise Refused("there are two JWTs, one in the header and one in the query")
    claims = verify(tokens[0], _account)
    if "jti" in claims and not state.used_once.add((METHOD, claims["iss"], claims["jti"]), value=True):
        raise Refused("the JWT was used before (jti)")
    if state.is_revoked(METHOD):
        raise Refused(REVOKED)
    return str(claims["iss"])


def _account(header: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[Key, Expected]:
    """Choose the account by key id, else by issuer. The JWT's own algorithm isn't trusted."""
    for account in accounts(METHOD):
        if "kid" in header:
            matches = header["kid"] == account.get("jwt_headers", {}).get("kid")
        else:
            matches = claims.get("iss") == account["payload"]["iss"]
        if matches:
            key = Key(account["algorithm"], account["jwt_secret"])
            return key, Expected(account["payload"]["iss"], [AUDIENCE])
    raise Refused(
        "no account has this key id (kid)" if "kid" in header else "no account has this issuer (iss)"
    )
