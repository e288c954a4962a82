"""Login and logout endpoints. A login returns its session as a token and as a cookie."""

# FastAPI reads these annotations when the app is built: no `from __future__ import annotations` here.
import json
import secrets
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from watchword_playground.credentials import LOGIN_PATH, LOGOUT_PATH, is_account
from watchword_playground.http.refusals import MISSING, REALM, REVOKED, WRONG, unauthorized
from watchword_playground.state.state import state_of
from watchword_playground.verifiers.unicode_basic import UnicodeBasic

METHOD = "session_login"
COOKIE = "playground_session"

_TOKEN = HTTPBearer(scheme_name="session_login", auto_error=False)
_COOKIE = APIKeyCookie(name=COOKIE, scheme_name="session_login as a cookie", auto_error=False)
_BASIC = UnicodeBasic(scheme_name="session_login: login", auto_error=False)

router = APIRouter(tags=[METHOD])


async def session_login(
    request: Request,
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_TOKEN)],
    cookie: Annotated[str | None, Security(_COOKIE)],
) -> str:
    """Accept a session as Bearer token or as cookie. If both are sent, both must be right."""
    tokens = [value for value in (header.credentials if header else None, cookie) if value is not None]
    if not tokens:
        raise unauthorized(METHOD, MISSING, f"Bearer {REALM}")
    owners = [state_of(request).sessions.get(token) for token in tokens]
    if None in owners:
        reason = "the session is unknown, expired, ended or revoked"
        raise unauthorized(METHOD, reason, f'Bearer {REALM}, error="invalid_token"')
    return str(owners[0])


@router.post(LOGIN_PATH)
async def login(request: Request) -> Response:
    """Begin a session for a username and password in a JSON object, a form or a Basic header."""
    state = state_of(request)
    username, password = await _login_fields(request)
    challenge = f'Basic {REALM}, charset="UTF-8"'
    if not is_account(METHOD, "username", "password", (username, password)):
        raise unauthorized(METHOD, WRONG, challenge)
    if state.is_revoked(METHOD):
        raise unauthorized(METHOD, REVOKED, challenge)
    token = secrets.token_urlsafe(24)
    state.sessions.add(token, username)
    content = {"data": {"token": token}, "expires_in": state.token_lifetime}
    response = JSONResponse(content, headers={"Cache-Control": "no-store"})
    response.set_cookie(COOKIE, token, max_age=state.token_lifetime, httponly=True, samesite="strict")
    return response


@router.post(LOGOUT_PATH, status_code=204)
@router.delete(LOGOUT_PATH, status_code=204)
async def logout(
    request: Request,
    _owner: Annotated[str, Security(session_login)],
    header: Annotated[HTTPAuthorizationCredentials | None, Security(_TOKEN)],
    cookie: Annotated[str | None, Security(_COOKIE)],
) -> None:
    """End the session."""
    for token in (header.credentials if header else None, cookie):
        state_of(request).sessions.forget(token)


async def _login_fields(request: Request) -> tuple[str, str]:
    """Return the username and password, each "" if it is missing."""
    basic = await _BASIC(request)
    if basic is not None:
        return basic.username, basic.password
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    try:
        text = (await request.body()).decode()
        fields = json.loads(text) if media_type == "application/json" else dict(parse_qsl(text))
    except (ValueError, RecursionError):
        raise HTTPException(400, f"{METHOD}: the body can't be read") from None
    if not isinstance(fields, dict):
        raise HTTPException(400, f"{METHOD}: the body isn't an object")
    return str(fields.get("user", "")), str(fields.get("password", ""))
