"""Assertions that serve once."""

import time
from collections.abc import Mapping
from typing import Any

from watchword_playground.jwts import LEEWAY, Refused
from watchword_playground.state import State

LONGEST = 3600
"""For how many seconds an assertion may be good: by then its id may be forgotten."""


def claim_once(state: State, claims: Mapping[str, Any], *, needed: bool) -> None:
    """Refuse an assertion that lives too long or was used before; its id (`jti`) may be needed."""
    if claims["exp"] > time.time() + LONGEST + LEEWAY:
        raise Refused(f"the JWT is good for more than {LONGEST} seconds (exp)")
    if "jti" not in claims:
        if needed:
            raise Refused("the JWT lacks jti")
        return
    if not state.used_once.keep(("assertion", claims["iss"], claims["jti"]), value=True):
        raise Refused("the JWT was used before (jti)")
