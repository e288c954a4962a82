"""Signing in on another device (RFC 8628): the device's endpoint, and the page where its code is typed."""

import json
import secrets
import time
from html import escape
from urllib.parse import parse_qs, parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from oauthlib.oauth2 import DeviceApplicationServer, OAuth2Error  # type: ignore[import-untyped]

from watchword_playground.credentials import DEVICE_PATH, VERIFICATION_PATH
from watchword_playground.http.pages import page
from watchword_playground.http.refusals import refuse_other_sites
from watchword_playground.oauth.authorization_server import issuer_of
from watchword_playground.oauth.client_authentication import client_of_header
from watchword_playground.oauth.consent import CHOICE, approving_user, consent_question
from watchword_playground.oauth.oauth2_validator import OAuth2Validator
from watchword_playground.oauth.token_endpoint import as_response, form_of, headers_of
from watchword_playground.state.oauth_memory import DeviceSignIn
from watchword_playground.state.state import State, state_of

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that a code never spells a word, and without look-alikes (RFC 8628 §6.1)."""
_REMEMBERED = 3600
"""How many seconds an expired code is reported as expired. After that it is unknown."""

_QUESTION = f"""<form action="{VERIFICATION_PATH}">
<p><label>The code on your device: <input name="user_code" autocomplete="off" autofocus></label></p>
<button>Continue</button>
</form>"""
_UNKNOWN = "<p>There is no such code, or it is over. Look at your device again.</p>\n"

router = APIRouter(tags=["oauth2"])


@router.post(DEVICE_PATH)
async def begin(request: Request) -> Response:
    """Give a device its codes."""
    state = state_of(request)
    try:
        body = _with_client_id(await form_of(request), request.headers.get("Authorization"))
        server = _server(state, issuer_of(request))
        _, codes, status = server.create_device_authorization_response(
            DEVICE_PATH, "POST", body, headers_of(request)
        )
    except OAuth2Error as refusal:
        return as_response({}, refusal.json, refusal.status_code)
    client_id = parse_qs(body)["client_id"][0]
    scopes = frozenset(codes["scope"].split())
    expires_at = time.monotonic() + codes["expires_in"]
    sign_in = DeviceSignIn(client_id, scopes, codes["user_code"], expires_at, codes["interval"])
    state.oauth.device_sign_ins.add(codes["device_code"], sign_in, codes["expires_in"] + _REMEMBERED)
    return as_response({}, json.dumps(codes), status)


@router.get(VERIFICATION_PATH)
async def ask(request: Request, user_code: str = "") -> Response:
    """Show the page that asks for the code, then the page that asks the user."""
    sign_in = state_of(request).oauth.device_sign_in(user_code)
    if sign_in is None:
        return page(_UNKNOWN + _QUESTION, 404) if user_code else page(_QUESTION)
    return page(
        f"""{consent_question(sign_in.client_id, sign_in.scopes)}
<p>Does your device show the code <strong>{escape(sign_in.user_code)}</strong>?</p>
<form method="post" action="{VERIFICATION_PATH}">
<input type="hidden" name="user_code" value="{escape(sign_in.user_code)}">
{CHOICE}
</form>"""
    )


@router.post(VERIFICATION_PATH, dependencies=[Depends(refuse_other_sites)])
async def decide(request: Request) -> Response:
    """Note the decision. The device learns of it at its next poll."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    sign_in = state_of(request).oauth.device_sign_in(form.get("user_code", ""))
    if sign_in is None:
        return page(_UNKNOWN + _QUESTION, 404)
    sign_in.user = approving_user(form)
    sign_in.denied = not sign_in.user
    return page("<p>You said no.</p>" if sign_in.denied else "<p>Done. Your device goes on by itself.</p>")


def _server(state: State, issuer: str) -> DeviceApplicationServer:
    """Return oauthlib's endpoint. Its lifetime can only be set as an attribute."""
    verification = issuer + VERIFICATION_PATH
    server = DeviceApplicationServer(
        OAuth2Validator(state, issuer),
        verification,
        interval=state.oauth_settings.device_interval,
        verification_uri_complete=f"{verification}?user_code={{user_code}}",
        user_code_generator=_user_code,
    )
    server._expires_in = state.oauth_settings.device_code_lifetime  # noqa: SLF001 -- it has no public parameter
    return server


def _user_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _with_client_id(body: str, header: str | None) -> str:
    """Add the client id to the form: oauthlib requires it even if the client authenticates by header."""
    fields = parse_qsl(body, keep_blank_values=True)
    client_id = client_of_header(header) if header is not None else ""
    if client_id and "client_id" not in dict(fields):
        body = urlencode([*fields, ("client_id", client_id)])
    return body
