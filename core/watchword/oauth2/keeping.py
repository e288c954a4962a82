"""The keeper of a grant's token: one for all connections of the process that would ask for the same."""

from __future__ import annotations

import hashlib
import secrets

from watchword import redact
from watchword.oauth2.grant import Grant
from watchword.tokens.keeper import Keeper, shared
from watchword.tokens.token import Token
from watchword.transport import Transport

_SALT = secrets.token_bytes(32)


def keeper_of(grant: Grant, transport: Transport) -> Keeper:
    """Return the process's keeper of the token that the grant asks for; no I/O.

    Connections share it where the whole token request and the way to the server are the same.
    """
    request = grant.request
    redact.register([request.headers.get("Authorization", "").rpartition(" ")[2]])

    def fetch() -> Token:
        from watchword.oauth2.endpoint import fetch_token  # noqa: PLC0415 - rare

        return fetch_token(request.copy(), grant.paths, transport)

    effective = (request.url, sorted(request.headers.items()), request.body, grant.paths, transport.identity)
    return shared(hashlib.blake2b(repr(effective).encode(), key=_SALT).digest(), fetch)
