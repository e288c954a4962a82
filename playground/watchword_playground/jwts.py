"""JWTs that somebody else signed (RFC 7519), verified by joserfc with the key that was registered."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from watchword_playground.libraries import needed

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, OctKey, RSAKey

LEEWAY = 10
"""How many seconds the clocks may differ."""

needed("joserfc")

_WRONG_CLAIM = {
    "iss": "the issuer (iss) isn't that of the account",
    "sub": "the subject (sub) isn't known here",
    "exp": "the expiry (exp) isn't a time",
    "nbf": "the JWT isn't valid yet (nbf)",
    "iat": "the JWT was issued in the future (iat)",
}


class Refused(Exception):  # noqa: N818 -- an answer rather than an error
    """Why a JWT is refused."""


class Key(NamedTuple):
    """What one account signs with: the JWT isn't asked for its algorithm."""

    algorithm: str
    material: str
    key_id: str = ""


class Expected(NamedTuple):
    """What a JWT must say; each audience will do."""

    issuer: str
    audiences: Sequence[str]


Choice = Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Key, Expected]]
"""Finds by header and claims, both of them unverified, what the JWT must be; raises Refused."""


def verified(token: str, choose: Choice) -> dict[str, Any]:
    """Return the claims, all of them checked; raises Refused, and joserfc decides."""
    from joserfc import errors, jws, jwt  # noqa: PLC0415 -- slow to import

    expected = Expected("", ())
    try:
        parts = jws.extract_compact(token.encode())
        claims = json.loads(parts.payload)
        if not isinstance(claims, dict):
            raise Refused("the payload isn't an object")
        key, expected = choose(parts.protected, claims)
        if not jws.validate_compact(parts, _imported(key.algorithm, key.material), [key.algorithm]):
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
        why = audience if wrong.claim == "aud" else _WRONG_CLAIM.get(wrong.claim)
        raise Refused(why or f"the claim {wrong.claim} is wrong") from None
    except errors.UnsupportedAlgorithmError:
        raise Refused("the algorithm (alg) isn't that of the account") from None
    except (errors.JoseError, ValueError, RecursionError):
        raise Refused("it isn't a JWT that can be read") from None
    return dict(claims)


@cache
def _imported(algorithm: str, material: str) -> "OctKey | RSAKey | ECKey":
    from joserfc.jwk import ECKey, OctKey, RSAKey  # noqa: PLC0415 -- slow to import

    kinds: dict[str, type[OctKey | RSAKey | ECKey]] = {"HS": OctKey, "RS": RSAKey, "ES": ECKey}
    key: OctKey | RSAKey | ECKey = kinds[algorithm[:2]].import_key(material)
    return key
