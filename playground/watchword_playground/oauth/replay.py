"""JWT assertions, each of which is accepted once."""

import time
from collections.abc import Mapping
from typing import Any

from watchword_playground.oauth.jwt_verification import LEEWAY, Refused
from watchword_playground.state.state import State

LONGEST = 3600
"""The longest lifetime of an assertion, in seconds. Its id is remembered for longer than that."""


def claim_once(state: State, claims: Mapping[str, Any], *, jti_required: bool) -> None:
    """Refuse an assertion that was used before or that lives too long. `jti` may be required."""
    if claims["exp"] > time.time() + LONGEST + LEEWAY:
        raise Refused(f"the JWT is good for more than {LONGEST} seconds (exp)")
    if "jti" not in claims:
        if jti_required:
            raise Refused("the JWT lacks jti")
        return
    if not state.used_once.add(("assertion", claims["iss"], claims["jti"]), value=True):
        raise Refused("the JWT was used before (jti)")
