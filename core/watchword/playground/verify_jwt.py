"""JWTs that the client signs itself (RFC 7519), verified by joserfc."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Request, Security
from fastapi.security import APIKeyQuery, HTTPAuthorizationCredentials, HTTPBearer

from watchword.playground.credentials import AUDIENCE, Fields, accounts
from watchword.playground.libraries import needed
from watchword.playground.refusals import MISSING, REALM, REVOKED, unauthorized
from watchword.playground.state import State, state_of

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OctKey

METHOD = "jwt_bearer"
LEEWAY = 10
"""How many seconds the clocks may differ."""

needed("joserfc")

_BEARER = HTTPBearer(scheme_name="jwt_bearer", bearerFormat="JWT", auto_error=False)
_QUERY = APIKeyQuery(name="jwt", scheme_name="jwt_bearer in the query", auto_error=False)

_WRONG_CLAIM = {
    "iss": "the issuer (iss) isn't that of the account",
    "aud": f"the audience (aud) isn't {AUDIENCE}",
    "exp": "the expiry (exp) isn't a time",
    "nbf": "the JWT isn't valid yet (nbf)",
    "iat": "the JWT was issued in the future (iat)",
}


class Refused(Exception):  # noqa: N818 -- an answer rather than an error
    """Why a JWT is refused."""


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
    claims = _verified(given[0])
    if "jti" in claims and not state.used_once.keep((METHOD, claims["iss"], claims["jti"]), value=True):
        raise Refused("the JWT was used before (jti)")
    if state.is_revoked(METHOD):
        raise Refused(REVOKED)
    return str(claims["iss"])


def _verified(token: str) -> dict[str, Any]:
    """Return the claims, all of them checked; joserfc decides, with the algorithm of the account."""
    from joserfc import errors, jws, jwt  # noqa: PLC0415 -- slow to import

    try:
        parts = jws.extract_compact(token.encode())
        claims = json.loads(parts.payload)
        account = _account(parts.protected, claims)
        if not jws.validate_compact(parts, _key(account["jwt_secret"]), [account["algorithm"]]):
            raise Refused("the signature is wrong")
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": account["payload"]["iss"]},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
        )
        rules.validate(claims)
    except errors.ExpiredTokenError:
        raise Refused("the JWT has expired (exp)") from None
    except errors.MissingClaimError as missing:
        raise Refused(f"the JWT lacks {missing.claim}") from None
    except errors.InvalidClaimError as wrong:
        raise Refused(_WRONG_CLAIM.get(wrong.claim, f"the claim {wrong.claim} is wrong")) from None
    except errors.UnsupportedAlgorithmError:
        raise Refused("the algorithm (alg) isn't that of the account") from None
    except (errors.JoseError, ValueError, RecursionError):
        raise Refused("it isn't a JWT that can be read") from None
    return dict(claims)


def _account(header: dict[str, Any], claims: object) -> Fields:
    """Find the account by key id, else by issuer: what the JWT says of its algorithm isn't asked."""
    if not isinstance(claims, dict):
        raise Refused("the payload isn't an object")
    for account in accounts(METHOD):
        if "kid" in header:
            found = header["kid"] == account.get("jwt_headers", {}).get("kid")
        else:
            found = claims.get("iss") == account["payload"]["iss"]
        if found:
            return account
    raise Refused(
        "no account has this key id (kid)" if "kid" in header else "no account has this issuer (iss)"
    )


@cache
def _key(secret: str) -> "OctKey | ECKey":
    from joserfc.jwk import ECKey, OctKey  # noqa: PLC0415 -- slow to import

    is_pem = secret.startswith("-----BEGIN")
    key: OctKey | ECKey = ECKey.import_key(secret) if is_pem else OctKey.import_key(secret)
    return key
