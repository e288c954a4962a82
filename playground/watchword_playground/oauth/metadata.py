"""The authorization server's metadata (RFC 8414)."""

from typing import Any

from fastapi import APIRouter, Request

from watchword_playground.credentials import (
    CONSENT_PATH,
    DEVICE_PATH,
    METADATA_PATH,
    REVOCATION_PATH,
    SCOPES,
    TOKEN_PATH,
)
from watchword_playground.oauth.authorization_server import issuer_of
from watchword_playground.oauth.clients import GRANT_TYPES
from watchword_playground.oauth.proofs import ALGORITHM

router = APIRouter(tags=["oauth2"])


@router.get(METADATA_PATH)
async def metadata(request: Request) -> dict[str, Any]:
    """Return the endpoints and what they support."""
    issuer = issuer_of(request)
    auth_methods = [
        "client_secret_basic",
        "client_secret_post",
        "client_secret_jwt",
        "private_key_jwt",
        "none",
    ]
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + CONSENT_PATH,
        "token_endpoint": issuer + TOKEN_PATH,
        "revocation_endpoint": issuer + REVOCATION_PATH,
        "device_authorization_endpoint": issuer + DEVICE_PATH,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [*GRANT_TYPES.values(), "refresh_token"],
        "token_endpoint_auth_methods_supported": auth_methods,
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "HS256"],
        "dpop_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
    }
