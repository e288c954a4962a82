"""Verification of JWTs (RFC 7519) by joserfc, with the key that the account has registered."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from watchword_playground.libraries import require_library

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OctKey, RSAKey

LEEWAY = 10
"""The tolerated difference between the clocks, in seconds."""

require_library("joserfc")

_WRONG_CLAIM = {
    "iss": "the issuer (iss) isn't that of the account",
    "sub": "the subject (sub) isn't known here",
    "exp": "the expiry (exp) isn't a time",
    "nbf": "the JWT isn't valid yet (nbf)",
    "iat": "the JWT was issued in the future (iat)",
}


class Refused(Exception):  # noqa: N818 -- the verdict on a request, not an error
    """Why a JWT is refused."""


class Key(NamedTuple):
    """The key of one account. Its algorithm is registered, because the JWT's own isn't trusted."""

    algorithm: str
    material: str
    key_id: str = ""


class Expected(NamedTuple):
    """The required issuer of a JWT and the audiences of which it needs one."""

    issuer: str
    audiences: Sequence[str]


ChooseKey = Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Key, Expected]]
"""Chooses the key and the expected claims by the header and claims, both unverified; raises Refused."""


def verify(token: str, choose: ChooseKey) -> dict[str, Any]:
    """Return the claims, all verified by joserfc; raises Refused."""
    from joserfc import errors, jws, jwt  # noqa: PLC0415 -- slow to import

    expected = Expected("", ())
    try:
        signed = jws.extract_compact(token.encode())
        claims = json.loads(signed.payload)
        if not isinstance(claims, dict):
            raise Refused("the payload isn't an object")
        key, expected = choose(signed.protected, claims)
        if not jws.validate_compact(signed, _import_key(key.algorithm, key.material), [key.algorithm]):
            raise Refused("the signature is wrong")
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": expected.issuer},
            aud={"essential": True, "values": list(expected.audiences)},
            exp={"essential": True},
        )
        rules.validate(claims)
    except errors.ExpiredTokenError:
        raise Refused("the JWT has expired (exp)") from None
    except errors.MissingClaimError as missing:
        raise Refused(f"the JWT lacks {missing.claim}") from None
    except errors.InvalidClaimError as wrong:
        audience = f"the audience (aud) isn't {' or '.join(expected.audiences)}"
        reason = audience if wrong.claim == "aud" else _WRONG_CLAIM.get(wrong.claim)
        raise Refused(reason or f"the claim {wrong.claim} is wrong") from None
    except errors.UnsupportedAlgorithmError:
        raise Refused("the algorithm (alg) isn't that of the account") from None
    except (errors.JoseError, ValueError, RecursionError):
        raise Refused("it isn't a JWT that can be read") from None
    return dict(claims)


@cache
def _import_key(algorithm: str, material: str) -> "OctKey | RSAKey | ECKey":
    from joserfc.jwk import ECKey, OctKey, RSAKey  # noqa: PLC0415 -- slow to import

    types: dict[str, type[OctKey | RSAKey | ECKey]] = {"HS": OctKey, "RS": RSAKey, "ES": ECKey}
    key: OctKey | RSAKey | ECKey = types[algorithm[:2]].import_key(material)
    return key
