"""JWTs that the client signs itself (RFC 7519), verified by joserfc."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer

from watchword_playground.credentials import AUDIENCE, accounts
from watchword_playground.jwts import Expected, Key, Refused, verified
from watchword_playground.refusals import MISSING, REALM, REVOKED, unauthorized
from watchword_playground.state import State, state_of

METHOD = "jwt_bearer"

_BEARER = HTTPBearer(scheme_name="jwt_bearer", bearerFormat="JWT", auto_error=False)
_QUERY = APIKeyQuery(name="jwt", scheme_name="jwt_bearer in the query", auto_error=False)


async def jwt_bearer(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    query: Annotated[str | None, Security(_QUERY)],
) -> str:
    """Accept a JWT of one of the accounts, in the header or as `jwt` in the query, but not in both."""
    given = [value for value in (header.credentials if header else None, query) if value is not None]
    if not given:
        raise unauthorized(METHOD, MISSING, f"Bearer {REALM}")
    try:
        return _issuer(state_of(request), given)
    except Refused as refusal:
        challenge = f'Bearer {REALM}, error="invalid_token", error_description="{refusal}"'
        raise unauthorized(METHOD, str(refusal), challenge) from None


def _issuer(state: State, given: list[str]) -> str:
    """Return who issued the JWT, once everything about it is right."""
    if len(given) > 1:
        raise Refused("there are two JWTs, one in the header and one in the query")
    claims = verified(given[0], _account)
    if "jti" in claims and not state.used_once.keep((METHOD, claims["iss"], claims["jti"]), value=True):
        raise Refused("the JWT was used before (jti)")
    if state.is_revoked(METHOD):
        raise Refused(REVOKED)
    return str(claims["iss"])


def _account(header: Mapping[str, Any], claims: Mapping[str, Any]) -> tuple[Key, Expected]:
    """Find the account by key id, else by issuer: what the JWT says of its algorithm isn't asked."""
    for account in accounts(METHOD):
        if "kid" in header:
            found = header["kid"] == account.get("jwt_headers", {}).get("kid")
        else:
            found = claims.get("iss") == account["payload"]["iss"]
        if found:
            key = Key(account["algorithm"], account["jwt_secret"])
            return key, Expected(account["payload"]["iss"], [AUDIENCE])
    raise Refused(
        "no account has this key id (kid)" if "kid" in header else "no account has this issuer (iss)"
    )
