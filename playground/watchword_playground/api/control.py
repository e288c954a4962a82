"""The controls over HTTP, for a demo whose playground runs in another process."""

from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request

from watchword_playground.http.refusals import refuse_other_sites
from watchword_playground.oauth.sign_in import SignInOptions, sign_in
from watchword_playground.state.faults import Fault
from watchword_playground.state.oauth_settings import OAuthSettings
from watchword_playground.state.state import REVOCABLE, state_of

PREFIX = "/_control/"


async def revocable(method: str) -> str:
    """Answer 404 to a method without a credential."""
    if method not in REVOCABLE:
        raise HTTPException(404, f"there is no credential {method!r} to revoke")
    return method


router = APIRouter(prefix=PREFIX.rstrip("/"), dependencies=[Depends(refuse_other_sites)], tags=["control"])


@router.post("/revoke/{method}", dependencies=[Depends(revocable)])
async def revoke(method: str, request: Request) -> dict[str, str]:
    """Refuse a method's credential from now on."""
    state_of(request).revoke(method)
    return {"revoked": method}


@router.post("/restore/{method}", dependencies=[Depends(revocable)])
async def restore(method: str, request: Request) -> dict[str, str]:
    """Accept a method's credential again."""
    state_of(request).restore(method)
    return {"restored": method}


@router.post("/fault")
async def fault(new_fault: Fault, request: Request) -> Fault:
    """Disturb the next requests."""
    state_of(request).add_fault(new_fault)
    return new_fault


@router.post("/expire_tokens")
async def expire_tokens(request: Request) -> dict[str, str]:
    """Refuse the tokens, sessions and nonces issued so far. Credentials and refresh tokens stay valid."""
    state_of(request).expire_tokens()
    return {"expired": "all tokens issued so far"}


@router.post("/oauth")
async def oauth(changes: OAuthSettings, request: Request) -> OAuthSettings:
    """Change some of the authorization server's settings, and return all of them."""
    settings = state_of(request).oauth_settings
    settings.change(changes)
    return settings


@router.post("/sign_in")
async def new_sign_in(options: SignInOptions, request: Request) -> dict[str, Any]:
    """Return the tokens of a new sign-in, in the form of a token response."""
    return sign_in(state_of(request), options)


@router.get("/counts")
async def counts(request: Request) -> dict[str, Any]:
    """Return how many requests each path got, and how many token requests, logins and so on there were."""
    state = state_of(request)
    return {
        "requests": state.counts(),
        "token_requests": state.token_requests,
        "grants": state.oauth.grants(),
        "families_revoked": state.oauth.tokens.families_revoked,
        "logins": state.logins,
        "logouts": state.logouts,
        "connections": state.connections,
    }
